"""A key, a button, a turn of the wheel as text, as bindings are written. GUI thread only."""

from __future__ import annotations

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent

from lacuna.ui.viewer.mouse import BUTTONS, HELD, WHEEL, written

_PAD = Qt.KeyboardModifier.KeypadModifier
_SHIFTED = Qt.KeyboardModifier.ShiftModifier
_SIGNS = frozenset({Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Equal})  # typed with Shift or not
_BUTTONS = dict(
    zip(
        (
            Qt.MouseButton.LeftButton,
            Qt.MouseButton.MiddleButton,
            Qt.MouseButton.RightButton,
            Qt.MouseButton.BackButton,
            Qt.MouseButton.ForwardButton,
        ),
        BUTTONS,
        strict=True,
    )
)
_HELD = dict(
    zip(
        HELD,
        (
            Qt.KeyboardModifier.ControlModifier,
            Qt.KeyboardModifier.ShiftModifier,
            Qt.KeyboardModifier.AltModifier,
            Qt.KeyboardModifier.MetaModifier,
        ),
        strict=True,
    )
)


def key_text(event: QKeyEvent) -> str:
    """Return what was pressed as portable text: ``R``, ``Shift+Up``; a keypad's key is a key."""
    key = Qt.Key(event.key())
    held = event.modifiers() & ~_PAD
    if key in _SIGNS:
        held &= ~_SHIFTED
    return QKeySequence(QKeyCombination(held, key)).toString(
        QKeySequence.SequenceFormat.PortableText
    )


def button_text(button: Qt.MouseButton, held: Qt.KeyboardModifier) -> str:
    """Return what was pressed of a mouse: ``Left``, ``Ctrl+Right``; nothing for other buttons."""
    name = _BUTTONS.get(button, "")
    return written(_held(held), name) if name else ""


def wheel_text(event: QWheelEvent) -> str:
    """Return a turn of the wheel: ``Wheel``, ``Ctrl+Wheel``."""
    return written(_held(event.modifiers()), WHEEL)


def _held(modifiers: Qt.KeyboardModifier) -> frozenset[str]:
    return frozenset(name for name, key in _HELD.items() if modifiers & key)
