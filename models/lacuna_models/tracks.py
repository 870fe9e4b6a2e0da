"""Rows on their way through one canvas, stepped together; each may be held and bent alone.

A *track* is one row: its layout, what is held there beyond the anchors, what was thrown out, and
the sampler's state. A *board* runs the model over several tracks at once, whose layouts may differ:
positions that are not the same in all of them are handed to the model as if they were free, each
with certainty about what it holds, which is what an anchor's self-conditioning is.

Shapes as in ``sampler``; U are the positions of a board, a superset of each track's F free ones.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lacuna_models.api import SamplerSettings, StartingPoint
from lacuna_models.canvas import Layout
from lacuna_models.context import Context
from lacuna_models.forwards import forward_of, known_logits
from lacuna_models.infill import Forward, budget
from lacuna_models.loading import Loaded
from lacuna_models.sampler import (
    State,
    StepOutput,
    Task,
    doubt,
    first_state,
    step,
    temperature,
)
from lacuna_models.survey import Bans, SeededDraws

_CERTAIN = 100.0  # a logit beside zeros: see ``forwards``
WARM = 0.5  # share of the schedule that a run skips when it starts again in the middle


class Track:
    """One row. Made, stepped and bent on the engine's thread, under inference mode.

    Attributes:
        layout: of its canvas.
        task: what the sampler is asked now.
        state: the sampler's.
        left: steps that it may still take.
        held: positions that the reader locked meanwhile, with what they hold.
    """

    def __init__(
        self, layout: Layout, rules: Tensor, settings: SamplerSettings, seed: int, size: int
    ) -> None:
        """Lay noise. ``rules`` is (rules, V) bool, what may not stand; ``size`` is V."""
        self.layout = layout
        self.held: dict[int, int] = {}
        self._standing: dict[int, int] = {}
        self._rules = rules
        self._settings = settings
        self._banned: dict[int, set[int]] = {}
        self._seeded = layout.seeded
        self.left = budget(settings)
        self.task = self._made()
        self._draws = SeededDraws([seed], len(self.task.free), size, rules.device)
        self.state = first_state(self.task, settings, self._draws)

    @property
    def over(self) -> bool:
        """Whether it has settled, or has no step left."""
        return self.left == 0 or len(self.task.free) == 0 or bool(self.state.finished.all())

    @torch.inference_mode()
    def put(self, tokens: Mapping[int, int]) -> None:
        """Put tokens onto the canvas as it stands; they stay the model's."""
        canvas = self.state.canvas.clone()
        for position, token in tokens.items():
            canvas[0, position] = token
        self.state = replace(self.state, canvas=canvas)

    def go_on(self, start: StartingPoint) -> None:
        """Take over a recorded step: what had been accepted stands, the rest stays noise."""
        free = set(self.layout.free)
        self.put({p: start.canvas[p] for p in free if start.accepted[p]})
        self.hold({p: start.canvas[p] for p in start.locked if p in free})
        self.left = max(1, self._settings.steps - start.step)

    @torch.inference_mode()
    def take(self, logits: Tensor) -> StepOutput:
        """Step with (1, F, V) logits."""
        heat = temperature(self.left, self._settings)
        output = step(logits, self.task, self.state, self._settings, heat, self._draws)
        self.state = output.state
        self.left -= 1
        return output

    @torch.inference_mode()
    def hold(self, tokens: Mapping[int, int]) -> None:
        """Hold tokens at free positions from the next step on."""
        self.held |= {p: token for p, token in tokens.items() if p in set(self.layout.free)}
        self._retask()

    @torch.inference_mode()
    def write_on(self, tokens: Mapping[int, int]) -> None:
        """Hold tokens that are the model's own, noise the rest, and begin the schedule again."""
        self._standing = dict(tokens)
        self._retask()
        self.noise(self.layout.free)
        self.left = budget(self._settings)

    def shorten(self, steps: int) -> None:
        """Let it take so many steps at most."""
        self.left = min(self.left, steps)

    def lengthen(self, steps: int) -> None:
        """Let it take so many steps at least, if it has not settled."""
        self.left = max(self.left, steps)

    @torch.inference_mode()
    def doubts(self, logits: Tensor) -> dict[int, float]:
        """Return the entropy of (1, F, V) logits at temperature 1 at each free position, nats."""
        entropy = doubt(logits, self.task)[0].tolist()
        return dict(zip(self.task.free.tolist(), entropy, strict=True))

    @torch.inference_mode()
    def release(self, positions: Collection[int]) -> None:
        """Let go of held positions; what they held is where the model starts from."""
        self.held = {p: token for p, token in self.held.items() if p not in positions}
        self._retask()

    @torch.inference_mode()
    def ban(self, tokens: Mapping[int, Collection[int]]) -> None:
        """Forbid tokens at positions, and noise what stands there against it."""
        for position, ids in tokens.items():
            self._banned.setdefault(position, set()).update(ids)
        self._retask()
        canvas = self.state.canvas[0].tolist()
        self.noise([p for p, ids in tokens.items() if canvas[p] in ids and p not in self.held])

    @torch.inference_mode()
    def noise(self, positions: Collection[int], share: float = 1.0) -> None:
        """Noise a share of these positions, and forget what the model thought of all."""
        at = {p: i for i, p in enumerate(self.task.free.tolist())}
        chosen = [at[p] for p in positions if p in at]
        order = self._draws.shares()[0, chosen].argsort()[: math.ceil(share * len(chosen))]
        where = torch.tensor(chosen, device=order.device, dtype=torch.long)[order]
        canvas = self.state.canvas.clone()
        canvas[:, self.task.free[where]] = self._draws.canvas()[:, where]
        self.state = replace(self.state, canvas=canvas, conditioning=None)

    def warm(self, *, exact: bool = False) -> None:
        """Leave it at least the later part of the schedule, or just that; wake it if it slept."""
        later = math.ceil((1 - WARM) * self._settings.steps)
        self.left = later if exact else max(self.left, later)
        self.state = replace(self.state, finished=torch.zeros_like(self.state.finished))

    def _made(self) -> Task:
        ids = torch.tensor(self.layout.ids, dtype=torch.long, device=self._rules.device)
        known = self._standing | self.held
        free = [p for p in self.layout.free if p not in known]
        for position, token in known.items():
            ids[position] = token
        return Task(
            ids=ids,
            free=torch.tensor(free, dtype=torch.long, device=ids.device),
            seeded=torch.tensor([p in self._seeded for p in free], device=ids.device).bool(),
            bans=self._bans(free),
        )

    def _bans(self, free: Sequence[int]) -> Bans:
        """Return the rules, and rows of their own for positions where words were thrown out."""
        rows = [self.layout.rules[p].value for p in free]
        own = [i for i, p in enumerate(free) if p in self._banned]
        struck = self._rules[[rows[i] for i in own]]
        for number, i in enumerate(own):
            struck[number, sorted(self._banned[free[i]])] = True
            rows[i] = len(self._rules) + number
        table = torch.cat([self._rules, struck])
        return Bans(table, torch.tensor(rows, dtype=torch.long, device=self._rules.device))

    def _retask(self) -> None:
        """Make the task anew, and bring the state to its free positions."""
        before, self.task = self.task, self._made()
        self._draws.resize(len(self.task.free))
        self.state = _moved(self.state, before, self.task)


