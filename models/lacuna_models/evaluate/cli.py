"""`lacuna-models evaluate ...`: acts on held-out phantoms, and the bounds that they need."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError


def add_parser(subparsers: Any) -> None:
    """Add the verb to `lacuna-models`."""
    evaluate = subparsers.add_parser("evaluate", help="measure a checkpoint's acts on phantoms")
    kinds = evaluate.add_subparsers(dest="kind", required=True)
    steering = kinds.add_parser("steering", help="the acts of steering, act by act")
    _add_common(steering)
    steering.add_argument("--only", help="acts, parted by commas; all by default")
    steering.add_argument("--json", action="store_true", help="print one JSON document")
    steering.set_defaults(run=_steering)
    bounds = kinds.add_parser("bounds", help="from where on scores mean something")
    _add_common(bounds)
    bounds.add_argument("--write", action="store_true", help="keep them in lacuna.json")
    bounds.set_defaults(run=_bounds)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, help="checkpoint folder; the bundled one by default")
    parser.add_argument("--n", type=_positive, default=100, help="held-out phantoms")
    parser.add_argument("--seed", type=_positive, default=11, help="which of them")


def _positive(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and 0 < int(word) < 100_000):
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)


def _steering(arguments: argparse.Namespace) -> int:
    from lacuna_models.engine import load_engine
    from lacuna_models.evaluate.figures import document, table
    from lacuna_models.evaluate.steering import ACTS, evaluate

    wanted = tuple(ACTS) if arguments.only is None else tuple(arguments.only.split(","))
    unknown = [act for act in wanted if act not in ACTS]
    if unknown:
        raise EngineError(f"There is no act {unknown[0]}.", f"Choose among {', '.join(ACTS)}.")
    engine = load_engine(arguments.model)
    lines = evaluate(engine, wanted, arguments.n, arguments.seed)
    if arguments.json:
        print(document(lines, model=engine.info.hash, n=arguments.n, seed=arguments.seed))
    else:
        print(table(lines))
    return 0


def _bounds(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from lacuna_models.engine import load_engine
    from lacuna_models.evaluate import certainty
    from lacuna_models.evaluate.bounds import keep, measure_bounds
    from lacuna_phantom import checkpoint_path

    folder = arguments.model or checkpoint_path()
    engine = load_engine(folder)
    sure = certainty.bounds(certainty.measure(engine, arguments.n, arguments.seed))
    measured = measure_bounds(engine, arguments.n, arguments.seed)
    if arguments.write:
        keep(folder, measured, sure)
    print(json.dumps({**asdict(measured), "certainty": sure}, indent=2))
    return 0
