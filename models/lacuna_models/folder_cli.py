"""`lacuna-models verify`, `memory`, `quantize`: what is done to a checkpoint folder as a whole."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError
from lacuna_models.memory.plan import GB, Work, plans, real_plans
from lacuna_models.memory.words import advice, table
from lacuna_models.quantise.scheme import Scheme
from lacuna_models.verify import LIST, read_list, verify, write_list


def add_parser(subparsers: Any) -> None:
    """Add the verbs to `lacuna-models`."""
    parser = subparsers.add_parser(
        "verify", help="check a checkpoint folder's names, sizes and hashes against a list"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=Path, help=f"the pinned list; {LIST} in the folder if none")
    parser.add_argument(
        "--pin", metavar="SOURCE", help="write the list of the folder as it is: where it is from"
    )
    parser.set_defaults(run=_verify)
    planner = subparsers.add_parser(
        "memory", help="what a checkpoint needs of a card at each precision, before it is loaded"
    )
    planner.add_argument("folder", type=Path, nargs="?", help="the real 26 B checkpoint if none")
    planner.add_argument("--card", type=float, metavar="GB", help="say what fits into so much")
    planner.add_argument("--rows", type=int, default=1, help="candidates drafted side by side")
    planner.add_argument("--tokens", type=int, default=560, help="of prompt and pictures")
    planner.set_defaults(run=_memory)
    packer = subparsers.add_parser(
        "quantize", help="write a checkpoint's weights at 8 bits, or its experts at 4"
    )
    packer.add_argument("source", type=Path)
    packer.add_argument("target", type=Path, help="a folder that does not exist yet")
    packer.add_argument("--bits", choices=[*Scheme], default=Scheme.FOUR, help="4bit by default")
    packer.set_defaults(run=_quantise)


class Ticker:
    """Tells progress on a terminal's standard error, one line that is written over."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, stage: str, fraction: float) -> None:
        """Tell it, if somebody is looking and it has changed."""
        line = f"{stage} {fraction:4.0%}"
        if sys.stderr.isatty() and line != self._shown:
            print(f"\r{line:<78.78}", end="", file=sys.stderr, flush=True)
            self._shown = line

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            print(f"\r{'':<78}\r", end="", file=sys.stderr, flush=True)


def _verify(arguments: argparse.Namespace) -> int:
    folder, ticker = arguments.folder, Ticker()
    file = arguments.list or folder / LIST
    if arguments.pin is not None:
        pinned = write_list(folder, file, arguments.pin, ticker)
        ticker.end()
        print(f"{file}: {len(pinned.files)} files pinned.")
        return 0
    if not file.is_file():
        raise EngineError(
            f"There is no list for {folder.name}.",
            "Give --list FILE, or pin a folder that you have checked with --pin SOURCE.",
        )
    pinned = read_list(file)
    faults = verify(folder, pinned, ticker)
    ticker.end()
    for fault in faults:
        print(fault)
    if not faults:
        said = f", from {pinned.source}" if pinned.source else ""
        print(f"{folder.name}: all {len(pinned.files)} files are as listed{said}.")
    return 1 if faults else 0


def _memory(arguments: argparse.Namespace) -> int:
    work = Work(tokens=max(1, arguments.tokens), rows=max(1, arguments.rows))
    folder = arguments.folder
    known = real_plans(work) if folder is None else plans(folder, work)
    print(table(known))
    if arguments.card is not None:
        said = advice(known, round(arguments.card * GB), cuda=True)
        print(f"\nOn a card with {arguments.card:g} GB free it {said}.")
    return 0


def _quantise(arguments: argparse.Namespace) -> int:
    from lacuna_models.quantise.convert import quantise

    ticker = Ticker()
    try:
        sizes = quantise(arguments.source, arguments.target, Scheme(arguments.bits), ticker)
    finally:
        ticker.end()
    before, after = (sizes[name] / 1e9 for name in ("before", "after"))
    print(f"{arguments.target}: {after:.3f} GB of weights instead of {before:.3f} GB.")
    return 0
