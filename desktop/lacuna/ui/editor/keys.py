"""Which keys the editor takes itself. Everything else belongs to the window."""

from __future__ import annotations

import unicodedata

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor

StandardKey = QKeySequence.StandardKey
_Key = StandardKey
_Move = QTextCursor.MoveOperation

# Handed to Qt as they are: none of them changes the text.
HARMLESS = (
    _Key.SelectAll, _Key.Deselect,
    _Key.MoveToNextChar, _Key.MoveToPreviousChar, _Key.MoveToNextWord, _Key.MoveToPreviousWord,
    _Key.MoveToNextLine, _Key.MoveToPreviousLine, _Key.MoveToNextPage, _Key.MoveToPreviousPage,
    _Key.MoveToStartOfLine, _Key.MoveToEndOfLine, _Key.MoveToStartOfBlock, _Key.MoveToEndOfBlock,
    _Key.MoveToStartOfDocument, _Key.MoveToEndOfDocument,
    _Key.SelectNextChar, _Key.SelectPreviousChar, _Key.SelectNextWord, _Key.SelectPreviousWord,
    _Key.SelectNextLine, _Key.SelectPreviousLine, _Key.SelectNextPage, _Key.SelectPreviousPage,
    _Key.SelectStartOfLine, _Key.SelectEndOfLine, _Key.SelectStartOfBlock, _Key.SelectEndOfBlock,
    _Key.SelectStartOfDocument, _Key.SelectEndOfDocument,
)  # fmt: skip

# Deletions, as the move that selects what they delete. Ctrl+Backspace rejects proposals instead.
_DELETIONS = (
    (_Key.DeleteEndOfWord, _Move.NextWord),
    (_Key.DeleteEndOfLine, _Move.EndOfBlock),
)
_PLAIN_DELETIONS = {
    Qt.Key.Key_Delete: _Move.NextCharacter,
    Qt.Key.Key_Backspace: _Move.PreviousCharacter,
}

# The editor's own, although they are commands: they change the text, or know what a gap is.
OWN = (_Key.Copy, _Key.Undo, _Key.Redo, _Key.Cut, _Key.Paste, *(key for key, _ in _DELETIONS))

_COMMAND = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def is_harmless(event: QKeyEvent) -> bool:
    """Whether Qt may handle the key itself."""
    return any(event.matches(key) for key in HARMLESS)


def deletion(event: QKeyEvent) -> QTextCursor.MoveOperation | None:
    """Return the move over what the key deletes, None if it deletes nothing."""
    if not event.modifiers() & _COMMAND and event.key() in _PLAIN_DELETIONS:
        return _PLAIN_DELETIONS[Qt.Key(event.key())]
    return next((move for key, move in _DELETIONS if event.matches(key)), None)


def typed(event: QKeyEvent) -> str:
    """Return the text that the key types; empty for commands and control characters."""
    if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return "" if event.modifiers() & _COMMAND else "\n"
    text = event.text()
    # AltGr arrives as Ctrl+Alt on some systems, with a printable text.
    command = event.modifiers() & _COMMAND
    return text if _is_text(text) and command in (Qt.KeyboardModifier(0), _COMMAND) else ""


def _is_text(text: str) -> bool:
    """Whether no control character is in it, nor one that macOS gives to keys without text.

    ``str.isprintable`` would be too strict: keyboards type joiners, direction marks and spaces that
    do not break, and newer emoji than Python knows.
    """
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in text)
