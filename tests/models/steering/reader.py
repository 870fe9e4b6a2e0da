"""A reader who keeps touching a run while it thinks, and checks that it obeys."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from random import Random

from lacuna_models.api import (
    Advance,
    CommandQueue,
    Done,
    Edit,
    Engine,
    FillRequest,
    Fixed,
    Gap,
    Kept,
    Lock,
    Pause,
    Prompt,
    Release,
    Resume,
    SamplerSettings,
    Seen,
    Segment,
    Soft,
    StartingPoint,
    StepEvent,
    Strike,
    TokenDraft,
    TokenState,
    Words,
)

HEAD = Fixed("a", "Findings:\nThe heart is normal in size. ")
REPORTS: tuple[tuple[Segment, ...], ...] = (
    (
        HEAD,
        Gap("g"),
        Fixed("b", " No nodule. "),
        Gap("h", 5),
        Soft("s", " The lungs are clear."),
        Fixed("c", "\n\nImpression:\n"),
        Gap("k"),
    ),
    (Gap("w"),),
    (HEAD, Gap("g", Words(4)), Fixed("b", " No nodule.")),
)
SETTINGS = SamplerSettings(steps=10, t_max=0.5, t_min=0.1)
LONGEST = 120  # events, after which the reader gives up


class Reader:
    """Draws commands by chance and remembers what they promise."""

    def __init__(self, engine: Engine, dice: Random, prompt: Prompt) -> None:
        self.engine = engine
        self.dice = dice
        self.queue = CommandQueue()
        self.cancel = threading.Event()
        self.segments: tuple[Segment, ...] = dice.choice(REPORTS)
        self.request = FillRequest(
            "run",
            prompt,
            self.segments,
            seeds=(dice.randrange(1000),),
            settings=SETTINGS,
            alternatives=dice.choice((1, 1, 3)),
        )
        self.held: dict[int, int] = {}
        self.struck: list[tuple[str, str]] = []
        self.editions = 0
        self.last: StepEvent | None = None

    def run(self) -> Done:
        """Run once, touching; return how it ended."""
        for number, event in enumerate(self.engine.fill(self.request, self.cancel, self.queue)):
            if isinstance(event, Done):
                self._check_end(event)
                return event
            self._check(event)
            self.last = event
            if number > LONGEST:
                self.cancel.set()
            else:
                self._touch(event)
        raise AssertionError("a run ends with its Done")

    def goes_on(self) -> None:
        """Go on from the last step seen, as long as the report is the one that was asked for."""
        if self.last is not None and not self.editions:
            self.request = FillRequest(
                "on",
                self.request.prompt,
                self.request.segments,
                seeds=(self.dice.randrange(1000),),
                settings=SETTINGS,
                start=StartingPoint.of(self.last),
            )
            self.held = dict(zip(self.last.locked, map(self._shown, self.last.locked), strict=True))
            self.queue, self.cancel = CommandQueue(), threading.Event()
            self.struck = []
            self.run()

    def _shown(self, position: int) -> int:
        assert self.last is not None
        return self.last.canvas[position]

    def _check(self, event: StepEvent) -> None:
        if event.edition == self.editions:
            for position, token in self.held.items():
                assert event.canvas[position] == token, "a locked word changed"
        gaps = {s.id for s in self.segments if not isinstance(s, Fixed)}
        if event.edition == self.editions:
            assert {span.segment_id for span in event.spans} <= gaps

    def _check_end(self, done: Done) -> None:
        for fill in done.fills:
            tokens = [t for p in fill.pieces if isinstance(p, Kept) for t in p.tokens]
            free = " | ".join(t.text for t in tokens if t.state is not TokenState.LOCKED)
            for name, word in self.struck:
                if name == fill.segment_id:
                    assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", free, re.I), (
                        "it came back"
                    )
            assert fill.provenance is None or fill.provenance.model_hash
            assert fill.text == "".join(t.text for t in tokens)
            texts = [fill.text.split(), *(a.text.split() for a in fill.alternatives)]
            assert len({" ".join(text) for text in texts}) == len(texts), "shown twice"

    def _touch(self, event: StepEvent) -> None:
        spans = [span for span in event.spans if span.tokens]
        chance = self.dice.random()
        if chance < 0.25 and spans:
            self._lock(self._some(spans, 2), event.block)
        elif chance < 0.4 and spans:
            span = self.dice.choice(spans)
            self._strike(span.segment_id, self.dice.choice(span.tokens), event.block)
        elif chance < 0.5:
            self._edit()
        elif chance < 0.56:
            for command in (Pause(), Advance(), Resume()):
                self.queue.send(command)
        elif chance < 0.62 and self.held:
            position = self.dice.choice(list(self.held))
            seen = Seen((position,), (self.held.pop(position),), event.block)
            self.queue.send(Release(seen))
        elif chance < 0.64:
            self.cancel.set()

    def _some(self, spans: Sequence[object], count: int) -> list[TokenDraft]:
        tokens: tuple[TokenDraft, ...] = self.dice.choice(spans).tokens  # type: ignore[attr-defined]
        first = self.dice.randrange(len(tokens))
        return [token for token in tokens[first : first + count] if token.position >= 0]

    def _lock(self, tokens: list[TokenDraft], block: int) -> None:
        self.queue.send(Lock(Seen.of(tokens, block)))
        self.held |= {token.position: token.id for token in tokens}

    def _strike(self, name: str, token: TokenDraft, block: int) -> None:
        word = token.text.strip()
        whole = word.isalpha() and token.text.startswith(" ")
        if whole and token.position >= 0 and token.position not in self.held:
            self.queue.send(Strike(Seen.of([token], block)))
            self.struck.append((name, word))

    def _edit(self) -> None:
        segments = list(self.segments)
        what = self.dice.randrange(4)
        if what == 0:
            segments.insert(0, Fixed(f"f{self.editions}", "The aorta is wide. "))
        elif what == 1 and len(segments) > 2:
            segments.pop(self.dice.randrange(len(segments)))
        elif what == 2:
            length = self.dice.choice((None, 4, Words(3)))
            segments.append(Gap(f"n{self.editions}", length))
        else:
            segments.append(Gap("far too long", 4000))
        self.queue.send(Edit(tuple(segments)))
        self.held, self.struck = {}, []
        self.segments = tuple(segments)
        self.editions += 1
