"""A key event as text, as bindings are written. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_SHIFTED = Qt.KeyboardModifier.ShiftModifier
_PAD = Qt.KeyboardModifier.KeypadModifier


def key_text(event: QKeyEvent) -> str:
    """Return what was pressed as portable text: ``R``, ``Shift+Up``; a keypad's key is a key."""
    key = Qt.Key(event.key())
    held = event.modifiers() & ~_PAD
    return QKeySequence(QKeyCombination(held, key)).toString(
        QKeySequence.SequenceFormat.PortableText
    )