def _moved(state: State, before: Task, after: Task) -> State:
    """Return a state at other free positions; a position that is new has what stood there."""
    size = after.ids.shape[0]
    fixed = torch.ones(size, dtype=torch.bool, device=after.ids.device)
    fixed[after.free] = False
    canvas = torch.where(fixed, after.ids, state.canvas)
    argmax = state.canvas.index_copy(1, before.free, state.argmax)[:, after.free]
    history = state.canvas.expand(len(state.history), *state.canvas.shape)
    history = history.index_copy(2, before.free, state.history)[:, :, after.free]
    conditioning = state.conditioning
    if conditioning is not None:
        known = known_logits(state.canvas, conditioning, before.free)
        conditioning = known[:, after.free]
    return State(canvas, conditioning, argmax, history, torch.zeros_like(state.finished))


class Board:
    """Tracks that are stepped together behind one context."""

    def __init__(self, loaded: Loaded, seen: Context, tracks: Sequence[Track]) -> None:
        """Take tracks of canvases of one length, none of which has been stepped, or all."""
        self.tracks = tuple(tracks)
        self.seen = seen
        self._union = _union(tracks)
        places = torch.tensor(self._union, dtype=torch.long, device=loaded.device)
        self._places = places
        self._forward: Forward = forward_of(loaded, seen, len(tracks), places)

    def advance(self) -> list[StepOutput | None]:
        """Take one step of every track that is not over; None for those that are."""
        logits = self.logits()
        return [
            None if track.over else track.take(logits[row : row + 1, self._of(track)])
            for row, track in enumerate(self.tracks)
        ]

    @torch.inference_mode()
    def thoughts(self) -> list[tuple[Track, Tensor]]:
        """Return each track with the (1, F, V) logits of its canvas; no step is taken."""
        logits = self.logits()
        return [
            (track, logits[row : row + 1, self._of(track)]) for row, track in enumerate(self.tracks)
        ]

    @torch.inference_mode()
    def logits(self) -> Tensor:
        """Return (R, U, V): what the model thinks of all tracks' canvases."""
        canvas = torch.cat([track.state.canvas for track in self.tracks])
        known = [self._known(track) for track in self.tracks]
        conditioning = (
            None
            if any(k is None for k in known)
            else torch.cat([k for k in known if k is not None])
        )
        return self._forward(canvas, conditioning)

    def _known(self, track: Track) -> Tensor | None:
        """Return (1, U, V): a track's thoughts where it is free, certainty where it is not."""
        thought = track.state.conditioning
        if thought is None or len(track.task.free) == len(self._union):
            return thought
        certain = torch.zeros(1, len(self._union), thought.shape[-1], device=thought.device)
        certain.scatter_(-1, track.state.canvas[:, self._places, None], _CERTAIN)
        return certain.index_copy(1, self._of(track), thought)

    def _of(self, track: Track) -> Tensor:
        """Return (F,): where a track's free positions are among the board's."""
        return torch.searchsorted(self._places, track.task.free)


def _union(tracks: Sequence[Track]) -> list[int]:
    """Return the positions that are free in any track, or do not hold the same in all."""
    first = tracks[0].layout
    varied = {p for track in tracks for p in track.layout.free}
    for track in tracks[1:]:
        varied |= {p for p, token in enumerate(track.layout.ids) if token != first.ids[p]}
    return sorted(varied)
