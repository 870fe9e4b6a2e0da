"""What the dock shows in each of its states, and the buttons there. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from lacuna.ui.editor.chip_flow import ChipFlow
from lacuna.ui.editor.timeline import Timeline
from lacuna.ui.theme import Look, Role
from lacuna.ui.widgets import Button, Chip, KeyCap, Kind, Words
from lacuna_models.api import Done, Kept, Open, Reason, StepEvent

_LEFT, _RIGHT = 40, 32
_ROOMY = 440  # pixels that the long legend needs
_NORMALS = "Ctrl+Shift+N"
_PAUSE, _ONE = "Ctrl+P", "Ctrl+."
_LONG = ("Mean entropy of free tokens", "Tokens accepted in the step")
_SHORT = ("Mean entropy", "Tokens accepted")


@dataclass(frozen=True, slots=True)
class SentChip:
    """One thing that goes to the model. A closable one may be left out, by its ``id``."""

    id: str
    text: str
    icon: str = ""
    closable: bool = False


class Idle(QWidget):
    """Nothing runs: what goes to the model, and what to do with it."""

    left_out = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.fill = Button(look, "Fill", icon="brackets", key="Ctrl+G", kind=Kind.PRIMARY)
        self.normals = Button(look, "Normals", key=_NORMALS)
        self.normals.setToolTip("Keep what is stated, fill compatible normals around it")
        self.runs = Button(look, "Runs", icon="history", kind=Kind.QUIET)
        self.runs.setToolTip("Recent runs")
        self.runs.hide()
        head = Words(look, Role.STATUS, look.theme.text.third, "Sent to the model")
        self._chips = ChipFlow(head)
        column = _column(self)
        column.addWidget(self._chips)
        buttons = _row()
        buttons.addWidget(self.fill)
        buttons.addWidget(self.normals)
        buttons.addStretch(1)
        buttons.addWidget(self.runs)
        column.addLayout(buttons)

    def set_narrow(self, narrow: bool) -> None:
        """Let key caps yield to words."""
        self.normals.set_key("" if narrow else _NORMALS)

    def set_chips(self, chips: Sequence[SentChip]) -> None:
        """Show what goes to the model; nothing at all where nothing is known yet."""
        self._chips.set_chips([self._made(chip) for chip in chips])

    def _made(self, chip: SentChip) -> Chip:
        shown = Chip(self._look, chip.text, icon=chip.icon, closable=chip.closable)
        if chip.closable:
            shown.clicked.connect(_emitter(self.left_out.emit, chip.id))
        return shown


class Running(QWidget):
    """A run is under way: where it stands, and how to stop, pause or step it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._anchors, self._narrow = 0, False
        self._paused, self._at = False, "Starting"
        self.stop = Button(look, "Stop, keep this", icon="square", key="Esc")
        self.pause = Button(look, "Pause", key=_PAUSE, kind=Kind.QUIET, height=28)
        self.one = Button(look, "One step", key=_ONE, kind=Kind.QUIET, height=28)
        second = look.theme.text.second
        self._title = Words(look, Role.UI_STRONG, look.theme.text.strong, figures=True)
        self._figures = Words(look, Role.STATUS, second, keeps=0, figures=True)
        self._seconds = Words(look, Role.STATUS, second, figures=True)
        self._timeline, self._legend = Timeline(look), _Legend(look)
        top = _row()
        top.addWidget(self._title)
        top.addWidget(self._figures, 1)
        top.addWidget(self._seconds)
        top.addWidget(self.stop)
        column = _column(self)
        column.addLayout(top)
        column.addWidget(self._timeline)
        foot = _row()
        foot.addWidget(self._legend, 1)
        foot.addWidget(self.one)
        foot.addWidget(self.pause)
        column.addLayout(foot)

    def start(self, anchors: int) -> None:
        """Show that the request is on its way."""
        self._anchors = anchors
        self._at = "Starting"
        self._figures.set_text(f"{counted(anchors, 'anchor')} held" if anchors else "")
        self._seconds.set_text("")
        self.set_paused(False)
        self._timeline.show_steps((), -1, scrubbing=False)
        self._legend.set_entropy(None)

    def show_steps(self, steps: Sequence[StepEvent]) -> None:
        """Show the newest step."""
        step = steps[-1]
        part = f"Part {step.block + 1} of {step.blocks}, step" if step.blocks > 1 else "Step"
        self._at = f"{part} {step.step} of {step.steps}"
        self._say_where()
        self._figures.set_text(self._told(step))
        self._seconds.set_text(f"{step.elapsed:.1f} s")
        self._timeline.show_steps(steps, len(steps) - 1, scrubbing=False)
        self._legend.set_entropy(step.mean_entropy)

    def set_narrow(self, narrow: bool) -> None:
        """Let the clock and the anchors yield to what has settled, and to the button."""
        self._narrow = narrow
        self._seconds.setVisible(not narrow)
        self.pause.set_key("" if narrow else _PAUSE)
        self.one.set_key("" if narrow else _ONE)

    def set_paused(self, paused: bool) -> None:
        """Offer single steps while the run waits."""
        self._paused = paused
        self._say_where()
        self.pause.set_text("Go on" if paused else "Pause")
        self.one.setVisible(paused)

    def _say_where(self) -> None:
        paused = f"Paused, {self._at[:1].lower()}{self._at[1:]}"
        self._title.set_text(paused if self._paused else self._at)

    def _told(self, step: StepEvent) -> str:
        settled = f"{step.settled} of {step.free}"
        if self._narrow:
            return f"{settled} settled"
        held = f", {counted(self._anchors, 'anchor')} held" if self._anchors else ""
        return f"{settled} tokens settled{held}"


