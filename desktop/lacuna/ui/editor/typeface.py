"""The report's type at one size. A frame is painted twenty times a second: each word's width is
measured once.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QFontMetricsF

from lacuna.ui.theme import Look, Role

_WORDS = 4096  # widths that are kept: more words than reports have


class Typeface:
    """Font, metrics and widths, in pixels. ``width_of`` takes text without line ends."""

    def __init__(self, look: Look, pixels: int = Role.REPORT.pixels) -> None:
        self.pixels = pixels
        self.font = look.font(Role.REPORT, pixels)
        self.metrics = QFontMetricsF(self.font)
        self.width_of = lru_cache(_WORDS)(self._width)

    def _width(self, text: str) -> float:
        return self.metrics.horizontalAdvance(text)
