"""The five corrections over the clamp around upstream's step, each on its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from lacuna_models.api import SamplerSettings
from lacuna_models.infill import budget, denoise, task_of
from lacuna_models.sampler import SeededDraws, State, Task, accept, first_state, step, temperature

VOCABULARY = 20
CPU = torch.device("cpu")
HEAT = torch.tensor(1.0)


def task(
    length: int, free: Sequence[int], *, seeded: Sequence[int] = (), forbidden: Tensor | None = None
) -> Task:
    ids = tuple(p % VOCABULARY for p in range(length))
    return task_of(ids, tuple(free), frozenset(seeded), forbidden, CPU)


def sure_of(tokens: Sequence[int], rows: int = 1, strength: float = 60.0) -> Tensor:
    """Return (rows, F, V) logits that leave no doubt."""
    one_hot = torch.nn.functional.one_hot(torch.tensor(tokens), VOCABULARY).float()
    return (one_hot * strength).expand(rows, -1, -1).clone()


def started(
    work: Task, seeds: Sequence[int] = (1,), **settings: float
) -> tuple[State, SeededDraws]:
    draws = SeededDraws(seeds, len(work.free), VOCABULARY, CPU)
    return first_state(work, SamplerSettings(), draws), draws


def test_anchors_stand_on_every_canvas() -> None:
    work = task(8, [2, 5])
    state, draws = started(work, (1, 2))
    for _ in range(3):
        output = step(torch.randn(2, 2, VOCABULARY), work, state, SamplerSettings(), HEAT, draws)
        state = output.state
        held = [0, 1, 3, 4, 6, 7]
        assert (output.argmax[:, held] == work.ids[held]).all()
        assert (state.canvas[:, held] == work.ids[held]).all()
        assert output.accepted[:, held].all()
        assert not output.entropy[:, held].any()


def test_stopping_looks_at_free_positions_only() -> None:
    """One doubtful token among 99 anchors must not stop a run; nor may they keep one going."""
    work = task(100, [50])
    settings = SamplerSettings(stability=1, confidence=0.005)
    state, draws = started(work)
    doubtful = torch.zeros(1, 1, VOCABULARY)
    doubtful[0, 0, :2] = 3.0
    for _ in range(3):
        output = step(doubtful, work, state, settings, HEAT, draws)
        state = output.state
        assert not output.state.finished.any()
    for stops in (False, True):  # stable and sure: it takes two steps to know
        state = step(sure_of([7]), work, state, settings, HEAT, draws).state
        assert bool(state.finished) is stops


def test_the_entropy_budget_is_for_free_positions() -> None:
    entropy = torch.tensor([[0.3, 0.05, 0.02, 0.06]])
    assert accept(entropy, 0.1).tolist() == [[False, True, True, True]]
    assert accept(entropy, 0.0).tolist() == [[False, False, True, False]]
    assert accept(entropy, 9.0).all()


def test_forbidden_tokens_are_neither_drafted_nor_drawn_nor_counted() -> None:
    forbidden = torch.zeros(2, VOCABULARY, dtype=torch.bool)
    forbidden[0, 3] = True
    work = task(4, [1, 2], forbidden=forbidden)
    state, draws = started(work)
    output = step(sure_of([3, 3]), work, state, SamplerSettings(), HEAT, draws)
    assert output.argmax[0, 1] != 3
    assert output.argmax[0, 2] == 3
    assert output.sampled[0, 0] != 3
    assert torch.isfinite(output.entropy).all()


def test_a_step_is_conditioned_by_what_the_one_before_drew_from() -> None:
    work = task(6, [1, 4])
    state, draws = started(work)
    for _ in range(2):
        logits = torch.randn(1, 2, VOCABULARY)
        state = step(logits, work, state, SamplerSettings(), HEAT, draws).state
        assert state.conditioning is not None
        torch.testing.assert_close(state.conditioning, logits / HEAT)


def test_each_row_has_a_stream_of_its_own() -> None:
    work = task(40, range(40))
    alone = [started(work, (seed,))[0].canvas[0] for seed in (5, 6)]
    together = started(work, (5, 6))[0].canvas
    assert torch.equal(together, torch.stack(alone))
    assert not torch.equal(alone[0], alone[1])


def test_draws_follow_the_distribution() -> None:
    draws = SeededDraws((3,), 20_000, VOCABULARY, CPU)
    logits = torch.full((1, 20_000, VOCABULARY), -30.0)
    logits[..., 4] = torch.log(torch.tensor(0.7))
    logits[..., 9] = torch.log(torch.tensor(0.3))
    drawn = draws.tokens(logits.softmax(-1))
    assert set(drawn.unique().tolist()) == {4, 9}
    assert float((drawn == 4).float().mean()) == pytest.approx(0.7, abs=0.02)


def test_a_finished_row_keeps_what_it_had() -> None:
    work = task(4, [1, 2])
    settings = SamplerSettings(stability=0, confidence=0.5)
    draws = SeededDraws((1, 2), 2, VOCABULARY, CPU)
    state = first_state(work, settings, draws)
    logits = torch.cat([sure_of([5, 6]), torch.zeros(1, 2, VOCABULARY)])
    first = step(logits, work, state, settings, HEAT, draws)
    assert first.state.finished.tolist() == [True, False]
    second = step(sure_of([8, 8], rows=2), work, first.state, settings, HEAT, draws)
    assert second.argmax[0].tolist() == first.argmax[0].tolist() == [0, 5, 6, 3]
    assert torch.equal(second.state.canvas[0], first.state.canvas[0])
    assert second.argmax[1, 1:3].tolist() == [8, 8]


@pytest.mark.parametrize(("noise", "standing"), [(0.0, 10), (0.5, 5), (0.05, 9), (1.0, 0)])
def test_soft_text_is_renoised_by_share(noise: float, standing: int) -> None:
    big = 10_000  # a vocabulary in which a draw hardly ever hits the standing token
    work = task_of(tuple(range(12)), tuple(range(1, 12)), frozenset(range(1, 11)), None, CPU)
    draws = SeededDraws((4,), 11, big, CPU)
    canvas = first_state(work, SamplerSettings(noise=noise), draws).canvas[0]
    assert int((canvas[1:11] == work.ids[1:11]).sum()) == standing
    assert canvas[11] != work.ids[11], "a gap starts from noise"


def test_temperature_falls_with_the_steps_left() -> None:
    settings = SamplerSettings(steps=4, t_max=0.8, t_min=0.4)
    heats = [float(temperature(left, settings)) for left in (4, 2, 1)]
    assert heats == pytest.approx([0.8, 0.6, 0.5])


@pytest.mark.parametrize(("start", "steps"), [(0.0, 10), (0.5, 5), (0.99, 1), (0.25, 8)])
def test_a_warm_start_skips_the_hot_steps(start: float, steps: int) -> None:
    settings = SamplerSettings(steps=10, start=start, confidence=0.0)
    work = task(3, [1])
    draws = SeededDraws((1,), 1, VOCABULARY, CPU)
    outputs = list(denoise(lambda *_: torch.zeros(1, 1, VOCABULARY), work, settings, draws))
    assert len(outputs) == budget(settings) == steps
