"""A monkey at the real window: random keys, pastes, drops and runs, each held to its promises.

Nothing here waits for the model: whatever it writes, what the reader wrote stands.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QInputMethodEvent,
    QMouseEvent,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from lacuna.app import Application
from lacuna.report import edit, markup
from lacuna.report.model import Fill, FillState, Fixed, Gap, Report
from lacuna.report.text import clean
from lacuna.ui.editor.binding import Binding
from lacuna.ui.editor.text_units import to_index, units
from lacuna_models.api import Soft
from tests.e2e import drive

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
KEY = Qt.Key

WORDS = (
    "The heart is enlarged. ",
    "Résumé: 3 x 2 mm \u2192 stable.",
    "[...]",
    "[... 4]",
    "[... 0]",
    "]",
    " ",
    "\n",
    "no effusion\nno pneumothorax",
    "<turn|>",
    "🫁",
    "👩‍⚕️ 🏳️‍🌈",
    "e\u0301a\u0308",
    "שלום עולם",
    "مرحبا",
    "a\u00a0b\u202fc",  # spaces that do not break, as French and Apple keyboards type them
    "خ\u200cخ",  # Persian keyboards have a key for the non-joiner
    "\u200f",
    "漢字",
)
PASTED = (
    *WORDS,
    "a\ufffcb",
    "one\u2029two",
    "nul\x00here",
    "\r\nlines\r\n",
    "\ufdd0\ufdd1",
    "\ud800lone",
    "line\u2028separator",
    "tab\there",
    "[...][... 3]text[...",
    "long " * 800,
    "",
)


def raw(document: QTextDocument) -> str:
    """Return the document's own characters: a gap is one object, a line end one line feed."""
    lines = []
    block = document.begin()
    while block.isValid():
        lines.append(block.text())
        block = block.next()
    return "\n".join(lines)


def anchors(report: Report) -> list[Fixed]:
    """Return the locked spans in reading order."""
    return [span for span in report.spans() if isinstance(span, Fixed)]


def readers_own(report: Report, scope: frozenset[str]) -> str:
    """Return what nobody but the reader may change: all words but proposals and ``scope``."""
    return "".join(
        span.text
        for span in report.spans()
        if not isinstance(span, Gap) and span.id not in scope
        if not (isinstance(span, Fill) and span.state is FillState.PROPOSED)
    )


def in_order(few: Sequence[object], many: Sequence[object]) -> bool:
    """Whether all of ``few`` are among ``many``, in the same order."""
    rest = iter(many)
    return all(any(one == other for other in rest) for one in few)


