"""The proposals that one gap was answered by, and taking another one in place. Pure.

A run's answer to a gap may stand in the report as several fills, sentence by sentence, with open
stretches between them; they share what they replaced. Another proposal takes the place of them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lacuna.report import edit
from lacuna.report.apply import origin_of, proposed
from lacuna.report.model import Fill, FillState, Gap, ModelOrigin, Report, Section, Span
from lacuna_models import api


@dataclass(frozen=True, slots=True)
class Choice:
    """One proposal. ``score`` compares within one gap only; None where nothing was searched."""

    answer: api.Fill
    origin: ModelOrigin
    score: float | None

    @property
    def text(self) -> str:
        """Its words."""
        return self.answer.text


def choices(done: api.Done, info: api.ModelInfo, *, nothing: bool) -> dict[str, tuple[Choice, ...]]:
    """Return each span's proposals by its segment id, the run's own first.

    Spans with one proposal only are left out. ``nothing``: a demonstrator's words about a patient.
    """
    origin = origin_of(done, info, demonstrator_on_patient=nothing)
    found: dict[str, tuple[Choice, ...]] = {}
    for fill in done.fills:
        if fill.alternatives and fill.complete:
            found[fill.segment_id] = tuple(_choices(fill, origin))
    return found


def shown(report: Report, source: str) -> str | None:
    """Return what stands of the proposals for a gap; None if there is nothing to exchange.

    What was accepted, edited or locked in part is the reader's already, and is not taken away.
    """
    for section in report.sections:
        place = _family(section.spans, source)
        if place is not None:
            return edit.body(section.spans[place.start : place.stop])
    return None


def choose(report: Report, source: str, choice: Choice) -> Report:
    """Put another proposal in the place of those for a gap; without such nothing changes."""
    return Report(tuple(_chosen(section, source, choice) for section in report.sections))


def source_of(span: Span) -> str | None:
    """Return the id of the gap that a proposal answers; None for anything else."""
    return span.replaced.id if isinstance(span, Fill) and isinstance(span.replaced, Gap) else None


def _choices(fill: api.Fill, origin: ModelOrigin) -> Iterator[Choice]:
    yield Choice(fill, origin, fill.score)
    for other in fill.alternatives:
        pieces = (api.Kept(other.tokens),)
        answer = api.Fill(fill.segment_id, pieces, other.mean_entropy)
        yield Choice(answer, _origin(other, origin), other.score)


def _origin(other: api.Alternative, run: ModelOrigin) -> ModelOrigin:
    """An alternative may come of another seed and step than the run's first proposal."""
    wrote = other.provenance
    if wrote is None:
        return run
    return replace(run, seed=wrote.seed, step=wrote.step, settings=wrote.settings)


def _chosen(section: Section, source: str, choice: Choice) -> Section:
    place = _family(section.spans, source)
    if place is None:
        return section
    first = next(s for s in section.spans[place.start : place.stop] if isinstance(s, Fill))
    new = proposed(first.replaced, choice.answer, choice.origin)
    return replace(
        section, spans=(*section.spans[: place.start], *new, *section.spans[place.stop :])
    )


def _family(spans: tuple[Span, ...], source: str) -> slice | None:
    """Return where the untouched proposals for a gap stand together, all of them."""
    places = [i for i, span in enumerate(spans) if source_of(span) == source]
    fills = [span for i in places if isinstance(span := spans[i], Fill)]
    if not fills or len(fills) != fills[0].parts:
        return None
    between = spans[places[0] : places[-1] + 1]
    whole = all(isinstance(s, Gap) or source_of(s) == source for s in between)
    waiting = all(fill.state is FillState.PROPOSED for fill in fills)
    return slice(places[0], places[-1] + 1) if whole and waiting else None
