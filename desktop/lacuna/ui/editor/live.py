"""A run as the reader sees it: which token stands where, how new it is, what room was kept for it.

No painting and no document here: tokens are painted over their places and never inserted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from typing import Protocol

from lacuna.report.model import Fill, Span
from lacuna_models.api import FillRequest, Gap, Soft, StepEvent, TokenDraft, TokenState

CROSS_FADE = 0.09  # seconds, from a changed token's old text to its new one
ACCEPTED_FADE = 0.4  # seconds, from the accepted background to the settled one
OPENING_MS = 120  # a gap opening to its room
CLOSING_MS = 160  # the colours of what was written, once
FRAME_MS = 50  # repaint at 20 Hz at most
CALM_FRAME_MS = 250  # with reduced motion

# Width of a token, in font sizes: a short word and its blank. Of an open length, an upper bound,
# about two thirds are words in the end; a room made for all of them would fall in by lines.
_EM_A_TOKEN = 2.5
_EM_AN_OPEN_TOKEN = 1.9
_SPARE = 1.15  # of the first draft's width
_INLINE = 0.85  # of the measure: longer drafts get lines of their own
_UNKNOWN = 16  # tokens, for a gap of open length in a block that has not begun


@dataclass(frozen=True, slots=True)
class Room:
    """What is kept free for a gap: ``lines`` 1 is a box of ``width`` within the line."""

    width: float
    lines: int


@dataclass(frozen=True, slots=True)
class Setting:
    """How text is set: length of a line and size of the type, in pixels, and a word's width."""

    measure: float
    em: float
    width_of: Callable[[str], float]


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token now. ``change`` and ``glow`` run from 0 to 1: new text fading in, acceptance out.

    ``draft`` is what the step said of it, with its place on the canvas.
    """

    text: str
    old: str
    state: TokenState
    change: float
    glow: float
    draft: TokenDraft | None = None


class Shown(Protocol):
    """What is painted over the report: a run under way, or a step of one that has ended."""

    @property
    def rooms(self) -> dict[str, Room]:
        """The room of each gap, by span id."""
        ...

    def tokens(self, span_id: str) -> list[LiveToken] | None:
        """Return the tokens over a span, None where the report itself is seen."""
        ...

    def last(self, span_id: str) -> str:
        """Return the span at whose end the room for a span's tokens ends."""
        ...


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded step over the proposals that came of its run.

    ``sources`` names for each proposal the span that was filled. Where several came of one, the
    first of them carries all tokens and the others none.
    """

    step: StepEvent
    sources: dict[str, str]
    rooms: dict[str, Room] = field(default_factory=dict)

    def tokens(self, span_id: str) -> list[LiveToken] | None:
        """Return the step's tokens for a proposal; None if they are not of this step."""
        source = self.sources.get(span_id)
        for span in self.step.spans:
            if span.segment_id == source:
                first = self._kin(source)[0] == span_id
                return [_still(token) for token in span.tokens] if first else []
        return None

    def last(self, span_id: str) -> str:
        """Return the last of the proposals that came of the same span."""
        return self._kin(self.sources[span_id])[-1]

    def _kin(self, source: str) -> list[str]:
        return [span_id for span_id, named in self.sources.items() if named == source]


def replayable(spans: Sequence[Span]) -> dict[str, str]:
    """Return for each fill the id of the span that it came of, if its run can be painted over it.

    Where the reader has since put anything between the fills of one span (a rejected one's gap, an
    anchor, own words), the tokens have no place of their own, and the report stays on show.
    """
    sources: dict[str, str] = {}
    for source, group in groupby(spans, key=_source):
        kin = [span for span in group if isinstance(span, Fill)]
        if source is not None and len(kin) == kin[0].parts:
            sources.update((span.id, source) for span in kin)
    return sources


def _source(span: Span) -> str | None:
    return span.replaced.id if isinstance(span, Fill) else None


@dataclass(slots=True)
class _Track:
    draft: TokenDraft
    old: str
    changed: float
    accepted: float


def room_for(
    tokens: int, measure: float, em: float, drafted: float = 0.0, *, exact: bool = True
) -> Room:
    """Return the room for so many tokens in lines of ``measure`` pixels at font size ``em``.

    ``drafted`` is the width of their first draft: noise, but of the right number of letters.
    ``exact``: all of them are words; otherwise so many at most.
    """
    width = tokens * em * (_EM_A_TOKEN if exact else _EM_AN_OPEN_TOKEN)
    inline = max(width, _SPARE * drafted)
    if inline <= _INLINE * measure:
        return Room(max(inline, 3 * em), 1)
    return Room(measure, ceil(width / measure) + exact)  # words of one's own length hold line ends


