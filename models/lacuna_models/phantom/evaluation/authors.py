"""Who writes: the bundled model through the engine's own loop, or its sibling. One contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lacuna_models.api import (
    AskRequest,
    CommandQueue,
    Done,
    Edit,
    Exact,
    FillRequest,
    Fixed,
    Gap,
    Prompt,
    SamplerSettings,
    Segment,
)
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import Loaded
from lacuna_models.phantom.grammar import FINDINGS_HEAD, report_sentences
from lacuna_models.phantom.sibling import Told
from lacuna_models.phantom.sibling_writer import SiblingWriter, Written


@dataclass(frozen=True, slots=True)
class Said:
    """What was written; ``steps`` are denoising steps, or tokens written one after the other.

    ``seconds`` count from a warm context: pictures and prompt are encoded before.
    """

    text: str
    steps: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Hole:
    """A place of one sentence in a report: what stands before and behind, and its true length."""

    before: str
    after: str
    tokens: int


class Author(Protocol):
    """Writes drafts, single sentences and answers."""

    @property
    def name(self) -> str:
        """What a table calls it."""
        ...

    def draft(self, prompt: Prompt) -> Said:
        """Write a whole report."""
        ...

    def both(self, prompt: Prompt, hole: Hole) -> Said:
        """Fill a hole, knowing both sides."""
        ...

    def left(self, prompt: Prompt, hole: Hole) -> Said:
        """Fill a hole, knowing what stands before it."""
        ...

    def answer(self, prompt: Prompt, question: str) -> Said:
        """Answer a question about the prompt's picture."""
        ...


