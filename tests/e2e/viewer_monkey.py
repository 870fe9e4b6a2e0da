"""A monkey at the image side: random keys, drags, drops and files that change on the disk.

Nothing here waits for what was asked for: whatever comes late must find its own place, or none.
"""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from lacuna.app import Application
from lacuna.study.model import Patient, Study
from lacuna.ui.viewer.board import Mark, mark_of, spot_of
from lacuna.ui.viewer.commands import DEFAULT_KEYS
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.note_field import NoteField
from lacuna.ui.viewer.picture import Pixels
from lacuna.ui.viewer.viewer_state import Tool
from tests.e2e import drive

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton)
PLACES = ("Left", "Middle", "Right", "Ctrl+Left", "Wheel", "Shift+Wheel", "Knob", "+", "")
_NOTES = ("", "nodule", "a\ud800b", "שלום", "x" * 300)


class ViewerMonkey:
    """Acts at random and checks after every act.

    Args:
        application: with a model that answers at once.
        seed: of its choices.
        drops: what it may drop, each at once.
        spare: files, each with another that may be written over it.
    """

    def __init__(
        self,
        application: Application,
        seed: int,
        drops: list[list[Path]],
        spare: list[tuple[Path, Path]],
    ) -> None:
        self.application, self.parts = application, application.parts
        self.drops, self.spare = drops, spare
        self.history: list[str] = []
        self._seen: dict[Patient, set[str]] = {}
        self._random = random.Random(seed)
        self._acts: list[tuple[int, Callable[[], None]]] = [
            (20, self.key),
            (14, self.drag),
            (8, self.draw),
            (8, self.wheel),
            (4, self.undo),
            (4, self.redo),
            (3, self.delete),
            (4, self.turn_to_entry),
            (5, self.drop),
            (3, self.next_patient),
            (2, self.rewrite),
            (2, self.fill),
            (2, self.quote),
            (2, self.note),
            (1, self.rebind),
            (1, self.present),
            (1, self.resize),
            (1, self.show_place),
        ]

    def act(self) -> None:
        """Do one thing, then let the window live a moment, or not."""
        weights = [weight for weight, _ in self._acts]
        act = self._random.choices([act for _, act in self._acts], weights)[0]
        self.history.append(act.__name__)
        act()
        self.check()
        drive.pause(self._random.choice((0.0, 0.0, 0.0, 0.02, 0.1)))
        self.check()

    # -- promises ------------------------------------------------------------------------------

    def check(self) -> None:
        """What must hold at any time."""
        case = self.parts.session.case
        if case is None:
            return
        window, viewports = self.parts.window, self.parts.window.viewports
        open_now = (case.study, *window.lightbox.priors)
        self._hold(all(_alike(case.study, one) for one in open_now), "two patients are mixed")
        for view in viewports.views():
            stack = viewports.stack_of(view)
            if view.picture is None:
                continue
            whose = stack.study if stack is not None else case.study
            self._hold(any(whose.key == one.key for one in open_now), "another patient is shown")
            for mark in view.board.on(spot_of(view.picture)):
                self._check_mark(view, mark)
        self._hold(self.parts.pixels.used <= self.parts.pixels.budget, "over the budget")
        for view in viewports.views():
            self._hold(view.board is window.image_view.board, "viewports draw on two boards")
        spots = [image.spot for image in self.parts.sending.key_images.images]
        # A key image may be a prior's, which need not come along the next time.
        names = self._seen.setdefault(case.study.patient, set())
        names |= {series.series_instance_uid for study in open_now for series in study.series}
        for spot in spots:
            series = spot.series_uid.partition(":")[0]
            self._hold(series in names, "a key image of nothing of this patient")

    def _check_mark(self, view: ImageView, mark: Mark) -> None:
        """What stands beside a mark is what its picture measures there."""
        picture = view.picture
        assert picture is not None
        again = mark_of(mark.shape, picture, mark.id)
        if mark.pixels is Pixels.WHOLE and picture.pixels is Pixels.WHOLE:
            same = (again.values, again.statistics, again.scale, again.value_unit)
            told = (mark.values, mark.statistics, mark.scale, mark.value_unit)
            self._hold(same == told, f"{told} stands beside what measures {same}")
        if mark.statistics is not None:
            finite = all(math.isfinite(part) for part in astuple(mark.statistics))
            self._hold(finite, "statistics that are no numbers")

    def _hold(self, holds: bool, what: str) -> None:
        assert holds, f"{what}, after {self.history[-14:]}"

    # -- acts ----------------------------------------------------------------------------------

    @property
    def view(self) -> ImageView:
        """The active viewport."""
        return self.parts.window.image_view

    def key(self) -> None:
        """Press keys of the image side, often many at once."""
        for _ in range(self._random.choice((1, 1, 1, 4, 12))):
            key = self._random.choice([key for key in DEFAULT_KEYS.values() if key])
            self.history.append(key)
            pressed = QKeySequence.fromString(key)[0]
            drive.press(self.view, pressed.key(), pressed.keyboardModifiers())

    def drag(self) -> None:
        """Press, move and let go with some button; sometimes never let go."""
        button, held = self._random.choice(BUTTONS), self._random.choice((NONE, NONE, CTRL))
        views = self.parts.window.viewports.views()
        view = self._random.choice(views)
        kinds = [QEvent.Type.MouseButtonPress]
        kinds += [QEvent.Type.MouseMove] * self._random.randint(0, 4)
        if self._random.random() < 0.9:
            kinds.append(QEvent.Type.MouseButtonRelease)
        for kind in kinds:
            self._mouse(view, kind, button, held)

    def draw(self) -> None:
        """Take a tool and draw with it."""
        self.view.set_tool(self._random.choice(list(Tool)))
        for _ in range(self._random.randint(1, 4)):
            for kind in (
                QEvent.Type.MouseButtonPress,
                QEvent.Type.MouseMove,
                QEvent.Type.MouseMove,
                QEvent.Type.MouseButtonRelease,
            ):
                self._mouse(self.view, kind, Qt.MouseButton.LeftButton, NONE)

    def _mouse(
        self, view: QWidget, kind: QEvent.Type, button: Qt.MouseButton, held: Qt.KeyboardModifier
    ) -> None:
        wide, high = view.width(), view.height()
        x = self._random.uniform(-0.1 * wide, 1.1 * wide)
        point = QPointF(x, self._random.uniform(-0.1 * high, 1.1 * high))
        none = Qt.MouseButton.NoButton
        down = none if kind is QEvent.Type.MouseButtonRelease else button
        pressed = none if kind is QEvent.Type.MouseMove else button
        event = QMouseEvent(kind, point, view.mapToGlobal(point), pressed, down, held)
        QApplication.sendEvent(view, event)

    def wheel(self) -> None:
        """Turn the wheel over some viewport."""
        view = self._random.choice(self.parts.window.viewports.views())
        for _ in range(self._random.randint(1, 12)):
            by = self._random.choice((120, -120, 40, -1200))
            held = self._random.choice((NONE, NONE, CTRL, SHIFT))
            point = QPointF(view.width() / 2, view.height() / 2)
            event = QWheelEvent(
                point,
                view.mapToGlobal(point),
                QPoint(),
                QPoint(0, by),
                Qt.MouseButton.NoButton,
                held,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(view, event)

    def undo(self) -> None:
        """Take changes back."""
        for _ in range(self._random.randint(1, 5)):
            drive.press(self.view, Qt.Key.Key_Z, CTRL)

    def redo(self) -> None:
        """Do again what was taken back."""
        for _ in range(self._random.randint(1, 5)):
            drive.press(self.view, Qt.Key.Key_Z, CTRL, SHIFT)

    def delete(self) -> None:
        """Take away whatever mark there is."""
        marks = self.view.board.marks
        if marks:
            self.view.select_mark(self._random.choice(marks).id)
            drive.press(self.view, Qt.Key.Key_Delete)

    def turn_to_entry(self) -> None:
        """Turn a viewport to a series or a document of the strip."""
        entries = self.parts.window.series_strip.entries()
        if entries:
            self.parts.window.show_series(self._random.randrange(len(entries)))

    def drop(self) -> None:
        """Drop something, whatever is going on."""
        drive.drop(self.parts.window, *self._random.choice(self.drops))

    def next_patient(self) -> None:
        """Turn to the next patient, whoever that is."""
        self.parts.opening.next_patient()

    def rewrite(self) -> None:
        """Write another file over one that may be open."""
        old, new = self._random.choice(self.spare)
        held = old.with_suffix(".held")
        shutil.copyfile(old, held)
        shutil.copyfile(new, old)
        shutil.move(held, new)

    def fill(self) -> None:
        """Ask the model."""
        drive.press(drive.editor_of(self.application), Qt.Key.Key_G, CTRL)

    def quote(self) -> None:
        """Put a measurement into the report."""
        self.parts.measuring.insert()

    def show_place(self) -> None:
        """Go to where something was measured."""
        for span in self.parts.panel.report().spans():
            self.parts.measuring.show_place(span.id)

    def note(self) -> None:
        """Write a text on the image."""
        self.view.set_tool(Tool.NOTE)
        middle = QPointF(self.view.width() / 2, self.view.height() / 2)
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
            left = Qt.MouseButton.LeftButton
            event = QMouseEvent(kind, middle, self.view.mapToGlobal(middle), left, left, NONE)
            QApplication.sendEvent(self.view, event)
        for field in self.view.findChildren(NoteField):
            field.setText(self._random.choice(_NOTES))
            drive.press(field, Qt.Key.Key_Return)

    def rebind(self) -> None:
        """Bind a button anew, if it may be bound so."""
        bindings = self.parts.window.viewports.bindings
        act, place = self._random.choice(list(MouseAct)), self._random.choice(PLACES)
        try:
            bindings = bindings.with_input(act, place)
        except Exception as error:  # noqa: BLE001  a refusal is a sentence
            self._hold(type(error).__name__ == "UserFacingError", f"{error!r}")
        self.parts.window.viewports.use_bindings(bindings)

    def present(self) -> None:
        """Look through a presentation state, or no longer."""
        box = self.parts.window.lightbox
        box.present(self.view, self._random.choice((None, *box.presentations(self.view))))

    def resize(self) -> None:
        """Make the window another size."""
        self.parts.window.resize(self._random.randint(1024, 1900), self._random.randint(640, 1200))


def _alike(one: Study, other: Study) -> bool:
    """Whether two studies are one patient's, as far as they tell."""
    return _who(one.patient)[:2] == _who(other.patient)[:2] and (
        "" in (one.patient.birth_date, other.patient.birth_date)
        or one.patient.birth_date == other.patient.birth_date
    )


def _who(patient: Patient) -> tuple[str, str, str]:
    return patient.id, patient.name, patient.birth_date
