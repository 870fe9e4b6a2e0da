"""The caret and the selection: where they go, what they stand for: focus, next stop, verdict."""

from __future__ import annotations

from itertools import takewhile

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QTextEdit

from lacuna.report.model import Fill, FillState, Fixed, Gap
from lacuna.ui.editor.binding import Binding, Run
from lacuna.ui.editor.text_units import units

_WIDTH = 2  # pixels


def show(view: QTextEdit) -> None:
    """Let the caret be seen."""
    view.setCursorWidth(_WIDTH)


def hide(view: QTextEdit) -> None:
    """Let nothing be seen of the caret; it stays where it is."""
    view.setCursorWidth(0)


def select(view: QTextEdit, start: int, end: int | None = None) -> None:
    """Put the caret at a position of the document, or select up to ``end``."""
    cursor = view.textCursor()
    cursor.setPosition(start)
    if end is not None:
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
    view.setTextCursor(cursor)


def focus_on(view: QTextEdit, run: Run) -> None:
    """Go to a span, where it is seen: a gap is selected, words have the caret before them."""
    select(view, run.start, run.end if isinstance(run.span, Gap) else None)
    view.ensureCursorVisible()


def is_proposal(run: Run) -> bool:
    """Whether the run waits for review."""
    return isinstance(run.span, Fill) and run.span.state is FillState.PROPOSED


def focused(binding: Binding, cursor: QTextCursor) -> Run | None:
    """Return the selected gap, or the proposal at the caret."""
    run = binding.run_at(cursor.selectionStart())
    if cursor.hasSelection():
        gap = run is not None and isinstance(run.span, Gap) and run.end == cursor.selectionEnd()
        return run if gap else None
    before = binding.run_at(cursor.position() - 1)
    return next((r for r in (run, before) if r is not None and is_proposal(r)), None)


def next_stop(binding: Binding, cursor: QTextCursor, *, back: bool) -> Run | None:
    """Return the next gap or proposal, round the end; None if there is none."""
    stops = [run for run in binding.runs() if isinstance(run.span, Gap) or is_proposal(run)]
    if not stops:
        return None
    focus = focused(binding, cursor)
    at = cursor.position()
    if back:
        at = focus.start if focus else at
        return next((run for run in reversed(stops) if run.start < at), stops[-1])
    at = focus.start if focus else at - 1
    return next((run for run in stops if run.start > at), stops[0])


def judged(binding: Binding, cursor: QTextCursor) -> list[str]:
    """Return the ids of the proposals that a verdict is about: the selected or the focused."""
    if cursor.hasSelection():
        return [run.span.id for run in within(binding, cursor) if is_proposal(run)]
    focus = focused(binding, cursor)
    return [focus.span.id] if focus is not None else []


def rewritable(binding: Binding, cursor: QTextCursor) -> frozenset[str]:
    """Return the ids of the text and gaps that are wholly selected: what a fill may write."""
    start, end = cursor.selectionStart(), cursor.selectionEnd()
    return frozenset(
        run.span.id
        for run in within(binding, cursor)
        if start <= run.start and run.end <= end and not isinstance(run.span, Fixed)
    )


def lock_range(binding: Binding, cursor: QTextCursor) -> tuple[int, int]:
    """Return what Ctrl+L is about: the selection, or the span or word at the caret."""
    if cursor.hasSelection():
        return binding.trimmed(cursor.selectionStart(), cursor.selectionEnd())
    for position in (cursor.position(), cursor.position() - 1):
        run = binding.run_at(position)
        if run is not None and (isinstance(run.span, Fixed) or is_proposal(run)):
            return binding.trimmed(run.start, run.end)
    word = QTextCursor(cursor)
    word.select(QTextCursor.SelectionType.WordUnderCursor)
    return binding.trimmed(word.selectionStart(), word.selectionEnd())


def is_locked(binding: Binding, start: int, end: int) -> bool:
    """Whether every word in the range is part of an anchor."""
    return all(
        isinstance(run.span, Fixed)
        for run in binding.runs()
        if run.start < end and start < run.end
        if not isinstance(run.span, Gap) and run.span.text.strip()
    )


def after_travel(before: str, after: str, position: int) -> int:
    """Return where the caret belongs after an undo or redo, in the document's positions.

    What came back is stood behind, what went is stood before; where only marks changed, such as
    a proposal's state, the caret stays at ``position``.
    """
    if before == after:
        return position
    if len(after) > len(before):
        return units(after[: len(after) - _common(before[::-1], after[::-1])])
    return units(after[: _common(before, after)])


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def within(binding: Binding, cursor: QTextCursor) -> list[Run]:
    """Return the spans of which anything is selected."""
    start, end = cursor.selectionStart(), cursor.selectionEnd()
    return [run for run in binding.runs() if run.start < end and start < run.end]