class Settled(QWidget):
    """A run has ended: how, its steps, and what to do with what came of it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._gaps, self._stopped, self._ended = 0, False, ""
        self._waiting, self._back = 0, False
        self.accept = Button(look, "Accept", icon="check", key="Ctrl+Enter", kind=Kind.PRIMARY)
        self.reject = Button(look, "Reject", icon="x", key="Ctrl+Backspace")
        self.again = Button(look, "Fill again", icon="brackets", key="Ctrl+G")
        self.timeline, self._legend = Timeline(look), _Legend(look)
        self._title = Words(look, Role.UI_STRONG, look.theme.text.strong)
        self._figures = Words(look, Role.STATUS, look.theme.text.second, keeps=0)
        self.go_on = Button(look, "Continue from here", icon="play", kind=Kind.PRIMARY)
        self.back = Button(look, "Back to the report", icon="corner-down-left")
        self.runs = Button(look, "Run 1", icon="history", kind=Kind.QUIET, height=28)
        self.runs.setToolTip("Recent runs")
        self._keys = [KeyCap(look, "Ctrl+,"), KeyCap(look, "Ctrl+.")]
        self._top, self._more, self._buttons = _row(), _row(), _row()
        self._space = QWidget()  # in place of the figures, where they have a line of their own
        self._top.addWidget(self._title)
        self._top.addWidget(self._figures, 1)
        self._top.addWidget(self._space, 1)
        for part in (self.runs, *self._keys):
            self._top.addWidget(part)
        for button in (self.accept, self.reject, self.go_on, self.back):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self.again)
        column = _column(self)
        column.addLayout(self._top)
        column.addLayout(self._more)
        column.addWidget(self.timeline)
        column.addWidget(self._legend)
        column.addLayout(self._buttons)

    def show_done(self, done: Done, steps: Sequence[StepEvent]) -> None:
        """Say how the run ended."""
        self._stopped = done.reason is Reason.CANCELLED
        self._back = False
        self._show_buttons()
        budget = steps[-1].steps if steps else done.settings.steps
        reached = steps[-1].step if steps else done.steps
        verb = {
            Reason.SETTLED: "Settled at",
            Reason.STEPS: "Ended at",
            Reason.CANCELLED: "Stopped at",
        }[done.reason]
        self._ended = f"{verb} step {reached} of {budget}"
        self._figures.set_text(self._told(done))
        self.show_place(steps, len(steps) - 1)
        self.set_gaps(self._gaps)

    def show_place(self, steps: Sequence[StepEvent], place: int) -> None:
        """Move the playhead."""
        replaying = 0 <= place < len(steps) - 1
        self._title.set_text(
            f"Replay, step {place + 1} of {len(steps)}" if replaying else self._ended
        )
        self.timeline.show_steps(steps, place, scrubbing=True)
        self._legend.set_entropy(steps[place].mean_entropy if steps else None)

    def show_run(self, name: str, *, back: bool) -> None:
        """Name the run; ``back``: offer to continue from the step on show, or to leave it."""
        self.runs.set_text(name)
        self._back = back
        self._show_buttons()

    def set_review(self, waiting: int) -> None:
        """Say how many proposals wait for review."""
        self._waiting = waiting
        self._show_buttons()

    def _show_buttons(self) -> None:
        for button in (self.accept, self.reject):
            button.setVisible(self._waiting > 0 and not self._back)
        for button in (self.go_on, self.back):
            button.setVisible(self._back)
        self.again.setVisible(not self._back)

    def set_gaps(self, count: int) -> None:
        """Say what Ctrl+G would do now."""
        self._gaps = count
        again = f"Fill {counted(count, 'gap')}" if count else "Fill again"
        self.again.set_text("Resume" if count and self._stopped else again)

    def set_narrow(self, narrow: bool) -> None:
        """Let the keys of the replay yield to the buttons; what became of the run gets a line."""
        for part in self._keys:
            part.setVisible(not narrow)
        self._space.setVisible(narrow)
        if narrow:
            self._top.addWidget(self.again)
            self._more.addWidget(self._figures, 1)
        else:
            self._buttons.addWidget(self.again)
            self._top.insertWidget(1, self._figures, 1)

    @staticmethod
    def _told(done: Done) -> str:
        if done.reason is not Reason.CANCELLED:
            return f"{done.elapsed:.1f} s   seed {done.seed}"
        pieces = [piece for fill in done.fills for piece in fill.pieces]
        kept = sum(len(piece.tokens) for piece in pieces if isinstance(piece, Kept))
        left = sum(piece.length for piece in pieces if isinstance(piece, Open))
        return f"{counted(kept, 'token')} kept, {left} back to gaps"


class _Legend(QWidget):
    """What the timeline's line and bars are."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._entropy: float | None = None
        self.setFixedHeight(18)

    def set_entropy(self, nats: float | None) -> None:
        """Tell the entropy at the playhead."""
        self._entropy = nats
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        painter.setFont(self._look.font(Role.CAPTION))
        middle = self.height() / 2
        painter.setPen(QPen(QColor(theme.text.normal), 1.5))
        painter.drawLine(QLineF(0, middle, 16, middle))
        line, bars = _LONG if self.width() >= _ROOMY else _SHORT
        if self._entropy is not None:
            line += f", {self._entropy:.2f} nats"
        x = self._words(painter, 22.0, line) + 24
        bar = QColor(theme.model.line)
        bar.setAlphaF(0.6)
        needed = x + 12 + QFontMetricsF(painter.font()).horizontalAdvance(bars)
        if needed > self.width():
            return
        painter.fillRect(QRectF(x, middle - 5, 6, 10), bar)
        self._words(painter, x + 12, bars)

    def _words(self, painter: QPainter, x: float, words: str) -> float:
        painter.setPen(QColor(self._look.theme.text.second))
        width = QFontMetricsF(painter.font()).horizontalAdvance(words)
        box = QRectF(x, 0, width + 1, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
        return x + width


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it takes one."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _row() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(_LEFT, 12, _RIGHT, 14)
    column.setSpacing(10)
    return column


def _emitter(emit: Callable[[str], None], what: str) -> Callable[[], None]:
    return lambda: emit(what)
