"""What the tip over a span tells about it."""

from __future__ import annotations

from lacuna.report.draft_mark import is_empty
from lacuna.report.model import Fill, FillState, Fixed, Gap, Span
from lacuna.ui.editor.gap_words import gap_words
from lacuna.ui.editor.spans import is_measured

MEANINGLESS = "These words mean nothing about this picture."


def tip(span: Span) -> str:
    """Return what a span's tip says of it; empty for plain text."""
    if isinstance(span, Gap):
        return gap_words(span.length)
    if is_measured(span):
        return "Measured. Alt+click shows it in the image, Ctrl+L unlocks it."
    if is_empty(span):
        return f"Locked. {MEANINGLESS}" if isinstance(span, Fixed) else MEANINGLESS
    if isinstance(span, Fixed):
        return "Locked. Ctrl+L unlocks it."
    if isinstance(span, Fill) and span.state is FillState.PROPOSED:
        return f"Proposed by {span.origin.model}. Ctrl+Enter accepts, Ctrl+Backspace rejects."
    return ""
