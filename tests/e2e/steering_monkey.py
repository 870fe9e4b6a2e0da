"""The monkey's acts of steering: locks, strikes, alternatives, refills, checks, going on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lacuna.app import Application
from lacuna.report import edit
from lacuna.report.model import Fill, FillState, Fixed, Gap, Report, Soft
from lacuna.report.provenance import author_of
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.live_hand import LiveWord
from tests.e2e import drive
from tests.e2e.monkey import ALT, CTRL, KEY, SHIFT, Monkey, anchors, in_order


def typed(report: Report) -> str:
    """Return what stands by the reader's hand alone: no act of the model's may take it away."""
    return "".join(
        span.text
        for span in report.spans()
        if isinstance(span, Fixed | Soft)
        or (isinstance(span, Fill) and span.state is FillState.EDITED)
    )


def answerable(report: Report) -> str:
    """Return the reader's words as they stand, or as rejecting what was put there brings them back.

    Words that the reader asked to have reworded are in the proposal's keeping.
    """
    words: list[str] = []
    counted: set[str] = set()
    for span in report.spans():
        if not isinstance(span, Fill) or span.state is not FillState.PROPOSED:
            words.append("" if isinstance(span, Gap) else span.text)
        elif isinstance(span.replaced, Soft) and span.replaced.id not in counted:
            counted.add(span.replaced.id)
            words.append(span.replaced.text)
    return "".join(words)


class SteeringMonkey(Monkey):
    """Knows all acts; ``steering`` are the new ones, by name."""

    def __init__(self, application: Application, seed: int, studies: list[Path]) -> None:
        super().__init__(application, seed, studies)
        self.steering: dict[str, Callable[[], None]] = {
            "alternative": self.alternative,
            "lock_word": self.lock_word,
            "strike_word": self.strike_word,
            "pause": self.pause,
            "step": self.step,
            "go_on": self.go_on,
            "older_run": self.older_run,
            "check": self.look,
            "layer": self.layer,
            "refill": self.refill,
            "reword": self.reword,
            "section": self.section,
            "length": self.length,
            "trace": self.trace,
        }
        self._acts += [(3, act) for act in self.steering.values()]

    def live(self, seconds: float) -> None:
        """Let events come: what the reader wrote stands, or comes back when it is asked for."""
        locked, own, case = anchors(self.report), answerable(self.report), self._case()
        drive.pause(seconds)
        if case != self._case():
            return
        now = anchors(self.report)
        self._hold(in_order(locked, now), "an anchor changed by itself")
        new = [span for span in now if span not in locked]
        self._hold(all(span.origin is not None for span in new), "an anchor came by itself")
        self._hold(in_order(own, answerable(self.report)), "the reader's words were lost")

    def check(self) -> None:
        super().check()
        for span in self.report.spans():
            known = isinstance(span, Gap) or author_of(span) is not None
            self._hold(known, "text without provenance")
            if isinstance(span, Fill):
                self._hold(bool(span.origin.model_hash), "a proposal without its run")

    def _keep_typed(self, act: Callable[[], None]) -> None:
        """What the act does is the model's: no anchor changes, no typed letter is lost."""
        before, locked = typed(self.report), anchors(self.report)
        act()
        self._hold(anchors(self.report) == locked, "an anchor changed")
        text = "".join(edit.shown(span) for span in self.report.spans())
        self._hold(in_order(before, text), "a typed letter was lost")

    def alternative(self) -> None:
        """Exchange a proposal for its next or previous one."""
        key = self._random.choice((KEY.Key_Down, KEY.Key_Down, KEY.Key_Up))
        self._keep_typed(lambda: self.press(key, ALT))

    def lock_word(self) -> None:
        """Point at a word of a run and hold it; without a run, lock what is at the caret."""
        words = self._point()
        if words:
            self._keep_text(lambda: self.press(KEY.Key_L, CTRL))

    def strike_word(self) -> None:
        """Point at a word of a run and strike it out."""
        self._point()
        self._keep_text(lambda: self.press(KEY.Key_X, CTRL, SHIFT))

    def _point(self) -> tuple[LiveWord, ...]:
        for _ in range(self._random.randint(1, 4)):
            key = self._random.choice((KEY.Key_Right, KEY.Key_Left))
            self._keep_text(partial(self.press, key, ALT))
        return self.editor.run.chosen_words()

    def pause(self) -> None:
        """Pause or go on."""
        self._keep_text(lambda: self.press(KEY.Key_P, CTRL))

    def step(self) -> None:
        """Take single steps, or walk the timeline."""
        for _ in range(self._random.randint(1, 3)):
            self._keep_text(lambda: self.press(KEY.Key_Period, CTRL))

    def go_on(self) -> None:
        """Continue from an earlier step of a run."""
        for _ in range(self._random.randint(1, 3)):
            self._keep_text(lambda: self.press(KEY.Key_Comma, CTRL))
        self._keep_typed(self.parts.panel._dock.continue_clicked.emit)

    def older_run(self) -> None:
        """Look at another run."""
        runs = self.parts.panel.player.runs.all
        if runs and not self.parts.panel.running:
            number = self._random.choice(runs).number
            self._keep_text(lambda: self.parts.panel.player.choose(number))

    def look(self) -> None:
        """Check the report."""
        self._keep_text(lambda: self.press(KEY.Key_F7))

    def layer(self) -> None:
        """Show another layer."""
        layer = self._random.choice(list(Layer))
        self._keep_text(lambda: self.parts.panel._header._switch.choose(layer))

    def refill(self) -> None:
        """Refill what no longer fits."""
        self._keep_typed(lambda: self.press(KEY.Key_R, CTRL, SHIFT))

    def reword(self) -> None:
        """Reword in house style."""
        self._keep_text(lambda: self.press(KEY.Key_H, CTRL, SHIFT))

    def section(self) -> None:
        """Fill sections from each other, or normals around what stands."""
        key = self._random.choice((KEY.Key_N, KEY.Key_I, KEY.Key_F))
        self._keep_typed(lambda: self.press(key, CTRL, SHIFT))

    def length(self) -> None:
        """Ask for the lengths of a gap, and leave the menu."""
        self._keep_text(lambda: self.press(KEY.Key_G, CTRL, SHIFT))
        for menu in self.editor.findChildren(type(self.parts.panel.kit.build_menu())):
            menu.close()

    def trace(self) -> None:
        """Ask who wrote what is at the caret."""
        self._keep_text(lambda: self.press(KEY.Key_I, CTRL))
