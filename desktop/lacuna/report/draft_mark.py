"""What is written on every draft that leaves the window or the command line, and when."""

from __future__ import annotations

from collections.abc import Iterable

from lacuna.report.markup import render
from lacuna.report.model import Fill, FillState, Gap, Report, Span
from lacuna_models.api import ModelInfo

DRAFT_MARK = "DRAFT. Research use, requires review."
MEANINGLESS = (
    "Demonstrator model: trained on drawings. About this picture these words mean nothing."
)
_EMPTY_MARK = f"[{MEANINGLESS}]"


def words_mean_nothing(model: ModelInfo, *, phantom: bool) -> bool:
    """Whether the model is a demonstrator and the picture is none of the drawings that it knows."""
    return model.demonstrator and not phantom


def is_empty(span: Span) -> bool:
    """Whether a demonstrator wrote the span about a picture that it knows nothing about.

    To accept or to lock it changes nothing about that: such words must never pass for a finding.
    Only rewriting them by hand makes them the reader's.
    """
    if isinstance(span, Gap) or span.origin is None:
        return False
    rewritten = isinstance(span, Fill) and span.state is FillState.EDITED
    return span.origin.demonstrator_on_patient and not rewritten


def holds_empty_words(spans: Iterable[Span]) -> bool:
    """Whether a demonstrator wrote any of it about such a picture, even if rewritten since."""
    origins = (span.origin for span in spans if not isinstance(span, Gap))
    return any(origin is not None and origin.demonstrator_on_patient for origin in origins)


def marked(report: Report) -> str:
    """Return the report as text to be pasted elsewhere, under the marks that it must carry."""
    return _under_marks(render(report), list(report.spans()))


def copied(words: str, spans: list[Span]) -> str:
    """Return words of a report for the clipboard, under the marks that their spans call for.

    What the reader wrote, or took over from a model that knows such pictures, carries none.
    """
    waits = any(isinstance(s, Fill) and s.state is FillState.PROPOSED for s in spans)
    return _under_marks(words, spans) if waits or holds_empty_words(spans) else words


def unmarked(text: str) -> str:
    """Return pasted text without the marks that it was copied under: a report has its own."""
    if not text.startswith(DRAFT_MARK):
        return text
    text = text.removeprefix(DRAFT_MARK + "\n").removeprefix(_EMPTY_MARK + "\n")
    return text.removeprefix("\n")


def _under_marks(words: str, spans: list[Span]) -> str:
    marks = [DRAFT_MARK, _EMPTY_MARK] if holds_empty_words(spans) else [DRAFT_MARK]
    return "\n".join([*marks, "", words])
