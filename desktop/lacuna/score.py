"""The headless check: a study and a report -> what the model and the rules hold against it.

Its twin in the window are the marks of F7 and the evidence layer. Nothing is changed. Torch is
imported when a model is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lacuna.draft import ctrl_c, first_picture, load_for, mean_nothing
from lacuna.draft_output import RESEARCH_USE, model, one_line
from lacuna.errors import UserFacingError
from lacuna.report import edit
from lacuna.report.check import Finding, check
from lacuna.report.draft_mark import MEANINGLESS
from lacuna.report.markup import parse
from lacuna.report.model import Author, Report
from lacuna.report.request import segments_of
from lacuna.study.load import load_study
from lacuna_models.api import (
    ImageInput,
    Measure,
    ModelInfo,
    Place,
    Prompt,
    ScoreRequest,
    Scores,
    SpanScore,
)

UNMEASURED = (
    "Nobody has measured from where on this model's scores mean something: it marks nothing."
)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is to be checked. ``text`` and ``before`` are marked-up, as for a draft."""

    study: tuple[Path, ...]
    text: str
    measure: Measure = Measure.CRITICAL
    before: str | None = None
    seed: int = 0
    model: Path | None = None
    adapter: Path | None = None
    device: str = "auto"
    style: Literal["full", "terse", "detailed"] = "full"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it."""

    inquiry: Inquiry
    report: Report
    scores: Scores
    findings: tuple[Finding, ...]
    info: ModelInfo
    picture: ImageInput

    @property
    def words_mean_nothing(self) -> bool:
        """Whether a demonstrator speaks about a picture that it was not drawn for."""
        return mean_nothing(self.info, self.picture)


def score(inquiry: Inquiry) -> Checked:
    """Check a report. Ctrl+C stops between passes and keeps what has been scored.

    Raises:
        UserFacingError, EngineError: the study, the text, the model or the adapter is refused.
    """
    if inquiry.measure is Measure.DEPENDENCE and inquiry.before is None:
        raise UserFacingError("To see what an edit left behind, give --before as well.")
    report = parse(inquiry.text, Author.TYPED)
    before = parse(inquiry.before or "", Author.TYPED)
    picture = first_picture(load_study(inquiry.study))
    engine = load_for(inquiry.model, inquiry.device, inquiry.adapter)
    request = ScoreRequest(
        "score",
        Prompt(images=(picture,), style=inquiry.style),
        segments_of(report),
        inquiry.measure,
        before=segments_of(before),
        seed=inquiry.seed,
    )
    try:
        with ctrl_c() as cancel:
            scores = engine.score(request, cancel)
        return Checked(inquiry, report, scores, check(report), engine.info, picture)
    finally:
        engine.close()


def plain(checked: Checked) -> str:
    """Return what deserves attention, one a line: line and column, whose word, words, reason."""
    measure = str(checked.scores.measure)
    lines = [
        (_offset(checked.report, span.places[0]), measure, span.text, span.reason)
        for span in checked.scores.spans
        if span.flagged or span.source is not None
    ]
    body = edit.body(checked.report.sections[0].spans)
    lines += [
        (f.place.start, f"rule {f.rule}", body[f.place.start : f.place.end].strip(" ,;"), f.reason)
        for f in checked.findings
    ]
    said = "\n".join(_line(body, *line) for line in sorted(lines))
    empty = f"[{MEANINGLESS}]" if checked.words_mean_nothing else ""
    return "\n".join(filter(None, (empty, said or "Nothing to mark.")))


def _line(body: str, offset: int, whose: str, text: str, reason: str) -> str:
    line = body.count("\n", 0, offset) + 1
    column = offset - body.rfind("\n", 0, offset)
    shown = one_line(text.replace(edit.GAP_CHARACTER, "[...]"))
    return f"{line}:{column}  {whose}  “{shown}”  {reason}"


def _offset(report: Report, place: Place) -> int:
    """Return where a place lies in the report's one section, as ``report.edit`` counts."""
    at = 0
    for span in report.sections[0].spans:
        if span.id == place.segment_id:
            return at + place.start
        at += len(edit.shown(span))
    raise AssertionError("the engine scored a span that the report does not have")


def remarks(checked: Checked) -> list[str]:
    """Return the lines that go beside the answer."""
    empty = [MEANINGLESS] if checked.words_mean_nothing else []
    unmeasured = [UNMEASURED] if checked.info.bounds is None else []
    return [RESEARCH_USE, *empty, *unmeasured, *checked.scores.notes]


def as_json(checked: Checked) -> str:
    """Return one JSON document with every span's numbers, marked or not."""
    scores = checked.scores
    document = {
        "research_use": RESEARCH_USE,
        "warning": MEANINGLESS if checked.words_mean_nothing else None,
        "measure": str(scores.measure),
        "spans": [_span(checked.report, span) for span in scores.spans],
        "rules": list(_rules(checked.findings)),
        "complete": scores.complete,
        "model": model(checked.info),
        "image": {"sha256": checked.picture.digest(), "origin": str(checked.picture.origin)},
        "seed": checked.inquiry.seed,
        "elapsed_seconds": round(scores.elapsed, 3),
        "notes": list(scores.notes),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _span(report: Report, span: SpanScore) -> dict[str, Any]:
    compared = None if span.compared is None else round(span.compared, 4)
    return {
        "text": span.text,
        "start": _offset(report, span.places[0]),
        "log_likelihood": round(span.log_likelihood, 4),
        "doubt": round(span.doubt, 4),
        "compared": compared,
        "expected": [
            {"text": one.text, "probability": round(one.probability, 4)} for one in span.expected
        ],
        "flagged": span.flagged,
        "source": None if span.source is None else str(span.source),
        "reason": span.reason,
    }


def _rules(findings: tuple[Finding, ...]) -> Iterator[dict[str, Any]]:
    for finding in findings:
        yield {
            "rule": str(finding.rule),
            "severity": str(finding.severity),
            "start": finding.place.start,
            "end": finding.place.end,
            "reason": finding.reason,
        }