class Monkey:
    """Acts at random and checks after every act. ``studies`` are what it may drop."""

    def __init__(self, application: Application, seed: int, studies: list[Path]) -> None:
        self.application = application
        self.parts = application.parts
        self.editor = drive.editor_of(application)
        self.studies = studies
        self.history: list[str] = []
        self._random = random.Random(seed)
        self._hints: list[str] = []
        self.parts.panel.hint.connect(self._hints.append)
        self._acts: list[tuple[int, Callable[[], None]]] = [
            (10, self.type),
            (8, self.move),
            (8, self.select),
            (6, self.lock),
            (5, self.fill),
            (2, self.stop),
            (4, self.paste),
            (2, self.cut),
            (4, self.delete),
            (3, self.undo_and_redo),
            (2, self.undo),
            (1, self.redo),
            (3, self.accept),
            (3, self.reject),
            (4, self.tab),
            (3, self.gap),
            (3, self.scrub),
            (2, self.zoom),
            (4, self.click),
            (2, self.compose),
            (1, self.drop),
            (1, self.reload_model),
            (1, self.resize),
        ]

    def act(self) -> None:
        """Do one thing, then let the window live a moment."""
        weights = [weight for weight, _ in self._acts]
        act = self._random.choices([act for _, act in self._acts], weights)[0]
        self.history.append(act.__name__)
        self._hints.clear()
        act()
        self.check()
        self.live(self._random.choice((0.0, 0.0, 0.02, 0.1)))
        self.check()

    # -- promises ------------------------------------------------------------------------------

    @property
    def report(self) -> Report:
        """The report as the editor reads it."""
        return self.parts.panel.report()

    @property
    def _scope(self) -> frozenset[str]:
        run = self.parts.session.run
        segments = run.segments if run is not None else ()
        return frozenset(s.id for s in segments if isinstance(s, Soft))

    def live(self, seconds: float) -> None:
        """Let events come: steps, ends, loads. None of them may touch what the reader wrote."""
        locked, scope, case = anchors(self.report), self._scope, self._case()
        own = readers_own(self.report, scope)
        drive.pause(seconds)
        if case == self._case():
            now = anchors(self.report)
            self._hold(in_order(locked, now), "an anchor changed by itself")
            # Words of a run that the reader locked are anchors once it has ended.
            new = [span for span in now if span not in locked]
            self._hold(all(span.origin is not None for span in new), "an anchor came by itself")
            held = "".join(span.text for span in new)
            left = readers_own(self.report, scope)
            self._hold(in_order(own, left), "the reader's words changed")
            self._hold(len(left) == len(own) + len(held), "words became the reader's by themselves")

    def check(self) -> None:
        """What must hold at any time."""
        report, session = self.report, self.parts.session
        running = session.run is not None
        self._hold((self.parts.panel.dock_state == "running") == running, "the dock lies")
        if session.case is not None:
            self._hold(session.case.report == report, "the session has another report")
        document = QTextDocument()
        other = Binding(document)
        other.load(report)
        self._hold(other.read() == report, "the report does not survive its document")

    def _hold(self, holds: bool, what: str) -> None:
        assert holds, f"{what}, after {self.history[-12:]}"

    def _case(self) -> str | None:
        case = self.parts.session.case
        return case.study.study_instance_uid if case is not None else None

    def _edit(self, act: Callable[[], None], shown: str) -> None:
        """Replace the selection: either it happens as said, or nothing does and a hint says why."""
        before, locked = raw(self.editor.document()), anchors(self.report)
        cursor = self.editor.textCursor()
        start = to_index(before, cursor.selectionStart())
        end = to_index(before, cursor.selectionEnd())
        head = before[:start] + shown
        wanted = {head + before[end:]}
        if found := markup.trailing_gap(head):  # a marker that has just been finished
            wanted.add(head[: found[0]] + edit.GAP_CHARACTER + before[end:])
        act()
        after = raw(self.editor.document())
        refused = after == before and bool(self._hints)
        self._hold(refused or after in wanted, f"{shown!r} was not put in: {after[start:end]!r}")
        self._hold(anchors(self.report) == locked, "an edit changed an anchor")

    def _keep_text(self, act: Callable[[], None]) -> None:
        before = raw(self.editor.document())
        act()
        self._hold(raw(self.editor.document()) == before, "letters changed")

    def _keep_anchors(self, act: Callable[[], None]) -> None:
        before = anchors(self.report)
        act()
        self._hold(anchors(self.report) == before, "an anchor changed")

    # -- acts ----------------------------------------------------------------------------------

    def press(self, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
        """Press a key over the report."""
        drive.press(self.editor, key, *held)

    def type(self) -> None:
        """Type something, letter by letter."""
        for letter in self._random.choice(WORDS):
            self._hints.clear()
            if letter == "\n":
                self._edit(lambda: self.press(KEY.Key_Return), "\n")
            else:
                self._edit(partial(drive.type_text, self.editor, letter), clean(letter))

    def compose(self) -> None:
        """Enter text by an input method."""
        words = self._random.choice(WORDS)
        before = raw(self.editor.document())
        selected = self.editor.textCursor().hasSelection()
        if not selected:
            self._send(QInputMethodEvent("preedit", []))
            self._hold(raw(self.editor.document()) == before, "a composition became text")
        event = QInputMethodEvent()
        event.setCommitString(words)
        self._edit(lambda: self._send(event), clean(words))

    def _send(self, event: QEvent) -> None:
        QApplication.sendEvent(self.editor, event)

    def move(self) -> None:
        """Move the caret."""
        keys = (KEY.Key_Left, KEY.Key_Right, KEY.Key_Up, KEY.Key_Down, KEY.Key_Home, KEY.Key_End)
        held = self._random.choice(((), (CTRL,)))
        for _ in range(self._random.randint(1, 12)):
            key = self._random.choice(keys)
            self._keep_text(partial(self.press, key, *held))

    def select(self) -> None:
        """Select a stretch, or everything."""
        if self._random.random() < 0.1:
            self._keep_text(lambda: self.press(KEY.Key_A, CTRL))
            return
        key = self._random.choice((KEY.Key_Left, KEY.Key_Right, KEY.Key_Down, KEY.Key_Up))
        held = self._random.choice(((SHIFT,), (SHIFT, CTRL)))
        for _ in range(self._random.randint(1, 20)):
            self._keep_text(lambda: self.press(key, *held))

    def lock(self) -> None:
        """Lock or unlock."""
        self._keep_text(lambda: self.press(KEY.Key_L, CTRL))

    def fill(self) -> None:
        """Fill, which may cut a selected span in two but changes no word of the reader's."""
        scope, before = self._scope, self.report
        # With neither a selection nor a gap, proposals are tried again: first they are taken back.
        allowed = {readers_own(r, scope) for r in (before, edit.reject_all(before))}
        self._keep_anchors(lambda: self.press(KEY.Key_G, CTRL))
        self._hold(readers_own(self.report, scope) in allowed, "asking for a fill changed words")

    def stop(self) -> None:
        """Stop."""
        self._keep_text(lambda: self.press(KEY.Key_Escape))

    def paste(self) -> None:
        """Paste anything."""
        words = self._random.choice(PASTED)
        QGuiApplication.clipboard().setText(words)
        held = clean(QGuiApplication.clipboard().text())
        put = (edit.GAP_CHARACTER if isinstance(p, Gap) else p for p in markup.pieces(held))
        self._edit(lambda: self.press(KEY.Key_V, CTRL), "".join(put))

    def cut(self) -> None:
        """Cut; without a selection nothing happens."""
        self._edit(lambda: self.press(KEY.Key_X, CTRL), "")

    def delete(self) -> None:
        """Delete the selection, or what is next to the caret."""
        key = self._random.choice((KEY.Key_Backspace, KEY.Key_Delete))
        if self.editor.textCursor().hasSelection():
            self._edit(lambda: self.press(key), "")
            return
        before = raw(self.editor.document())
        self._keep_anchors(lambda: self.press(key))
        lost = units(before) - units(raw(self.editor.document()))
        self._hold(0 <= lost <= 16, f"one key deleted {lost} characters")

    def undo_and_redo(self) -> None:
        """Undo and redo: the same again."""
        if not self.editor.document().isUndoAvailable():
            return
        before = self.report
        self.press(KEY.Key_Z, CTRL)
        self.press(KEY.Key_Z, CTRL, SHIFT)
        self._hold(self.report == before, "redo did not bring back what undo took")

    def undo(self) -> None:
        """Undo some."""
        for _ in range(self._random.randint(1, 4)):
            self.press(KEY.Key_Z, CTRL)
            self.check()

    def redo(self) -> None:
        """Redo some."""
        for _ in range(self._random.randint(1, 4)):
            self.press(KEY.Key_Z, CTRL, SHIFT)
            self.check()

    def accept(self) -> None:
        """Accept: not a letter changes, unless a card offers other words and they are taken."""
        card = self.parts.panel.kit.foot.card
        if card is not None and any(act.id == "change" for act in card.acts):
            self._keep_anchors(lambda: self.press(KEY.Key_Return, CTRL))
            return
        self._keep_text(lambda: self._keep_anchors(lambda: self.press(KEY.Key_Return, CTRL)))

    def reject(self) -> None:
        """Reject."""
        self._keep_anchors(lambda: self.press(KEY.Key_Backspace, CTRL))

    def tab(self) -> None:
        """Go to the next or the previous place."""
        if self._random.random() < 0.5:
            self._keep_text(lambda: self.press(KEY.Key_Tab))
        else:
            self._keep_text(lambda: self.press(KEY.Key_Backtab, SHIFT))
        self.editor.setFocus()

    def gap(self) -> None:
        """Insert a gap."""
        self._edit(lambda: self.press(KEY.Key_Space, CTRL), edit.GAP_CHARACTER)

    def scrub(self) -> None:
        """Go through the steps of the last run."""
        for _ in range(self._random.randint(1, 6)):
            key = self._random.choice((KEY.Key_Comma, KEY.Key_Comma, KEY.Key_Period))
            self._keep_text(partial(self.press, key, CTRL))

    def zoom(self) -> None:
        """Make the letters larger or smaller."""
        key = self._random.choice((KEY.Key_Equal, KEY.Key_Minus))
        self._keep_text(lambda: self.press(key, CTRL))
        self._keep_text(lambda: self._wheel(self._random.choice((120, -120))))

    def _wheel(self, by: int) -> None:
        point = QPointF(50, 50)
        turned = QWheelEvent(
            point,
            self.editor.viewport().mapToGlobal(point),
            QPoint(),
            QPoint(0, by),
            Qt.MouseButton.NoButton,
            self._random.choice((CTRL, NONE)),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.editor.viewport(), turned)

    def click(self) -> None:
        """Press, drag and release somewhere: a selection, never a move of text."""
        self._keep_text(self._drag)

    def _drag(self) -> None:
        area = self.editor.viewport()
        kinds = [QEvent.Type.MouseButtonPress]
        if self._random.random() < 0.3:
            kinds.append(QEvent.Type.MouseButtonDblClick)
        kinds += [QEvent.Type.MouseMove] * self._random.randint(0, 3)
        for kind in [*kinds, QEvent.Type.MouseButtonRelease]:
            self._mouse(area, kind)

    def _mouse(self, area: QWidget, kind: QEvent.Type) -> None:
        point = QPointF(
            self._random.uniform(0, area.width()), self._random.uniform(0, area.height())
        )
        left = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
        pressed = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else left
        event = QMouseEvent(kind, point, area.mapToGlobal(point), pressed, held, NONE)
        QApplication.sendEvent(area, event)

    def drop(self) -> None:
        """Drop a study, good or bad, whatever is going on."""
        path = self._random.choice(self.studies)
        self._keep_text(lambda: drive.drop(self.parts.window, path))

    def reload_model(self) -> None:
        """Choose a model, or a folder that holds none, whatever is going on."""
        chosen = self._random.choice((None, None, Path("nowhere")))
        self._keep_text(lambda: self.parts.window.model_chosen.emit(chosen))

    def resize(self) -> None:
        """Make the window another size."""
        width, height = self._random.randint(1024, 1900), self._random.randint(640, 1200)
        self._keep_text(lambda: self.parts.window.resize(width, height))
