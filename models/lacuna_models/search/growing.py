"""A padded gap that came out full: what belongs there may not have fitted. Torch-free.

A model that was taught to pad says where its words end. A gap without any padding does not tell
whether the sentence ended just there or was squeezed, so it is tried again with more room.
"""

from __future__ import annotations

from collections.abc import Sequence

from lacuna_models.canvas import Layout, Rule, Span

_MORE = 8  # tokens; a gap grows by as much as it has, but not by less


def grown_lengths(layout: Layout, rows: Sequence[Sequence[int]], pad: int) -> dict[str, int] | None:
    """Return lengths of all gaps of unknown length, those longer that came out full in any row.

    ``rows`` are tokens by position. None where no gap came out full. The open gap at the end is
    not among them: it has what the others leave.
    """
    gaps = [span for span in layout.spans if _is_padded(layout, span)]
    full = [span for span in gaps if any(ids[span.stop - 1] != pad for ids in rows)]
    if not full:
        return None
    return {s.segment_id: s.length + (max(s.length, _MORE) if s in full else 0) for s in gaps}


def kept_spans(before: Layout, after: Layout, ids: Sequence[int]) -> dict[int, int]:
    """Return what spans of unchanged length held, by position in the layout after it grew."""
    spans = {span.segment_id: span for span in before.spans}
    return {
        span.start + i: ids[spans[span.segment_id].start + i]
        for span in after.spans
        if not span.ending and spans[span.segment_id].length == span.length
        for i in range(span.length)
    }


def _is_padded(layout: Layout, span: Span) -> bool:
    return span.length > 0 and layout.rules[span.stop - 1] is Rule.ELASTIC