def rooms_for(request: FillRequest, step: StepEvent, setting: Setting) -> dict[str, Room]:
    """Return the room of each gap of a request, as its first step asks for it; by span id."""
    drafts = {span.segment_id: span for span in step.spans}
    rooms: dict[str, Room] = {}
    for segment in request.segments:
        if not isinstance(segment, Gap):
            continue
        draft = drafts.get(segment.id)
        tokens = (len(draft.tokens) if draft else 0) or segment.exact or _UNKNOWN
        drafted = setting.width_of(draft.text) if draft else 0.0
        exact = segment.exact is not None
        room = room_for(tokens, setting.measure, setting.em, drafted, exact=exact)
        rooms[segment.id] = room
    return rooms


class LiveRun:
    """One run, from its request to its end. ``clock`` gives seconds."""

    def __init__(
        self, request: FillRequest, clock: Callable[[], float], *, calm: bool = False
    ) -> None:
        self.request = request
        self.rooms: dict[str, Room] = {}
        self._clock, self._calm = clock, calm
        self._tracks: dict[str, list[_Track]] = {}

    @property
    def rewritten(self) -> frozenset[str]:
        """The ids of text that is being rewritten where it stands."""
        return frozenset(s.id for s in self.request.segments if isinstance(s, Soft))

    @property
    def gaps(self) -> frozenset[str]:
        """The ids of the gaps being filled."""
        return frozenset(s.id for s in self.request.segments if isinstance(s, Gap))

    def keep_rooms(self, step: StepEvent, setting: Setting) -> None:
        """Decide once, at the first step, how much room each gap is given."""
        self.rooms = rooms_for(self.request, step, setting)

    def adopt(self, request: FillRequest, setting: Setting) -> None:
        """Take over the report as it was changed meanwhile: new gaps get room, others keep theirs.

        The request keeps its id: it is the same run.
        """
        self.request = request
        for segment in request.segments:
            if isinstance(segment, Gap) and segment.id not in self.rooms:
                tokens = segment.exact or _UNKNOWN
                exact = segment.exact is not None
                room = room_for(tokens, setting.measure, setting.em, exact=exact)
                self.rooms[segment.id] = room

    def show(self, step: StepEvent) -> None:
        """Take a step over. Steps may be left out."""
        now = self._clock()
        for span in step.spans:
            tracks = self._tracks.get(span.segment_id, [])
            self._tracks[span.segment_id] = [
                _followed(tracks[place] if place < len(tracks) else None, draft, now)
                for place, draft in enumerate(span.tokens)
            ]

    def tokens(self, span_id: str) -> list[LiveToken] | None:
        """Return a span's tokens as they look now; None before its first step."""
        tracks, now = self._tracks.get(span_id), self._clock()
        return None if tracks is None else [self._seen(track, now) for track in tracks]

    def last(self, span_id: str) -> str:
        """Return the span itself: a run paints over what it fills."""
        return span_id

    def moving(self) -> bool:
        """Whether any fade is still under way."""
        return any(
            token.change < 1 or 0 < token.glow < 1
            for span_id in self._tracks
            for token in self.tokens(span_id) or ()
        )

    def _seen(self, track: _Track, now: float) -> LiveToken:
        change = 1.0 if self._calm else min((now - track.changed) / CROSS_FADE, 1.0)
        age = 1.0 if self._calm else min((now - track.accepted) / ACCEPTED_FADE, 1.0)
        if track.draft.state is TokenState.ACCEPTED:
            glow = 1.0
        else:
            glow = 1.0 - age if track.draft.state is TokenState.SETTLED else 0.0
        draft = track.draft
        return LiveToken(draft.text, track.old, draft.state, change, glow, draft)


def _followed(track: _Track | None, draft: TokenDraft, now: float) -> _Track:
    """Return the token's history with its newest draft. A token's first draft does not fade."""
    if track is None:
        return _Track(draft, draft.text, float("-inf"), now)
    changed, old = track.changed, track.old
    if draft.text != track.draft.text:
        changed, old = now, track.draft.text
    newly = draft.state is TokenState.ACCEPTED
    return _Track(draft, old, changed, now if newly else track.accepted)


def _still(draft: TokenDraft) -> LiveToken:
    glow = 1.0 if draft.state is TokenState.ACCEPTED else 0.0
    return LiveToken(draft.text, draft.text, draft.state, 1.0, glow, draft)
