"""What may stand on the command line: verbs, their options, and the bounds of both."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

import lacuna
from lacuna.errors import UserFacingError
from lacuna.settings import STEPS

VERBS = ("gui", "draft", "ask", "score", "doctor", "sample")
MEASURES = {"radar": "critical", "quick": "clean", "evidence": "evidence", "edit": "dependence"}
MAX_SEED = 2**63 - 1
MAX_ALTERNATIVES = 32
MAX_WORDS = 1_000


class _Parser(argparse.ArgumentParser):
    """argparse with one sentence instead of a page of usage, and no guessing at short forms."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:]
        raise UserFacingError(f"{sentence.rstrip('.')}.", f"See {self.prog} --help.")


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line; an error of it is one sentence."""
    reader = _Parser(prog="lacuna", description="Fix what you know, let the rest come.")
    reader.add_argument("--version", action="version", version=f"lacuna {lacuna.__version__}")
    _add_data_dir(reader, default=None)
    verbs = reader.add_subparsers(dest="verb", metavar=" | ".join(VERBS))
    _add_gui(verbs.add_parser("gui", help="open the window (without a verb, too)"))
    _add_draft(verbs.add_parser("draft", help="fill a report's gaps and print it"))
    _add_ask(verbs.add_parser("ask", help="ask something about a study's first image"))
    _add_score(verbs.add_parser("score", help="what speaks against a report"))
    doctor = verbs.add_parser("doctor", help="what this computer has of what Lacuna needs")
    doctor.add_argument("--json", action="store_true", help="print one JSON document")
    sample = verbs.add_parser("sample", help="draw the sample studies again")
    sample.add_argument("out", metavar="OUT", type=_path, help="folder to write into")
    for verb in verbs.choices.values():
        _add_data_dir(verb, default=argparse.SUPPRESS)
    return reader


def _add_data_dir(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--data-dir", type=_path, default=default, metavar="DIR", help="keep everything in DIR"
    )


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", nargs="*", type=_path, metavar="STUDY", help="files, folder, ZIP")
    parser.add_argument("--sample", action="store_true", help="the bundled study, for STUDY")
    parser.add_argument("--model", type=_path, metavar="DIR", help="a DiffusionGemma checkpoint")


def _add_gui(gui: argparse.ArgumentParser) -> None:
    _add_study(gui)


def _add_draft(draft: argparse.ArgumentParser) -> None:
    _add_study(draft)
    draft.add_argument(
        "--report",
        metavar="FILE",
        help="text to keep, with gaps: [...], or [... 12] for 12 tokens; - reads standard input",
    )
    draft.add_argument(
        "--steps", type=_whole(STEPS[0], STEPS[-1]), metavar="N", help="at most N steps"
    )
    draft.add_argument("--style", choices=("full", "terse", "detailed"), default="full")
    draft.add_argument(
        "--words", type=_whole(1, MAX_WORDS), metavar="N", help="about N words, of a whole draft"
    )
    draft.add_argument(
        "--own-opinion",
        action="store_true",
        help="let other sentences follow the picture where your words contradict it",
    )
    _add_engine(draft)
    draft.add_argument(
        "--server",
        action="store_true",
        help="let the department's server think: the one that the settings allow; --model then "
        "names the folder of the checkpoint that it serves, weights not needed",
    )
    draft.add_argument("--json", action="store_true", help="add the provenance of every span")
    draft.add_argument("--trace", action="store_true", help="print every step to standard error")


def _add_ask(ask: argparse.ArgumentParser) -> None:
    _add_study(ask)
    ask.add_argument("--question", required=True, metavar="TEXT", help="what you want to know")
    _add_engine(ask)
    ask.add_argument("--json", action="store_true", help="print one JSON document")


def _add_score(score: argparse.ArgumentParser) -> None:
    _add_study(score)
    score.add_argument(
        "--report", required=True, metavar="FILE", help="the report; - reads standard input"
    )
    score.add_argument(
        "--measure",
        choices=tuple(MEASURES),
        default="radar",
        help="what speaks against it, the same at a glance, what comes from the picture, or what "
        "an edit left behind",
    )
    score.add_argument("--before", metavar="FILE", help="the report before the edit")
    score.add_argument("--style", choices=("full", "terse", "detailed"), default="full")
    score.add_argument("--seed", type=_whole(0, MAX_SEED), default=0, metavar="N")
    score.add_argument("--adapter", type=_path, metavar="DIR", help="a LoRA adapter")
    score.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    score.add_argument("--json", action="store_true", help="print one JSON document")


def _add_engine(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--seed", type=_whole(0, MAX_SEED), default=0, metavar="N")
    verb.add_argument(
        "--alternatives",
        type=_whole(1, MAX_ALTERNATIVES),
        default=1,
        metavar="N",
        help="up to N proposals",
    )
    verb.add_argument("--adapter", type=_path, metavar="DIR", help="a LoRA adapter")
    verb.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")


class _Whole:
    """An argparse type: a whole number within bounds. Its name appears in the error."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def __call__(self, word: str) -> int:
        plain = word.isascii() and word.isdecimal() and len(word) <= len(str(self._high))
        number = int(word) if plain else -1
        if not self._low <= number <= self._high:
            raise argparse.ArgumentTypeError(
                f"{word[:24]!r} is not a whole number from {self._low} to {self._high}"
            )
        return number


def _whole(low: int, high: int) -> _Whole:
    return _Whole(low, high)


def _path(word: str) -> Path:
    """An argparse type. An empty path would mean the folder that happens to be the current one."""
    if not word:
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(word)
