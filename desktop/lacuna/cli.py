"""The command line: ``lacuna [gui] | draft | ask | ...``. No Qt, and no torch until needed.

Exit codes: 0 done, 2 refused with one sentence, 130 stopped with Ctrl+C, 1 a bug, which is logged.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import lacuna
from lacuna.errors import Cancelled, UserFacingError
from lacuna.log import Log
from lacuna.paths import AppPaths, locate
from lacuna.settings import STEPS, load_settings
from lacuna_models.api import EngineError

if TYPE_CHECKING:
    from lacuna.department import Department

DONE, BUG, REFUSED, INTERRUPTED = 0, 1, 2, 130
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. No error leaves this function."""
    words = list(sys.argv[1:] if argv is None else argv)
    _fill_closed_descriptors()
    try:
        arguments = _parser().parse_args(_with_verb(words))
        return _VERBS[arguments.verb](arguments)
    except (UserFacingError, EngineError) as error:
        _say(f"lacuna: {_one_line(str(error))}")
        return REFUSED
    except (KeyboardInterrupt, Cancelled):
        return INTERRUPTED
    except BrokenPipeError:
        _give_up_output()  # whoever read it has gone
        return DONE
    except SystemExit as finished:  # --help and --version
        return finished.code if isinstance(finished.code, int) else DONE
    except Exception as error:  # noqa: BLE001  the last resort: a sentence, and the log
        return _bug(error, locate(_data_dir(words)))


def _bug(error: Exception, paths: AppPaths) -> int:
    log = Log(paths.logs)
    log.bug(error)
    log.close()
    where = f" Where it happened is in {log.path}." if log.path.exists() else ""
    _say(f"lacuna: Something went wrong that should not.{where}")
    return BUG


def _parser() -> _Parser:
    parser = _Parser(prog="lacuna", description="Fix what you know, let the rest come.")
    parser.add_argument("--version", action="version", version=f"lacuna {lacuna.__version__}")
    _add_data_dir(parser, default=None)
    verbs = parser.add_subparsers(dest="verb", metavar=" | ".join(VERBS))
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
    return parser


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


def _with_verb(words: Sequence[str]) -> list[str]:
    """Put ``gui`` where the verb was left out; global options may stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("--data-dir"):
        at += 1 if "=" in words[at] else 2
    if at > len(words):  # --data-dir without its folder
        return list(words)
    known = at < len(words) and words[at] in (*VERBS, "--version", "-h", "--help")
    return list(words) if known else [*words[:at], "gui", *words[at:]]


def _data_dir(words: Sequence[str]) -> Path | None:
    """Find --data-dir without argparse, for when that is what failed."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--data-dir="):
            return Path(word.partition("=")[2])
        if word == "--data-dir" and following:
            return Path(following)
    return None


def _gui(arguments: argparse.Namespace) -> int:
    if arguments.sample and arguments.study:
        raise UserFacingError("--sample stands for a study.", "Give one of the two.")
    from lacuna.app import main as show

    return show(
        arguments.study,
        sample=arguments.sample,
        model=arguments.model,
        data_dir=arguments.data_dir,
    )


def _study(arguments: argparse.Namespace) -> tuple[Path, ...]:
    if arguments.sample == bool(arguments.study):
        raise UserFacingError("Give a study, or --sample.", f"See lacuna {arguments.verb} --help.")
    if arguments.sample:
        from lacuna_resources.samples import sample_study

        return (sample_study(),)
    return tuple(arguments.study)


def _draft(arguments: argparse.Namespace) -> int:
    from lacuna.draft import Order, draft
    from lacuna.draft_output import as_json, plain, remarks, trace_line

    order = Order(
        study=_study(arguments),
        text=_report(arguments.report),
        seed=arguments.seed,
        steps=arguments.steps,
        model=arguments.model,
        adapter=arguments.adapter,
        device=arguments.device,
        style=arguments.style,
        alternatives=arguments.alternatives,
        words=arguments.words,
        follow=not arguments.own_opinion,
        server=_department(arguments) if arguments.server else None,
    )
    trace = (lambda event: _say(trace_line(event))) if arguments.trace else None
    outcome = draft(order, on_step=trace)
    for remark in remarks(outcome):
        _say(_one_line(remark))
    own_end = arguments.json or order.text is None
    _print((as_json(outcome) if arguments.json else plain(outcome)) + ("\n" if own_end else ""))
    return INTERRUPTED if outcome.stopped else DONE


