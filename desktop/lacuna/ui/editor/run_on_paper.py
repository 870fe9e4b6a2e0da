"""A run on the report's paper, from its request to its end, and its steps looked at afterwards.

Tokens are painted over their places; the document changes once, at the end. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QTextEdit

from lacuna.report.model import Report
from lacuna.ui.editor import caret
from lacuna.ui.editor.binding import Binding, Run
from lacuna.ui.editor.live import Replay, replayable
from lacuna.ui.editor.live_hand import LiveHand, LiveWord, word_at
from lacuna.ui.editor.live_view import LiveView
from lacuna.ui.editor.paper import Paper
from lacuna_models.api import FillRequest, Lock, Release, Seen, Soft, StepEvent, Strike


class RunOnPaper(QObject):
    """Follows runs in one editor, and the reader's hand on the words of the one under way."""

    steered = Signal(object)  # a Command to the run under way, for the words pointed at

    def __init__(
        self, view: QTextEdit, binding: Binding, paper: Paper, live: LiveView, hand: LiveHand
    ) -> None:
        super().__init__(view)
        self._view, self._binding, self._paper = view, binding, paper
        self._live, self._hand, self._block = live, hand, 0
        self._untouched, self._selected = (0, 0, 0), (0, 0)
        self._joins: int | None = None
        self._known: set[str] = set()
        self._pressed = False  # the mouse is down on a word
        self._awake = True  # the caret is wanted: the reader has touched the report, or no run is
        view.cursorPositionChanged.connect(self._mind_caret)
        live.reflow.connect(paper.relayout_gaps)
        live.repaint.connect(paper.repaint)

    def set_calm(self, calm: bool) -> None:
        """Leave out every fade and repaint four times a second."""
        self._live.calm = calm

    @property
    def under_way(self) -> bool:
        """Whether a run is shown that has not ended."""
        return self._live.run is not None

    # -- its course ----------------------------------------------------------------------------

    def begin(self, request: FillRequest, *, joins: bool = False) -> None:
        """Get ready to paint a run's tokens over its gaps.

        ``joins``: the last edit opened the gaps; what comes of the run is undone together with it,
        unless the reader changes something meanwhile.
        """
        self._live.begin(request)
        self._hand.clear()
        cursor = self._view.textCursor()
        self._selected = cursor.selectionStart(), cursor.selectionEnd()
        if any(isinstance(segment, Soft) for segment in request.segments):
            # What is rewritten was selected: its tokens would be painted on the selection's colour.
            caret.select(self._view, cursor.selectionStart())
        self._known = {run.span.id for run in self._binding.runs()}
        self._untouched = self._touch()
        self._joins = self._view.document().revision() if joins else None
        self._awake = False
        caret.hide(self._view)

    def show_step(self, step: StepEvent) -> None:
        """Paint a step. The first one opens the gaps; after it nothing moves until the end."""
        self._block = step.block
        self._hand.forget_struck()
        first = self._live.show(step, self._paper.setting())
        if first and self._live.run is not None:
            self._paper.styler.veil(self._live.run.rewritten)
            self._mind_caret()

    def adopt(self, request: FillRequest) -> None:
        """Go on painting a run whose report was changed meanwhile: gaps have come, or gone."""
        if self._live.run is not None and self._live.run.rooms:
            self._live.run.adopt(request, self._paper.setting())
            self._paper.relayout_gaps()
            self._mind_caret()

    def finish(self, after: Report | None = None) -> None:
        """End the run; ``after`` is written as one undo step.

        None leaves the report as it is, and what was selected selected.
        """
        self._live.finish()
        self._hand.clear()
        self._paper.styler.veil(frozenset())
        self.wake_caret()
        untouched = self._touch() == self._untouched
        if after is not None:
            self._binding.write(after, join=self._joins == self._view.document().revision())
            self._live.settle()
        if untouched:  # never under the hands of someone who is typing
            self._look_at_outcome(written=after is not None)

    # -- the reader's hand ---------------------------------------------------------------------

    def wake_caret(self) -> None:
        """Let the caret be seen again, now that the reader has touched the report."""
        self._awake = True
        self._mind_caret()

    def words(self) -> list[LiveWord]:
        """Return the words of the run under way, in reading order."""
        return self._paper.live_words()

    def chosen_words(self) -> tuple[LiveWord, ...]:
        """Return the words that are pointed at."""
        return self._hand.chosen(self.words())

    def point_on(self, by: int) -> bool:
        """Point at the next word, or the one before; False without a run."""
        words = self.words()
        self._hand.step(words, by)
        self._paper.repaint()
        return bool(words)

    def point_at(self, point: QPointF) -> LiveWord | None:
        """Point at the word at a point of the viewport; None where there is none."""
        word = self._word_at(point)
        if word is not None:
            self._hand.point(word)
            self._paper.repaint()
        return word

    def press(self, point: QPointF) -> bool:
        """Begin to point at words with the mouse; False where there are none."""
        self._pressed = self.point_at(point) is not None
        return self._pressed

    def drag(self, point: QPointF) -> bool:
        """Point at all words from the one pressed to this point; False if none was pressed."""
        word = self._word_at(point) if self._pressed else None
        if word is not None:
            self._hand.reach(word)
            self._paper.repaint()
        return self._pressed

    def release(self, *, strike: bool) -> bool:
        """Lock or strike out what the mouse pointed at; False if no word was pressed."""
        pressed, self._pressed = self._pressed, False
        if pressed:
            self.strike_words() if strike else self.lock_words()
        return pressed

    def lock_words(self) -> bool:
        """Lock the words that are pointed at, or let go of locked ones; False without any."""
        chosen = self.chosen_words()
        act = Release if chosen and all(word.locked for word in chosen) else Lock
        return self._steer(chosen, act)

    def strike_words(self) -> bool:
        """Strike out the words that are pointed at: they may not come back there."""
        chosen = self.chosen_words()
        self._hand.strike(chosen)
        return self._steer(chosen, Strike)

    # -- afterwards ----------------------------------------------------------------------------

    def can_replay(self, filled: frozenset[str]) -> bool:
        """Whether the steps of a run that filled these spans can be painted over the fills."""
        return bool(filled) and filled <= set(self._sources().values())

    def show_replay(self, step: StepEvent | None) -> None:
        """Paint a recorded step over the proposals that came of it; None shows the report."""
        if step is None and self._live.replay is None:
            return
        if step is None:
            self.paint_over(None, frozenset())
            return
        replay = Replay(step, self._sources())
        veiled = frozenset(i for i in replay.sources if replay.tokens(i) is not None)
        self.paint_over(replay, veiled)

    def paint_over(self, replay: Replay | None, veiled: frozenset[str]) -> None:
        """Paint a recorded step, or none, in the place of the text that is ``veiled``."""
        self._live.replay = replay
        self._paper.styler.veil(veiled)
        self._paper.repaint()

    # -- inside --------------------------------------------------------------------------------

    def _look_at_outcome(self, *, written: bool) -> None:
        if not written:
            caret.select(self._view, *self._selected)
            return
        waiting = [run for run in self._binding.runs() if caret.is_proposal(run)]
        waiting.sort(key=lambda run: run.span.id in self._known)  # this run's before older ones
        if waiting:
            caret.focus_on(self._view, waiting[0])

    def _mind_caret(self) -> None:
        """Hide the caret beside a room of several lines: it would stand as high as the room."""
        if not self._awake:
            return
        at = self._view.textCursor().position()
        tall = self.under_way and any(
            self._is_tall(self._binding.run_at(place)) for place in (at, at - 1)
        )
        (caret.hide if tall else caret.show)(self._view)

    def _is_tall(self, run: Run | None) -> bool:
        room = self._live.run.rooms.get(run.span.id) if self._live.run and run else None
        return room is not None and room.lines > 1

    def _touch(self) -> tuple[int, int, int]:
        """What changes when the reader types or moves the caret."""
        cursor = self._view.textCursor()
        return cursor.anchor(), cursor.position(), self._view.document().revision()

    def _word_at(self, point: QPointF) -> LiveWord | None:
        return word_at(self.words(), point + self._paper.scroll())

    def _steer(
        self, words: tuple[LiveWord, ...], act: Callable[[Seen], Lock | Release | Strike]
    ) -> bool:
        tokens = [token for word in words for token in word.tokens]
        if tokens:
            self.steered.emit(act(Seen.of(tokens, self._block)))
        self._paper.repaint()
        return bool(tokens)

    def _sources(self) -> dict[str, str]:
        return replayable([run.span for run in self._binding.runs()])
