"""An ``Outcome`` -> what the command line prints: plain text, JSON, and the trace of steps."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from lacuna.draft import Outcome
from lacuna.report.draft_mark import DRAFT_MARK, MEANINGLESS
from lacuna.report.markup import render, spelled
from lacuna.report.model import Fill, Fixed, Gap, Length, Span
from lacuna_models import api
from lacuna_models.api import ModelInfo, StepEvent

RESEARCH_USE = "Research use. Draft, requires review."


def plain(outcome: Outcome) -> str:
    """Return the report, byte for byte but for its gaps; marked first where it means nothing."""
    text = render(outcome.report)
    return f"[{MEANINGLESS}]\n{text}" if outcome.words_mean_nothing else text


def remarks(outcome: Outcome) -> list[str]:
    """Return the lines that go beside the report, not into it."""
    warning = [MEANINGLESS] if outcome.words_mean_nothing else []
    return [DRAFT_MARK, *warning, *outcome.notes, *other_wordings(outcome)]


def as_json(outcome: Outcome) -> str:
    """Return one JSON document with the provenance of every span."""
    return json.dumps(_document(outcome), indent=2, ensure_ascii=False)


def trace_line(event: StepEvent) -> str:
    """Return one step on one line: settled of free, newly accepted, mean entropy, the draft."""
    words = " | ".join(span.text for span in event.spans)
    return (
        f"step {event.step:>3}/{event.steps}  settled {event.settled:>3}/{event.free}  "
        f"accepted {event.accepted:>3}  entropy {event.mean_entropy:.3f}  {one_line(words)}"
    )


def one_line(text: str) -> str:
    """Return text with line ends and control characters spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _document(outcome: Outcome) -> dict[str, Any]:
    done, info = outcome.done, outcome.info
    return {
        "draft": True,
        "research_use": RESEARCH_USE,
        "warning": MEANINGLESS if outcome.words_mean_nothing else None,
        "report": render(outcome.report),
        "spans": [_span(span) for span in outcome.report.spans()],
        "alternatives": [alternatives(fill) for fill in done.fills if fill.alternatives],
        "model": model(info),
        "image": {"sha256": outcome.picture.digest(), "origin": str(outcome.picture.origin)},
        "seed": done.seed,
        "steps": done.steps,
        "reason": str(done.reason),
        "settings": asdict(done.settings),
        "elapsed_seconds": round(done.elapsed, 3),
        "notes": list(outcome.notes),
    }


def model(info: ModelInfo) -> dict[str, Any]:
    """Return what answered."""
    return {
        "name": info.name,
        "hash": info.hash,
        "adapter": info.adapter,
        "demonstrator": info.demonstrator,
        "device": info.device,
        "dtype": info.dtype,
    }


def alternatives(fill: api.Fill) -> dict[str, Any]:
    """Return all proposals for one gap, best first; scores in nats a token."""
    others = [{"text": a.text, "score": round(a.score, 4)} for a in fill.alternatives]
    score = None if fill.score is None else round(fill.score, 4)
    return {"proposals": [{"text": fill.text, "score": score}, *others]}


def other_wordings(outcome: Outcome) -> list[str]:
    """Return the other proposals as lines to stand beside the report, gap by gap."""
    lines = []
    for number, fill in enumerate(outcome.done.fills, 1):
        for other in fill.alternatives:
            lines.append(f"Gap {number}, or: {one_line(other.text.strip())} ({other.score:.2f})")
    return lines


def _span(span: Span) -> dict[str, Any]:
    if isinstance(span, Gap):
        return {"state": "gap", "author": None, "text": "", "length": _length(span.length)}
    if isinstance(span, Fill):
        return {
            "state": str(span.state),
            "author": "model",
            "text": span.text,
            "mean_entropy": round(span.mean_entropy, 4),
        }
    state = "fixed" if isinstance(span, Fixed) else "soft"
    return {"state": state, "author": str(span.author), "text": span.text}


def _length(length: Length) -> int | str | None:
    """Return tokens as a number, other lengths as they are written in a marker."""
    return length if length is None or isinstance(length, int) else spelled(length)
