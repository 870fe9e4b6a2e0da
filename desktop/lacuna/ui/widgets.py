"""The small parts that every panel is made of: buttons with key caps, chips, lines, the mark.

They paint themselves from a ``Look``; none of them knows what it stands for. GUI thread only.
"""

from __future__ import annotations

import math
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from lacuna.ui.paint import (
    KEY_HEIGHT,
    RING,
    key_width,
    paint_box,
    paint_key,
    paint_mark,
    paint_ring,
)
from lacuna.ui.theme import CONTROL_RADIUS, Look, Role

_PAD = 12
_ICON = 16
_SMALL_ICON = 14


class Kind(Enum):
    """How loud a button is. At most one PRIMARY in a panel."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"  # no box until it is pointed at


class KeyCap(QWidget):
    """A key on its own, as in the empty window's list."""

    def __init__(self, look: Look, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._key = look, key
        self.setFixedSize(key_width(look, key), KEY_HEIGHT)
        self.setAccessibleName(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        box = QRectF(self.rect())
        paint_key(painter, self._look, box, self._key, theme.line.edge, theme.text.second)


class Button(QAbstractButton):
    """A button: icon, words, the key that does the same. Never narrower than its content.

    It takes the focus by Tab only: a click leaves the caret in the report.
    """

    def __init__(
        self,
        look: Look,
        text: str,
        *,
        icon: str = "",
        key: str = "",
        kind: Kind = Kind.PLAIN,
        height: int = 32,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._icon, self._key, self._kind = look, icon, key, kind
        self._compact, self._short = False, ""
        self.setText(text)
        self.setAccessibleName(text)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_key(self, key: str) -> None:
        """Change the key cap, and the width with it; none where ``key`` is empty."""
        self._key = key
        self.updateGeometry()
        self.update()

    def set_text(self, text: str) -> None:
        """Change the words, and the width with them."""
        self.setText(text)
        self.setAccessibleName(text)
        if self._compact:
            self._tell()
        self.updateGeometry()

    @property
    def compact(self) -> bool:
        """Whether only its icon is seen, and what is left of the words."""
        return self._compact

    @property
    def compact_width(self) -> int:
        """How wide the button is when compact, in pixels."""
        words = self._text_width(self._short) + 8 if self._short else 0
        return 2 * _PAD + _ICON + words

    def set_short(self, short: str) -> None:
        """Say what is left of the words where only the icon is seen: a number, or nothing."""
        self._short = short
        self.updateGeometry()
        self.update()

    def set_compact(self, compact: bool) -> None:
        """Show the icon alone, words and key in the tool tip; only for a button with an icon."""
        if compact != self._compact:
            self._compact = compact
            self._tell()
            self.updateGeometry()
            self.update()

    def _tell(self) -> None:
        key = f" ({self._key})" if self._key else ""
        self.setToolTip(f"{self.text()}{key}" if self._compact else "")

    def sizeHint(self) -> QSize:
        if self._compact:
            return QSize(self.compact_width, self.height())
        width = _PAD + self._text_width(self.text()) + (_ICON + 8 if self._icon else 0)
        width += 13 + key_width(self._look, self._key) + 8 if self._key else _PAD
        return QSize(width, self.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        body = paint_ring(painter, box, CONTROL_RADIUS, self._look) if self.hasFocus() else box
        fill, line, text, icon, cap = self._colours()
        radius = CONTROL_RADIUS - (2 if self.hasFocus() else 0)
        paint_box(painter, body, radius, fill=fill, line=None if self.hasFocus() else line)
        self._paint_content(painter, text, icon, cap)

    def _paint_content(self, painter: QPainter, text: str, icon: str, cap: str) -> None:
        look, x, middle = self._look, _PAD, self.height() / 2
        if self._icon:
            box = QRectF(x, middle - _ICON / 2, _ICON, _ICON)
            look.paint_icon(painter, self._icon, box, icon)
            x += _ICON + 8
        seen = self._short if self._compact else self.text()
        painter.setFont(look.font(Role.UI_STRONG, figures=False))
        painter.setPen(QColor(text))
        words = QRectF(x, 0, self._text_width(seen) + 1, self.height())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, seen)
        if self._key and not self._compact:
            width = key_width(look, self._key)
            place = QRectF(self.width() - 8 - width, middle - KEY_HEIGHT / 2, width, KEY_HEIGHT)
            paint_key(painter, look, place, self._key, cap, text if cap != self._edge() else icon)

    def _colours(self) -> tuple[str | None, str | None, str, str, str]:
        """Return fill, outline, text, icon and key cap for the button as it stands."""
        theme = self._look.theme
        surface, words = theme.surface, theme.text
        if not self.isEnabled():
            return None, theme.line.hairline, words.third, words.third, theme.line.hairline
        if self._kind is Kind.PRIMARY:
            text = surface.primary_text
            line = theme.model.line if self.underMouse() else None
            cap = theme.model.line if theme.name == "dark" else theme.model_step.background
            return surface.primary, line, text, text, cap
        lit = self.underMouse() or self.isDown() or self.isChecked()
        if self._kind is Kind.QUIET:
            return surface.hover if lit else None, None, words.normal, words.second, self._edge()
        fill = surface.hover if lit else surface.raised
        return fill, self._edge(), words.normal, words.second, self._edge()

    def _edge(self) -> str:
        return self._look.theme.line.edge

    def _text_width(self, text: str) -> int:
        metrics = QFontMetricsF(self._look.font(Role.UI_STRONG, figures=False))
        return round(metrics.horizontalAdvance(text))


class IconButton(QAbstractButton):
    """A button of one icon; ``tip`` says what it does. Checked: lit, as the chosen tool is."""

    def __init__(
        self, look: Look, icon: str, tip: str, *, size: int = 32, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._icon = look, icon
        self.setFixedSize(size, size)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_tip(tip)

    def set_icon(self, icon: str, tip: str) -> None:
        """Change what the button shows and does."""
        self._icon = icon
        self.set_tip(tip)
        self.update()

    def set_tip(self, tip: str) -> None:
        """Say what the button does, to the eye and to a screen reader."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def sizeHint(self) -> QSize:
        return self.size()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        box = QRectF(self.rect())
        lit = self.isChecked() or self.isDown() or (self.underMouse() and self.isEnabled())
        if self.hasFocus():
            box = paint_ring(painter, box, CONTROL_RADIUS, self._look)
        if lit:
            paint_box(painter, box, CONTROL_RADIUS, fill=theme.surface.hover)
        colour = theme.text.strong if self.isChecked() else theme.text.second
        if not self.isEnabled():
            colour = theme.line.control
        corner = (self.width() - _ICON) / 2
        self._look.paint_icon(painter, self._icon, QRectF(corner, corner, _ICON, _ICON), colour)


class Chip(QAbstractButton):
    """An icon and a number, 24 px high; a closable one is left out by a click on it."""

    def __init__(
        self,
        look: Look,
        text: str,
        *,
        icon: str = "",
        closable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look, self._icon, self._closable = look, icon, closable
        self.setText(text)
        self.setAccessibleName(f"Leave out {text}" if closable else text)
        self.setFixedHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if closable else Qt.FocusPolicy.NoFocus)

    def sizeHint(self) -> QSize:
        advance = QFontMetricsF(self._look.font(Role.LABEL)).horizontalAdvance(self.text())
        sides = (_SMALL_ICON + 8 if self._icon else 0) + (_SMALL_ICON + 6 if self._closable else 0)
        return QSize(round(advance) + 16 + sides, 24)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), self._look.theme
        box = QRectF(self.rect())
        line, width = (theme.line.focus, RING) if self.hasFocus() else (theme.line.edge, 1.0)
        paint_box(painter, box, CONTROL_RADIUS, line=line, width=width)
        x = 8.0
        if self._icon:
            self._look.paint_icon(painter, self._icon, self._icon_box(x), theme.text.second)
            x += _SMALL_ICON + 8
        painter.setFont(self._look.font(Role.LABEL))
        painter.setPen(QColor(theme.text.second))
        painter.drawText(box.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._closable:
            right = self._icon_box(self.width() - 6.0 - _SMALL_ICON)
            self._look.paint_icon(painter, "x", right, theme.text.second)

    @staticmethod
    def _icon_box(x: float) -> QRectF:
        return QRectF(x, 12 - _SMALL_ICON / 2, _SMALL_ICON, _SMALL_ICON)


class Words(QWidget):
    """A line of text in one role and colour.

    ``keeps`` is the width, in pixels, to which it yields where room is short, cut with an ellipsis
    and told in full by its tool tip; None: it is never cut. ``figures``: its numbers change.
    """

    def __init__(
        self,
        look: Look,
        role: Role,
        colour: str,
        text: str = "",
        *,
        keeps: int | None = None,
        figures: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text, self._colour, self._keeps = text, colour, keeps
        font = look.font(role, figures=figures)
        self._metrics = QFontMetricsF(font)
        self.setFont(font)
        across = QSizePolicy.Policy.Fixed if keeps is None else QSizePolicy.Policy.Preferred
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def text(self) -> str:
        """Return the whole text, not as it was cut."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show ``text``; an empty one takes no width."""
        if text == self._text:
            return
        before = self.sizeHint()
        self._text = text
        self.setAccessibleName(text)
        if self.sizeHint() != before:  # a step's figures have one width: the column stays laid out
            self.updateGeometry()
        self.update()

    def set_colour(self, colour: str) -> None:
        """Change the colour, ``#RRGGBB``."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:
        width = self._metrics.horizontalAdvance(self._text)
        return QSize(math.ceil(width), round(self._metrics.height()))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return hint if self._keeps is None else hint.boundedTo(QSize(self._keeps, hint.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(self._colour))
        cut = Qt.TextElideMode.ElideRight
        shown = self._metrics.elidedText(self._text, cut, self.width() + 0.5)
        self.setToolTip("" if shown == self._text else self._text)
        painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter, shown)


class Icon(QWidget):
    """An icon that only says something."""

    def __init__(
        self, look: Look, name: str, colour: str, size: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self._name, self._colour = look, name, colour
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        self._look.paint_icon(QPainter(self), self._name, box, self._colour)


class Hairline(QWidget):
    """A line of one pixel between two panels."""

    def __init__(
        self,
        look: Look,
        orientation: Qt.Orientation = Qt.Orientation.Horizontal,
        *,
        colour: str | None = None,
        length: int | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._colour = colour or look.theme.line.hairline
        if orientation is Qt.Orientation.Horizontal:
            self.setFixedHeight(1)
        else:
            self.setFixedWidth(1)
            if length:
                self.setFixedHeight(length)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self._colour))


class Mark(QWidget):
    """The mark of Lacuna."""

    def __init__(self, look: Look, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setFixedSize(round(height * 1.25), height)
        self.setAccessibleName("Lacuna")

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_mark(QPainter(self), QPointF(0, 0), self.height(), self._look)


class Panel(QWidget):
    """A plain surface in one colour of the theme."""

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = colour

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(self._colour))
