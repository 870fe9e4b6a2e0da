"""The look over the vocabulary: in stretches, in one piece and by the kernel it finds the same."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from torch import Tensor

from lacuna_models import survey_cuda
from lacuna_models.survey import NEVER, Bans, SeededDraws, entropy_of, survey
from tests.helpers.command import ROOT

ROWS, FREE, SIZE = 2, 7, 131
CPU = torch.device("cpu")
HEAT = torch.tensor(0.6)


def thoughts(scale: float = 30.0) -> Tensor:
    dice = torch.Generator().manual_seed(4)
    return torch.randn(ROWS, FREE, SIZE, generator=dice) * scale


def bans() -> Bans:
    table = torch.zeros(3, SIZE, dtype=torch.bool)
    table[1, ::2] = True
    table[2, :100] = True
    return Bans(table, torch.tensor([0, 1, 2, 1, 0, 2, 1]))


def draws() -> SeededDraws:
    return SeededDraws((3, 8), FREE, SIZE, CPU)


def test_it_finds_what_the_planes_say() -> None:
    logits, forbidden = thoughts(), bans()
    found = survey(logits, forbidden, HEAT, draws())
    plane = logits.double() / HEAT.double() + forbidden.table.double()[forbidden.rows]
    shares = plane.softmax(-1)
    nats = -(shares * shares.clamp_min(1e-300).log()).sum(-1)
    torch.testing.assert_close(found.entropy.double(), nats, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(entropy_of(found.thought).double(), nats, atol=1e-5, rtol=1e-5)
    assert torch.equal(found.best, plane.argmax(-1))
    assert (found.thought.gather(-1, found.drawn[..., None]) > NEVER / 2).all()


@pytest.mark.parametrize("most", [1, SIZE * ROWS * 3, 1 << 30])
def test_stretches_change_nothing(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = survey(thoughts(), bans(), HEAT, draws())
    monkeypatch.setitem(survey.__globals__["_STRETCH"], "cpu", most)
    parts = survey(thoughts(), bans(), HEAT, draws())
    for name in ("thought", "best", "drawn", "entropy"):
        assert torch.equal(getattr(parts, name), getattr(whole, name)), name


def test_the_race_draws_what_gumbel_noise_would() -> None:
    shares = thoughts(2.0).softmax(-1)
    drawn = draws().tokens(shares)
    streams = [torch.Generator().manual_seed(seed) for seed in (3, 8)]
    noise = torch.stack([torch.empty(FREE, SIZE).uniform_(generator=each) for each in streams])
    assert torch.equal(drawn, (shares.log() - noise.log().neg().log()).argmax(-1))


def agree(device: torch.device) -> None:
    """See to it that the kernel finds what the stretches find, and draws what may stand."""
    logits, forbidden = thoughts(3.0), bans()
    expected = survey(logits, forbidden, HEAT, draws())
    table, rows = forbidden.table.to(device), forbidden.rows.to(device)
    keys = torch.tensor([11, 12], device=device)
    thought, best, drawn, entropy = survey_cuda.look(logits.to(device), table, rows, HEAT, keys)
    torch.testing.assert_close(thought.cpu(), expected.thought)
    torch.testing.assert_close(entropy.cpu(), expected.entropy, atol=1e-5, rtol=1e-4)
    assert torch.equal(best.cpu(), expected.best)
    assert (expected.thought.gather(-1, drawn.cpu()[..., None]) > NEVER / 2).all()
    flat = torch.zeros(1, 400, 8, device=device)
    flat[..., 5] = 2.0
    *_, seen, nats = survey_cuda.look(flat, None, None, torch.tensor(1.0), keys[:1])
    share = float((seen == 5).float().mean())
    assert share == pytest.approx(float(flat[0, 0].softmax(-1)[5]), abs=0.12)
    torch.testing.assert_close(nats, entropy_of(flat), atol=1e-5, rtol=1e-4)


@pytest.mark.gpu
def test_the_kernel_agrees_on_a_card() -> None:
    agree(torch.device("cuda"))


@pytest.mark.skipif(not survey_cuda.has_triton(), reason="Triton is not installed here")
def test_the_kernel_agrees_in_tritons_interpreter() -> None:
    code = (
        "import torch; from tests.models.test_survey import agree, survey_cuda;"
        "survey_cuda._BLOCK = 32; agree(torch.device('cpu'))"
    )
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
