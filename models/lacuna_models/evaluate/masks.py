"""Held-out reports with one sentence taken out: what a gap is to say again. Torch-free."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from lacuna_models.api import Done, Engine, Fill, FillRequest, Fixed, Gap, Length, Segment
from lacuna_models.phantom.evaluation.held import Held, held_out


@dataclass(frozen=True, slots=True)
class Mask:
    """A report without the middle sentence of its findings. ``lead`` is the space before it."""

    held: Held
    before: str
    lead: str
    sentence: str
    after: str

    def segments(self, length: int | Length | None) -> tuple[Segment, ...]:
        """Return the report with a gap of this length in the sentence's place."""
        return (Fixed("before", self.before), Gap("gap", length), Fixed("after", self.after))


@dataclass(frozen=True, slots=True)
class Filled:
    """What a mask's gap was filled with, and the seconds that it took, the context warm."""

    mask: Mask
    fill: Fill
    seconds: float

    @property
    def text(self) -> str:
        """The fill's text, without the space before it."""
        return self.fill.text.strip()


def masks(count: int, seed: int) -> Iterator[Mask]:
    """Yield masks of held-out reports."""
    for held in held_out(count, seed):
        sentence = held.report.body[len(held.report.body) // 2]
        text = held.report.text
        start = text.index(sentence)
        before = text[:start]
        lead = " " if before.endswith(" ") else ""  # the engine leaves it to the gap
        yield Mask(held, before, lead, sentence, text[start + len(sentence) :])


def fill(engine: Engine, mask: Mask, length: int | Length | None, alternatives: int = 1) -> Filled:
    """Fill a mask's gap. Its picture is encoded by then: what is timed is the fill."""
    request = FillRequest(
        "evaluate", mask.held.prompt, mask.segments(length), alternatives=alternatives
    )
    began = time.perf_counter()
    done = next(event for event in engine.fill(request) if isinstance(event, Done))
    return Filled(mask, done.fills[0], time.perf_counter() - began)
