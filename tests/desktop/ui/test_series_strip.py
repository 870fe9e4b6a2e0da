"""The strip of series: which one is chosen is seen in either theme."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lacuna.ui.series_strip import THUMBNAIL, SeriesStrip
from lacuna.ui.theme import dress, make_look
from lacuna_resources.themes import ThemeName, contrast
from tests.helpers import studies

LEAST = 3.0  # WCAG 2.2, 1.4.11: what tells a control's state


@pytest.mark.parametrize("theme", list(ThemeName))
@pytest.mark.parametrize("focused", [False, True])
def test_the_chosen_series_is_ringed_in_either_theme(
    qtbot: QtBot, qapp: QApplication, theme: ThemeName, focused: bool
) -> None:
    look = make_look(theme)
    dress(qapp, look)
    strip = SeriesStrip(look)
    qtbot.addWidget(strip)
    strip.resize(112, 600)
    strip.show_study(studies.study(studies.series(1), studies.series(2, "Lateral")))
    with qtbot.waitActive(strip):
        strip.show()
        strip.activateWindow()
    chosen = strip.thumbnails()[0]
    if focused:
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    seen = along_the_edge(strip, chosen.mapTo(strip, chosen.rect().topLeft()).toTuple())
    ring = seen[2]  # pixels from two outside the picture's box inwards
    assert contrast(seen[0], ring) >= LEAST  # against the strip
    assert contrast(ring, seen[2 + (4 if focused else 3)]) >= LEAST  # against what lies within


def along_the_edge(strip: SeriesStrip, corner: tuple[int, int]) -> list[str]:
    """Return the colours from two pixels left of a thumbnail's box to eight within."""
    shot = strip.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    left, y = corner[0], corner[1] + THUMBNAIL.height() // 2
    return [shot.pixelColor(x, y).name() for x in range(left - 2, left + 8)]
