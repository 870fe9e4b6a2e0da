"""What each verb of the command line does. No Qt, and no torch until a verb needs it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from lacuna.arguments import MEASURES
from lacuna.errors import UserFacingError
from lacuna.paths import locate
from lacuna.settings import load_settings
from lacuna.terminal import one_line, say, write

if TYPE_CHECKING:
    from lacuna.department import Department

DONE, REFUSED, INTERRUPTED = 0, 2, 130


class _Common(TypedDict):
    """What every question to a model says: of what, to which model, with which chance."""

    study: tuple[Path, ...]
    seed: int
    model: Path | None
    adapter: Path | None
    device: str


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


def _common(arguments: argparse.Namespace) -> _Common:
    return {
        "study": _study(arguments),
        "seed": arguments.seed,
        "model": arguments.model,
        "adapter": arguments.adapter,
        "device": arguments.device,
    }


def _tell(remarks: Iterable[str], text: str, *, whole: bool) -> int:
    """Print what came of it and the remarks on it; the exit code says whether it is whole."""
    for remark in remarks:
        say(one_line(remark))
    write(text)
    return DONE if whole else INTERRUPTED


def _draft(arguments: argparse.Namespace) -> int:
    from lacuna.draft import Order, draft
    from lacuna.draft_output import as_json, plain, remarks, trace_line

    order = Order(
        **_common(arguments),
        text=_report(arguments.report),
        steps=arguments.steps,
        style=arguments.style,
        alternatives=arguments.alternatives,
        words=arguments.words,
        follow=not arguments.own_opinion,
        server=_department(arguments) if arguments.server else None,
    )
    trace = (lambda event: say(trace_line(event))) if arguments.trace else None
    outcome = draft(order, on_step=trace)
    text = as_json(outcome) if arguments.json else plain(outcome)
    own_end = arguments.json or order.text is None
    text += "\n" if own_end else ""
    return _tell(remarks(outcome), text, whole=not outcome.stopped)


def _department(arguments: argparse.Namespace) -> Department:
    from lacuna.department import allowed

    if arguments.adapter is not None:
        raise UserFacingError("A department server takes no adapter.", "Leave --adapter out.")
    return allowed(load_settings(locate(arguments.data_dir).settings), arguments.model)


def _ask(arguments: argparse.Namespace) -> int:
    from lacuna.ask import Question, as_json, ask, plain, remarks

    question = Question(
        **_common(arguments),
        words=arguments.question,
        alternatives=arguments.alternatives,
    )
    answer = ask(question)
    text = as_json(answer) if arguments.json else plain(answer)
    return _tell(remarks(answer), f"{text}\n", whole=not answer.stopped)


def _score(arguments: argparse.Namespace) -> int:
    from lacuna.score import Inquiry, as_json, plain, remarks, score
    from lacuna_models.api import Measure

    inquiry = Inquiry(
        **_common(arguments),
        text=_report(arguments.report) or "",
        measure=Measure(MEASURES[arguments.measure]),
        before=_report(arguments.before),
        style=arguments.style,
    )
    checked = score(inquiry)
    text = as_json(checked) if arguments.json else plain(checked)
    return _tell(remarks(checked), f"{text}\n", whole=checked.scores.complete)


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
            write(f"{finding.health:<5} {finding.name:<26} {finding.value}\n")
    if arguments.json:
        found = {"healthy": healthy(findings), "findings": [asdict(one) for one in findings]}
        write(json.dumps(found, indent=2) + "\n")
    return DONE if healthy(findings) else REFUSED


def _sample(arguments: argparse.Namespace) -> int:
    from lacuna.study.sample import write_samples

    try:
        for path in write_samples(arguments.out):
            write(f"{path}\n")
    except OSError as error:
        reason = (error.strerror or "no reason").lower()
        raise UserFacingError(
            f"The samples could not be written: {reason}.", "Choose another folder."
        ) from error
    return DONE


RUN = {
    "gui": _gui,
    "draft": _draft,
    "ask": _ask,
    "score": _score,
    "doctor": _doctor,
    "sample": _sample,
}