class Diffusion:
    """A checkpoint behind the engine."""

    def __init__(self, loaded: Loaded, seed: int = 0) -> None:
        """Take a loaded checkpoint; ``seed`` is that of every run."""
        self._loaded = loaded
        self._seed = seed
        self._engine = DiffusionEngine(loaded)
        self._reserving: dict[int, DiffusionEngine] = {}

    name = "diffusion"

    @property
    def engine(self) -> DiffusionEngine:
        """The engine that writes."""
        return self._engine

    @property
    def adapters(self) -> tuple[str, ...]:
        """The adapters that the checkpoint brings along."""
        return self._loaded.info.adapters

    @property
    def settings(self) -> SamplerSettings:
        """The checkpoint's own settings."""
        return self._loaded.info.settings

    def tokens(self, text: str) -> int:
        """Return how many tokens a text takes."""
        return len(self._loaded.vocabulary.ids(text))

    def draft(self, prompt: Prompt, steps: int | None = None, adapter: str | None = None) -> Said:
        """Write a whole report, within a budget of steps."""
        return self.write(prompt, (Gap("draft"),), steps=steps, adapter=adapter)

    def both(self, prompt: Prompt, hole: Hole) -> Said:
        """Fill a hole at its true length."""
        gap = Gap("gap", Exact(hole.tokens))
        return self.write(prompt, (Fixed("before", hole.before), gap, Fixed("after", hole.after)))

    def left(self, prompt: Prompt, hole: Hole) -> Said:
        """Go on behind what stands before a hole; the first sentence counts."""
        said = self.write(prompt, (Fixed("before", hole.before), Gap("gap")))
        return replace(said, text=_first(said.text))

    def right(self, prompt: Prompt, hole: Hole) -> Said:
        """Fill a hole at its true length, behind the section's bare heading."""
        gap = Gap("gap", Exact(hole.tokens))
        return self.write(prompt, (Fixed("before", FINDINGS_HEAD), gap, Fixed("after", hole.after)))

    def reserved(self, prompt: Prompt, hole: Hole, tokens: int | None) -> Said:
        """Fill a hole of unknown length, for which ``tokens`` are reserved; None: the usual."""
        segments = (Fixed("before", hole.before), Gap("gap"), Fixed("after", hole.after))
        return self.write(prompt, segments, reserve=tokens)

    def answer(self, prompt: Prompt, question: str) -> Said:
        """Answer a question, as the window asks it."""
        self._warm(replace(prompt, question=question), None)
        done = collect(self._engine.ask(AskRequest("ask", prompt, question, (self._seed,))))[0]
        return _said(done)

    def around(
        self, prompt: Prompt, segments: tuple[Segment, ...], adapter: str | None, reserve: int
    ) -> Said:
        """Fill all gaps of a report; the text is that of the whole report."""
        return _whole(segments, self._filled(prompt, segments, adapter=adapter, reserve=reserve))

    def halfway(
        self,
        prompt: Prompt,
        segments: tuple[Segment, ...],
        then: tuple[Segment, ...],
        adapter: str | None,
        reserve: int,
    ) -> Said:
        """Fill all gaps of a report that becomes ``then`` after half of the steps that it takes."""
        steps = self._filled(prompt, segments, adapter=adapter, reserve=reserve).steps
        engine, commands = self._reserve(reserve), CommandQueue()
        request = FillRequest("fill", prompt, segments, (self._seed,), adapter=adapter)
        done: list[Done] = []
        for event in engine.fill(request, commands=commands):
            if isinstance(event, Done):
                done.append(event)
            elif event.step == max(1, steps // 2) and not event.edition:
                commands.send(Edit(then))
        return _whole(then, done[0])

    def write(
        self,
        prompt: Prompt,
        segments: tuple[Segment, ...],
        *,
        steps: int | None = None,
        adapter: str | None = None,
        reserve: int | None = None,
    ) -> Said:
        """Fill all gaps of a report; the text is that of the gaps, joined by line ends."""
        return _said(self._filled(prompt, segments, steps=steps, adapter=adapter, reserve=reserve))

    def _filled(
        self,
        prompt: Prompt,
        segments: tuple[Segment, ...],
        *,
        steps: int | None = None,
        adapter: str | None = None,
        reserve: int | None = None,
    ) -> Done:
        engine = self._engine if reserve is None else self._reserve(reserve)
        settings = replace(self.settings, steps=steps) if steps else None
        request = FillRequest("fill", prompt, segments, (self._seed,), settings, adapter=adapter)
        self._warm(prompt, adapter, engine)
        return collect(engine.fill(request))[0]

    def _warm(
        self, prompt: Prompt, adapter: str | None, engine: DiffusionEngine | None = None
    ) -> None:
        """Encode a prompt: the run that counts then finds it warm."""
        once = replace(self.settings, steps=1)
        request = FillRequest("warm", prompt, (Gap("draft"),), (0,), once, adapter=adapter)
        collect((engine or self._engine).fill(request))

    def _reserve(self, tokens: int) -> DiffusionEngine:
        """Return an engine that reserves so many tokens for a gap of unknown length."""
        if tokens not in self._reserving:
            canvas = replace(self._loaded.canvas, default_gap=tokens, paragraph_gap=tokens)
            self._reserving[tokens] = DiffusionEngine(replace(self._loaded, canvas=canvas))
        return self._reserving[tokens]


def _said(done: Done) -> Said:
    text = "\n".join(fill.text for fill in done.fills)
    return Said(text.strip(), done.steps, done.elapsed)


def _whole(segments: tuple[Segment, ...], done: Done) -> Said:
    """Return a whole report, its gaps filled."""
    gaps = {fill.segment_id: fill.text for fill in done.fills}
    text = "".join(s.text if isinstance(s, Fixed) else gaps[s.id] for s in segments)
    return replace(_said(done), text=text)


def _first(text: str) -> str:
    found = report_sentences(text)
    return found[0] if found else ""


class Sibling:
    """An exported sibling."""

    name = "sibling"

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            EngineError: the folder holds no sibling.
        """
        self.writer = SiblingWriter(folder)

    def draft(self, prompt: Prompt) -> Said:
        """Write a whole report, greedily."""
        return _as_said(self.writer.reply(prompt))

    def both(self, prompt: Prompt, hole: Hole) -> Said:
        """Write a sentence, told first what follows it."""
        told = Told(hole.before.rstrip(" "), hole.after)
        return _as_said(self.writer.sentence(prompt, told))

    def left(self, prompt: Prompt, hole: Hole) -> Said:
        """Write a sentence behind what stands before it."""
        return _as_said(self.writer.sentence(prompt, Told(hole.before.rstrip(" "), "")))

    def answer(self, prompt: Prompt, question: str) -> Said:
        """Answer a question."""
        return _as_said(self.writer.reply(replace(prompt, question=question)))


def _as_said(written: Written) -> Said:
    return Said(written.text, written.tokens, written.seconds)
