"""How long a gap is to be: a short menu at the gap. GUI thread only."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from lacuna.report.model import Length
from lacuna.ui.editor.gap_words import length_words
from lacuna_models.api import Range, Sentence, Words

OFFERED: tuple[Length, ...] = (
    None,
    Sentence(),
    Words(3),
    Words(10),
    Words(25),
    Range(3, 8),
    Range(8, 20),
    4,
    12,
)


class LengthMenu(QMenu):
    """The lengths on offer, the gap's own checked. Others are typed: `[... 7]`, `[... 5 words]`."""

    chosen = Signal(object)  # Length

    def __init__(self, now: Length, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Length of this gap")
        offered = OFFERED if now in OFFERED else (now, *OFFERED)
        for length in offered:
            words = length_words(length)
            action = self.addAction(words[:1].upper() + words[1:])
            action.setCheckable(True)
            action.setChecked(length == now)
            action.triggered.connect(partial(self._choose, length))

    def _choose(self, length: Length, _on: bool = True) -> None:
        self.chosen.emit(length)
