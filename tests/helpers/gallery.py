"""Paint the window's states to PNG files, to be looked at: python -m tests.helpers.gallery OUT."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lacuna.report.model import Author, Fixed, Gap, Report, Section, Soft
from lacuna.study.measure import Angle, Arrow, EllipseRoi, Length, Probe
from lacuna.study.model import Refusal
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.main_window import MainWindow
from lacuna.ui.notices import (
    Notice,
    NoticeAction,
    NoticeKind,
    demonstrator_notice,
    refused_notice,
)
from lacuna.ui.theme import dress, make_look
from lacuna.ui.viewer.board import Board, mark_of
from lacuna.ui.viewer.picture import picture_of
from lacuna.ui.viewer.viewer_state import Tool
from lacuna_resources.themes import ThemeName
from tests.helpers import studies

# A finding's two diameters, and one of each other kind.
SHAPES = (
    Length((262, 415), (348, 415)),
    Length((305, 386), (305, 444)),
    Angle((500, 640), (420, 760), (620, 760)),
    EllipseRoi((640, 300), (760, 440)),
    Probe((560, 560)),
    Arrow((820, 700), (880, 640)),
    Length((800, 860), (1010, 900)),
)
SIZES = ((1600, 1000), (1280, 800))


def chest(size: int = 1024) -> NDArray[np.uint16]:
    """Return something that looks enough like a chest to judge greys by, uint16."""
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    values = 2400 - 900 * (np.hypot(x, y * 0.8) > 0.47)
    for side in (-1, 1):
        lung = ((x - side * 0.2) / 0.16) ** 2 + ((y + 0.05) / 0.33) ** 2
        values = values - 1500 * np.clip(1.2 - lung, 0, 1)
    heart = ((x - 0.06) / 0.17) ** 2 + ((y - 0.16) / 0.14) ** 2
    values = values + 1100 * np.clip(1.1 - heart, 0, 1)
    return np.asarray(np.clip(values, 0, 4095), dtype=np.uint16)


def states(window: MainWindow) -> Iterator[str]:
    """Bring the window into one state after another; yield each one's name."""
    bar = window.status_bar
    bar.set_model("", demonstrator=True)
    bar.set_device("CPU")
    yield "empty"
    window.notices.show_notice(_refused())
    bar.set_progress(0.4)
    bar.set_state("Loading the model, 40 %")
    yield "empty-refused"
    bar.set_progress(None)
    window.notices.withdraw("refused")
    study = studies.study()
    window.show_study(study)
    values = chest()
    for one in study.series:
        picture = picture_of(values, one.images[0], one, 0, study.date)
        window.show_picture(picture)
        window.set_thumbnail(picture)
    window.series_strip.set_sent(frozenset({0}))
    bar.set_state("Saved 09:21:40")
    yield "case"
    yield from _measured(window)
    window.notices.show_notice(demonstrator_notice(about_patient=True))
    window.notices.show_notice(_lost())
    window.notices.show_notice(_refused())
    bar.set_state("Working, step 7 of 16")
    yield "notices"
    window.case_bar.toggle_identifiers()
    window.image_view.setFocus()
    yield "hidden"
    window.choose_model()
    window.model_dialog.field.setText("D:/models/diffusiongemma-26B-A4B-it")
    yield "model"
    window.model_dialog.hide()


def _measured(window: MainWindow) -> Iterator[str]:
    """Draw one of each kind of mark, then a scale that is the detector's."""
    view = window.image_view
    first = view.picture
    assert first is not None
    drawn = [mark_of(shape, first) for shape in SHAPES]
    for mark in drawn:
        view.board.put(mark)
    view.select_mark(drawn[1].id)
    view.set_tool(Tool.LENGTH)
    yield "measured"
    panel = window.findChild(ReportPanel)
    assert panel is not None
    before = panel.report()
    panel.load(_reported())
    yield "measured-reported"
    panel.load(before)
    view.set_tool(Tool.MAGNIFY)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    yield "magnified"
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    image = replace(first.image, at_detector=True, magnification=1.15)
    flat = replace(first, image=image)
    view.show_picture(flat)
    view.use_board(Board())
    for shape in SHAPES:
        view.board.put(mark_of(shape, flat))
    yield "measured-at-detector"
    view.use_board(Board())
    view.show_picture(first)
    view.set_tool(Tool.WINDOW)


def _reported() -> Report:
    quoted = "12 x 8 mm (se 1, im 1)".replace(" ", "\u00a0")
    lungs = (
        Soft("l", "Lungs: ", Author.TEMPLATE),
        Fixed("n", "Rounded nodule in the right mid zone"),
        Soft("c", ", "),
        Fixed("m", quoted, Author.MEASUREMENT),
        Soft("s", " "),
        Gap("g"),
    )
    return Report((Section("Findings", lungs),))


def _refused() -> Notice:
    reason = "IMG0007.dcm is cut off: 118 of 262,144 pixel bytes. Copy it again."
    return refused_notice([Refusal("IMG0007.dcm", reason)], 4)


def _lost() -> Notice:
    actions = (NoticeAction("again", "Try again"), NoticeAction("cpu", "Use the CPU"))
    words = "The GPU stopped answering", "Your text and 49 settled tokens are kept."
    return Notice(NoticeKind.ALERT, "gpu", *words, actions, "unplug")


def main(out: Path) -> None:
    """Write every state in both themes at both sizes."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    out.mkdir(parents=True, exist_ok=True)
    for name in ThemeName:
        look = make_look(name)
        dress(app, look)
        for width, height in SIZES:
            panel = ReportPanel(look)
            window = MainWindow(look, panel, panel.notice_slot)
            window.resize(width, height)
            window.show()
            window.activateWindow()
            for state in states(window):
                for _ in range(3):
                    app.processEvents()
                window.grab().save(str(out / f"{name}-{width}-{state}.png"))
            window.close()
            window.deleteLater()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
