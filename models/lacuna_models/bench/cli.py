"""`lacuna-models bench ...`."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError


def add_parser(subparsers: Any) -> None:
    """Add the verb to `lacuna-models`."""
    bench = subparsers.add_parser("bench", help="measure beside named peers")
    bench.add_argument("--shape", choices=("real",), help="measure at the real checkpoint's size")
    bench.add_argument("--random-weights", action="store_true", help="noise for its weights")
    bench.add_argument("--precision", choices=("bfloat16", "8bit", "4bit"), default="bfloat16")
    bench.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    bench.add_argument("--layers", type=_positive, default=30, help="of the shape; fewer on a CPU")
    bench.add_argument("--experts", type=_positive, default=128)
    bench.add_argument("--redraft-steps", type=_positive, default=16)
    bench.set_defaults(run=_real)
    kinds = bench.add_subparsers(dest="kind")
    step = kinds.add_parser("step", help="infill, draft, alternatives, redraft: us and our peers")
    step.add_argument("--model", type=Path, help="checkpoint folder; the bundled one by default")
    step.add_argument("--cases", type=_positive, default=5)
    step.add_argument("--repeats", type=_positive, default=3)
    step.add_argument(
        "--steps", type=_positive, default=8, help="of the run without early stopping"
    )
    step.add_argument("--no-diffusers", action="store_true", help="without the bench extra")
    step.add_argument(
        "--cpu-time", action="store_true", help="count processor time: other work runs beside"
    )
    step.set_defaults(run=_step)
    packed = kinds.add_parser("quantised", help="what packing costs in logits and in words")
    packed.add_argument("--model", type=Path, help="checkpoint folder; the bundled one by default")
    packed.add_argument("--cases", type=_positive, default=40)
    packed.set_defaults(run=_quantised)


def _positive(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and int(word) > 0):
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)


def _step(arguments: argparse.Namespace) -> int:
    from lacuna_models.bench.step import bench_step
    from lacuna_phantom import checkpoint_path

    try:
        table = bench_step(
            arguments.model or checkpoint_path(),
            cases=arguments.cases,
            repeats=arguments.repeats,
            steps=arguments.steps,
            peers=not arguments.no_diffusers,
            clock=time.thread_time if arguments.cpu_time else time.perf_counter,
        )
    except ImportError as error:
        if error.name != "diffusers":
            raise
        raise EngineError(
            "The diffusers library is not installed.",
            "Install the bench extra, or give --no-diffusers.",
        ) from error
    print(table)
    return 0


def _real(arguments: argparse.Namespace) -> int:
    if arguments.shape is None or not arguments.random_weights:
        raise EngineError(
            "There is nothing to measure.",
            "Say step, quantised, or --shape real --random-weights.",
        )
    from lacuna_models.bench.real import Ask, bench_real
    from lacuna_models.bench.shapes import real_config
    from lacuna_models.loading import pick_device
    from lacuna_models.quantise.scheme import Scheme

    packed = arguments.precision != "bfloat16"
    ask = Ask(scheme=Scheme(arguments.precision) if packed else None, steps=arguments.redraft_steps)
    # Vision takes no part in a step.
    config = real_config(layers=arguments.layers, experts=arguments.experts, vision_layers=1)
    print(bench_real(ask, pick_device(arguments.device), config))
    return 0


def _quantised(arguments: argparse.Namespace) -> int:
    from lacuna_models.bench.quantised import bench_quantised
    from lacuna_phantom import checkpoint_path

    print(bench_quantised(arguments.model or checkpoint_path(), cases=arguments.cases))
    return 0
