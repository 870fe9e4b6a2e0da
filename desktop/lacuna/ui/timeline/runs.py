"""The runs of this sitting as they were recorded: frozen, and free of Qt.

A recorded run can be shown again over the report as it stood when the run began, and taken up again
at any of its steps: what had settled there stands, what had not goes back to being a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lacuna.report.model import Report
from lacuna_models.api import (
    Done,
    Fill,
    FillRequest,
    Gap,
    Kept,
    Open,
    Reason,
    SpanDraft,
    StepEvent,
    TokenState,
)

KEPT = 8  # runs; older ones are forgotten: a step of a long report holds some thousand numbers


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run that has ended: what it was asked, on which report, each step, and its end."""

    number: int  # from 1, in this sitting
    request: FillRequest
    before: Report
    steps: tuple[StepEvent, ...]
    done: Done

    @property
    def words(self) -> str:
        """Name the run in a list."""
        stopped = ", stopped" if self.done.reason is Reason.CANCELLED else ""
        steps = f"{len(self.steps)} step" + ("" if len(self.steps) == 1 else "s")
        return (
            f"Run {self.number}: {steps}, {self.done.elapsed:.1f} s, seed {self.done.seed}{stopped}"
        )


class RecentRuns:
    """The last runs, oldest first, and the one that is looked at. GUI thread only."""

    def __init__(self) -> None:
        self._runs: list[Recorded] = []
        self._count = 0
        self._at = -1

    def add(
        self, request: FillRequest, before: Report, steps: Sequence[StepEvent], done: Done
    ) -> None:
        """Record a run that has ended; it becomes the one that is looked at."""
        self._count += 1
        self._runs.append(Recorded(self._count, request, before, tuple(steps), done))
        del self._runs[:-KEPT]
        self._at = len(self._runs) - 1

    def clear(self) -> None:
        """Forget all runs: another report is open."""
        self._runs, self._count, self._at = [], 0, -1

    def choose(self, number: int) -> None:
        """Look at the run of that number; one that is not kept any more changes nothing."""
        self._at = next((i for i, run in enumerate(self._runs) if run.number == number), self._at)

    @property
    def all(self) -> tuple[Recorded, ...]:
        """The runs kept, oldest first."""
        return tuple(self._runs)

    @property
    def current(self) -> Recorded | None:
        """The run that is looked at."""
        return self._runs[self._at] if self._runs else None

    @property
    def at_newest(self) -> bool:
        """Whether the run that is looked at is the last one."""
        return self._at == len(self._runs) - 1


def stopped_at(run: Recorded, place: int) -> Done:
    """Return how the run would have ended, had it been stopped after the step at ``place``.

    A span whose block had not begun by then has no fill, and stays as it stood.
    """
    drafts: dict[str, SpanDraft] = {}
    for step in run.steps[: place + 1]:
        drafts.update((span.segment_id, span) for span in step.spans)
    auto = {s.id for s in run.request.segments if isinstance(s, Gap) and s.exact is None}
    fills = tuple(_fill(draft, auto=draft.segment_id in auto) for draft in drafts.values())
    reached = run.steps[place]
    return replace(
        run.done,
        reason=Reason.CANCELLED,
        fills=fills,
        steps=place + 1,
        elapsed=reached.elapsed,
        notes=(),
    )


def _fill(draft: SpanDraft, *, auto: bool) -> Fill:
    pieces: list[Kept | Open] = []
    for changing, run in groupby(draft.tokens, key=lambda t: t.state is TokenState.CHANGING):
        members = tuple(run)
        at_end = auto and members[-1] is draft.tokens[-1]
        pieces.append(Open(len(members), at_end) if changing else Kept(members))
    kept = [t.entropy for t in draft.tokens if t.state is not TokenState.CHANGING]
    return Fill(draft.segment_id, tuple(pieces), sum(kept) / len(kept) if kept else 0.0)
