"""`lacuna-models bench quantised`: what packing costs, in logits and in words, beside the original.

Logits are compared on canvases of noise behind a phantom's picture; words on one-sentence infills,
by token-F1 against the sentence that was taken out, with the same seeds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lacuna_models import context
from lacuna_models.bench.tasks import Pair, fitting, infill
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.forwards import forward_of
from lacuna_models.loading import Loaded, load
from lacuna_models.memory.plan import Precision, plans
from lacuna_models.phantom.judge import token_f1
from lacuna_models.quantise.convert import quantise
from lacuna_models.quantise.scheme import Scheme


@dataclass(frozen=True, slots=True)
class Cost:
    """One packing beside the original.

    ``planned`` and ``size`` are bytes of weights. ``off`` is the root mean square difference of
    logits as a share of their spread; ``same`` the share of positions whose best token stayed;
    ``f1`` token-F1 of infills, ``f1_before`` the original's.
    """

    scheme: Scheme
    planned: int
    size: int
    off: float
    same: float
    f1: float
    f1_before: float

    def row(self) -> str:
        """Return a row of the table."""
        return (
            f"| {self.scheme.value} | {self.size / 1e6:.2f} | {self.planned / self.size - 1:+.1%}"
            f" | {self.off:.3f} | {self.same:.3f} | {self.f1_before:.3f} | {self.f1:.3f} |"
        )


def bench_quantised(path: Path, *, cases: int = 40) -> str:
    """Pack, measure and return a table in Markdown. The packed copies are removed.

    Raises:
        EngineError: from loading or packing.
    """
    torch.set_num_threads(1)
    base = load(path, device="cpu")
    settings = base.info.settings
    pairs = [infill(base, seed, settings) for seed in fitting(base, 9_100_000, cases, settings)]
    head = (
        f"{base.info.name} ({base.info.hash[:12]}), {cases} infills\n\n"
        "| packed | MB | plan | logits off | best token kept | F1 before | F1 |\n"
        "|---|---|---|---|---|---|---|"
    )
    known, before = _logits(base, pairs[:4]), _f1(base, pairs)
    rows = [_cost(path, scheme, pairs, known, before).row() for scheme in Scheme]
    return "\n".join([head, *rows])


def _cost(path: Path, scheme: Scheme, pairs: Sequence[Pair], known: Tensor, before: float) -> Cost:
    plan = {one.precision: one for one in plans(path)}[Precision(scheme.value)]
    with tempfile.TemporaryDirectory() as room:
        size = quantise(path, Path(room) / "packed", scheme)["after"]
        loaded = load(Path(room) / "packed", device="cpu")
        now = _logits(loaded, pairs[:4])
        return Cost(
            scheme=scheme,
            planned=plan.weights + plan.vision,
            size=size,
            off=float((now - known).square().mean().sqrt() / known.std()),
            same=float((now.argmax(-1) == known.argmax(-1)).float().mean()),
            f1=_f1(loaded, pairs),
            f1_before=before,
        )


@torch.inference_mode()
def _logits(loaded: Loaded, pairs: Sequence[Pair]) -> Tensor:
    """Return (pairs, F, V) logits of a second pass at the first positions, on the same noise."""
    found = []
    for number, pair in enumerate(pairs):
        seen = context.encode(loaded, pair.request.prompt)
        dice = torch.Generator().manual_seed(number)
        canvas = torch.randint(loaded.vocabulary.size, (1, loaded.canvas.length), generator=dice)
        forward = forward_of(loaded, seen, 1, torch.arange(32))
        found.append(forward(canvas, forward(canvas, None))[0])
    return torch.stack(found)


def _f1(loaded: Loaded, pairs: Sequence[Pair]) -> float:
    engine, scores = DiffusionEngine(loaded), []
    for pair in pairs:
        done = collect(engine.fill(pair.request))[0]
        scores.append(token_f1(done.fills[0].text.strip(), pair.sentence))
    return sum(scores) / len(scores)
