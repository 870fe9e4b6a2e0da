"""What is written on every draft that leaves the window or the command line."""

from __future__ import annotations

from lacuna.report.markup import render
from lacuna.report.model import Fill, Fixed, Report

DRAFT_MARK = "DRAFT. Research use, requires review."
MEANINGLESS = (
    "Demonstrator model: trained on drawings. About this picture these words mean nothing."
)


def marked(report: Report) -> str:
    """Return the report as text to be pasted elsewhere, under the marks that it must carry."""
    marks = [DRAFT_MARK, f"[{MEANINGLESS}]"] if holds_empty_words(report) else [DRAFT_MARK]
    return "\n".join([*marks, "", render(report)])


def holds_empty_words(report: Report) -> bool:
    """Whether a demonstrator wrote any of it about a picture that it knows nothing about."""
    origins = (span.origin for span in report.spans() if isinstance(span, Fill | Fixed))
    return any(origin is not None and origin.demonstrator_on_patient for origin in origins)