def _department(arguments: argparse.Namespace) -> Department:
    from lacuna.department import allowed

    if arguments.adapter is not None:
        raise UserFacingError("A department server takes no adapter.", "Leave --adapter out.")
    return allowed(load_settings(locate(arguments.data_dir).settings), arguments.model)


def _ask(arguments: argparse.Namespace) -> int:
    from lacuna.ask import Question, as_json, ask, plain, remarks

    question = Question(
        study=_study(arguments),
        words=arguments.question,
        seed=arguments.seed,
        alternatives=arguments.alternatives,
        model=arguments.model,
        adapter=arguments.adapter,
        device=arguments.device,
    )
    answer = ask(question)
    for remark in remarks(answer):
        _say(_one_line(remark))
    _print((as_json(answer) if arguments.json else plain(answer)) + "\n")
    return INTERRUPTED if answer.stopped else DONE


def _score(arguments: argparse.Namespace) -> int:
    from lacuna.score import Inquiry, as_json, plain, remarks, score
    from lacuna_models.api import Measure

    inquiry = Inquiry(
        study=_study(arguments),
        text=_report(arguments.report) or "",
        measure=Measure(MEASURES[arguments.measure]),
        before=_report(arguments.before),
        seed=arguments.seed,
        model=arguments.model,
        adapter=arguments.adapter,
        device=arguments.device,
        style=arguments.style,
    )
    checked = score(inquiry)
    for remark in remarks(checked):
        _say(_one_line(remark))
    _print((as_json(checked) if arguments.json else plain(checked)) + "\n")
    return DONE if checked.scores.complete else INTERRUPTED


def _report(name: str | None) -> str | None:
    from lacuna.draft import MAX_REPORT_BYTES, read_text

    if name is None:
        return None
    if not name:
        raise UserFacingError("The name of the report's file is empty.")
    if name == "-":
        if sys.stdin is None:
            raise UserFacingError("Standard input is closed.", "Give the report as a file.")
        return read_text(sys.stdin.buffer.read(MAX_REPORT_BYTES + 1), "Standard input")
    path = Path(name)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_REPORT_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "no reason").lower()
        raise UserFacingError(f"{path.name} could not be opened: {reason}.") from error
    return read_text(content, path.name)


def _doctor(arguments: argparse.Namespace) -> int:
    from lacuna.doctor import examine, healthy

    findings = []
    for finding in examine(locate(arguments.data_dir)):
        findings.append(finding)
        if not arguments.json:
            _print(f"{finding.health:<5} {finding.name:<26} {finding.value}\n")
    if arguments.json:
        found = {"healthy": healthy(findings), "findings": [asdict(one) for one in findings]}
        _print(json.dumps(found, indent=2) + "\n")
    return DONE if healthy(findings) else REFUSED


def _sample(arguments: argparse.Namespace) -> int:
    from lacuna.study.sample import write_samples

    try:
        for path in write_samples(arguments.out):
            _print(f"{path}\n")
    except OSError as error:
        reason = (error.strerror or "no reason").lower()
        raise UserFacingError(
            f"The samples could not be written: {reason}.", "Choose another folder."
        ) from error
    return DONE


_VERBS = {
    "gui": _gui,
    "draft": _draft,
    "ask": _ask,
    "score": _score,
    "doctor": _doctor,
    "sample": _sample,
}


def _print(text: str) -> None:
    """Write to standard output as UTF-8, line ends as they are: the report, byte for byte."""
    if sys.stdout is None:
        raise UserFacingError("Standard output is closed.")
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _give_up_output()
        reason = (error.strerror or "no reason").lower()
        raise UserFacingError(f"The output could not be written: {reason}.") from error


def _say(text: str) -> None:
    """Write a line to standard error; where there is none, or it is full, nobody can be told."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):
        sys.stderr.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))
        sys.stderr.buffer.flush()


def _give_up_output() -> None:
    """Let the interpreter not flush into the void at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill_closed_descriptors() -> None:
    """Put nothing where a standard stream was closed, or the next file opened would be it."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
