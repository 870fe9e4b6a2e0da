"""The report column: header, notices, editor, ribbon and dock. What the window talks to.

It shows and edits; the session keeps, the engine fills. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from lacuna.report import edit
from lacuna.report.model import Fixed, Report
from lacuna.ui.editor.dock import Dock, SentChip
from lacuna.ui.editor.editor import ReportEditor
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.report_header import ReportHeader
from lacuna.ui.editor.ribbon import Mode, Ribbon
from lacuna.ui.steering.acts import Act
from lacuna.ui.steering.kit import SteeringKit
from lacuna.ui.theme import Look
from lacuna.ui.timeline.player import Player
from lacuna.ui.widgets import Hairline, Panel
from lacuna_models.api import Done, FillRequest, StepEvent


class ReportPanel(Panel):
    """One report with all that is done to it.

    ``fill_requested`` and ``stop_requested`` ask for a run; ``report_changed`` says that the text,
    an anchor or a proposal's state has changed; ``hint`` carries a sentence for the reader.
    """

    fill_requested = Signal()
    stop_requested = Signal()
    report_changed = Signal()
    hint = Signal(str)
    chip_left_out = Signal(str)
    measurement_wanted = Signal()  # the last one, at the caret
    place_wanted = Signal(str)  # the id of a measurement: show where it was taken
    continue_wanted = Signal(object, int)  # Recorded, the place of the step to continue from
    layer_chosen = Signal(object)  # Layer
    span_chosen = Signal(str)  # a span's id, on the ribbon
    act_chosen = Signal(object)  # an Act that is decided at the desk
    steered = Signal(object)  # a Command to the run under way

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look.theme.surface.panel, parent)
        self.editor = ReportEditor(look)
        self.notice_slot = QVBoxLayout()
        self._header = ReportHeader(look)
        self._ribbon, self._dock = Ribbon(look), Dock(look)
        self.player = Player(look, self.editor, self._dock, self)
        self.kit = SteeringKit(look, self.editor, self)
        self._last = self.editor.report()
        self._steps: list[StepEvent] = []
        self._begun: tuple[FillRequest, Report] | None = None
        self._running = self._paused = False
        self._lay_out(look)
        self._connect()
        self.setFocusProxy(self.editor)
        self._refresh()

    # -- the report ----------------------------------------------------------------------------

    def report(self) -> Report:
        """Return the report as it stands."""
        return self.editor.report()

    def load(self, report: Report) -> None:
        """Show another report; undo starts afresh and the last run is forgotten.

        Raises:
            UserFacingError: for text that the editor could not give back unchanged.
        """
        self._end_run()
        self.player.forget()
        self.editor.load(report)
        self._dock.show_idle()

    def apply(self, change: Callable[[Report], Report]) -> None:
        """Change the report by a pure edit, as one undo step."""
        self.editor.apply(change)

    def insert_anchor(self, anchor: Fixed) -> bool:
        """Put an anchor at the caret; False, with a hint, where it may not stand."""
        return self.editor.insert_anchor(anchor)

    def selection_scope(self) -> frozenset[str]:
        """Return the ids of the selected text, which a fill may rewrite; cuts it out if need be."""
        return self.editor.selection_scope()

    # -- a run ---------------------------------------------------------------------------------

    def begin_run(self, request: FillRequest, *, joins: bool = False) -> None:
        """Show that a request has gone to the model; ``joins`` the last edit in one undo step."""
        self.player.leave()
        self._steps, self._running = [], True
        self._begun = request, self.report()
        anchors = sum(isinstance(span, Fixed) for span in self.report().spans())
        self.editor.run.begin(request, joins=joins)
        self._dock.show_started(anchors)
        self._ribbon.set_mode(Mode.RUNNING)
        self.kit.choices.hide()
        self._heed_esc()

    def show_step(self, step: StepEvent) -> None:
        """Show a step of the run. Other rows than the first are candidates and not shown."""
        if not self._running or step.row != 0:
            return
        self._steps.append(step)
        self._dock.show_step(self._steps)
        self.editor.run.show_step(step)

    def finish_run(self, done: Done | None, after: Report | None) -> None:
        """End the run. ``after`` becomes the report as one undo step; None leaves it as it is."""
        self._end_run()
        self.editor.run.finish(after)
        if done is None:
            self._dock.show_idle()
        else:
            self._dock.show_done(done, self._steps)
            if self._begun is not None:
                self.player.record(*self._begun, self._steps, done)

    # -- the look ------------------------------------------------------------------------------

    def set_title(self, name: str) -> None:
        """Name the template in the header."""
        self._header.set_title(name)

    def set_notice_widget(self, widget: QWidget) -> None:
        """Put notices above the text: they never cover the image."""
        self.notice_slot.addWidget(widget)

    def set_sent_chips(self, chips: Sequence[SentChip]) -> None:
        """Say what goes to the model."""
        self._dock.set_chips(chips)

    def set_fill_enabled(self, enabled: bool) -> None:
        """Say whether a model is there to fill."""
        self._dock.set_fill_enabled(enabled)

    def set_meaningless(self, meaningless: bool) -> None:
        """Say whether what the model writes now means nothing about the picture."""
        self.editor.paper.set_meaningless(meaningless)
        self._ribbon.set_meaningless(meaningless)

    def set_reduced_motion(self, calm: bool) -> None:
        """Leave out fades."""
        self.editor.run.set_calm(calm)

    @property
    def dock_state(self) -> str:
        """What the dock shows: idle, running or settled."""
        return self._dock.state

    # -- inside --------------------------------------------------------------------------------

    def _lay_out(self, look: Look) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(Hairline(look))
        column.addLayout(self.notice_slot)
        column.addWidget(self.player.stack, 1)
        column.addWidget(self.kit.foot)
        column.addWidget(Hairline(look))
        column.addWidget(self._ribbon)
        column.addWidget(Hairline(look))
        column.addWidget(self._dock)

    def _connect(self) -> None:
        self.editor.changed.connect(self._on_changed)
        self.editor.hint.connect(self.hint)
        self.editor.place_wanted.connect(self.place_wanted)
        self._header.layer_chosen.connect(self._set_layer)
        self._header.acts_wanted.connect(self.kit.open_menu)
        self._dock.fill_clicked.connect(self.fill_requested)
        self._dock.stop_clicked.connect(self.stop_requested)
        self._dock.accept_clicked.connect(self._accept)
        self._dock.reject_clicked.connect(self._reject)
        self._dock.scrubbed.connect(self.player.go)
        self._dock.continue_clicked.connect(self._continue)
        self._dock.back_clicked.connect(self.player.leave)
        self._dock.runs_wanted.connect(self._list_runs)
        self.player.moved.connect(self._on_moved)
        self.player.hint.connect(self.hint)
        self._dock.chip_left_out.connect(self.chip_left_out)
        self._dock.pause_clicked.connect(partial(self.act_chosen.emit, Act.PAUSE))
        self._dock.step_clicked.connect(partial(self.act_chosen.emit, Act.STEP_ON))
        self._dock.normals_clicked.connect(partial(self.act_chosen.emit, Act.NORMALS))
        self.editor.run.steered.connect(self.steered)
        self._ribbon.span_chosen.connect(self.span_chosen)
        self.kit.chosen.connect(self._choose)
        self.kit.changed.connect(self._heed_esc)
        for keys, act in (
            ("Ctrl+G", self._ask_fill),
            ("Ctrl+L", self._lock),
            ("Ctrl+Space", self.editor.insert_gap),
            ("Ctrl+M", self.measurement_wanted.emit),
            ("Ctrl+Return", self._accept),
            ("Ctrl+Enter", self._accept),
            ("Ctrl+Backspace", self._reject),
            ("Ctrl+=", self._larger),
            ("Ctrl++", self._larger),
            ("Ctrl+-", self._smaller),
            ("Ctrl+,", self.player.back),
            ("Ctrl+.", self._step_on),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)
        self._stop_key = QShortcut(QKeySequence("Esc"), self)
        self._stop_key.activated.connect(self._escape)
        self._stop_key.setEnabled(False)

    def _on_changed(self) -> None:
        report = self.report()
        if report == self._last:
            return
        self._last = report
        self._refresh()
        self.report_changed.emit()

    def _refresh(self) -> None:
        report = self._last
        self._ribbon.show_report(report)
        self._dock.set_gaps(sum(1 for _ in edit.gaps(report)))
        waiting = sum(1 for _ in edit.proposals(report))
        self._dock.set_review(waiting)
        if self._dock.state == "settled" and not waiting:
            self._dock.show_idle()
        self.player.leave()

    def _set_layer(self, layer: Layer) -> None:
        self.editor.paper.set_layer(layer)
        self._ribbon.set_layer(layer)
        self.layer_chosen.emit(layer)

    def _ask_fill(self) -> None:
        if not self._running:
            self.fill_requested.emit()

    def _end_run(self) -> None:
        self.player.leave()
        self._running = False
        self._paused = False
        self._heed_esc()
        self._ribbon.set_mode(Mode.REST)

    def _larger(self) -> None:
        self.editor.paper.zoom(1)

    def _smaller(self) -> None:
        self.editor.paper.zoom(-1)

    def _accept(self) -> None:
        if self.kit.foot.answer("Ctrl+Enter"):
            return
        if not self.player.leave():  # no proposal is judged unseen
            self.editor.accept()

    def _reject(self) -> None:
        if self.kit.foot.answer("Ctrl+Backspace"):
            return
        if not self.player.leave():
            self.editor.reject()

    def adopt_request(self, request: FillRequest) -> None:
        """Go on showing a run whose report was changed meanwhile."""
        self.editor.run.adopt(request)

    def set_paused(self, paused: bool) -> None:
        """Say that the run under way waits for the reader, or goes on."""
        self._paused = paused
        self._dock.set_paused(paused)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._running

    @property
    def paused(self) -> bool:
        """Whether the run under way waits for the reader."""
        return self._paused

    def _escape(self) -> None:
        if not self.kit.close_something() and self._running:
            self.stop_requested.emit()

    def _heed_esc(self) -> None:
        """Take Esc only while it means something here: over the image it means something else."""
        self._stop_key.setEnabled(self._running or self.kit.something_open)

    def _lock(self) -> None:
        if not self.editor.run.lock_words():
            self.editor.toggle_lock()

    def _step_on(self) -> None:
        if self._paused:
            self.act_chosen.emit(Act.STEP_ON)
        else:
            self.player.on()

    def _choose(self, act: Act) -> None:
        """Do what concerns this column alone; the desk is asked for the rest."""
        own: dict[Act, Callable[[], object]] = {
            Act.FILL: self._ask_fill,
            Act.ACCEPT: self._accept,
            Act.REJECT: self._reject,
            Act.LOCK: self._lock,
            Act.STRIKE: self.editor.run.strike_words,
            Act.WORD_ON: partial(self.editor.run.point_on, 1),
            Act.WORD_BACK: partial(self.editor.run.point_on, -1),
            Act.STEP_ON: self._step_on,
            Act.STEP_BACK: self.player.back,
        }
        if act in own:
            own[act]()
        else:
            self.act_chosen.emit(act)

    def _on_moved(self, replaying: bool) -> None:
        self._ribbon.set_mode(Mode.REPLAY if replaying else Mode.REST)
        if not replaying and not any(edit.proposals(self._last)):
            self._dock.show_idle()

    def _continue(self) -> None:
        shown = self.player.shown
        if shown is not None:
            self.player.leave()
            self.continue_wanted.emit(*shown)

    def _list_runs(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for run in reversed(self.player.runs.all):
            menu.addAction(run.words, partial(self.player.choose, run.number))
        menu.popup(place - QPoint(0, menu.sizeHint().height()))
