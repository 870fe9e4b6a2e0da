"""The look in Qt's terms: the theme's colours, Inter in its sizes, Lucide icons. GUI thread only.

A ``Look`` is made once, after the QApplication, and passed to every widget; colours are the theme's
``#RRGGBB`` words, which ``QColor`` takes as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from lacuna_resources import fonts, icons, themes
from lacuna_resources.themes import Theme, ThemeName

SPAN_RADIUS = 3
KEY_RADIUS = 4
CONTROL_RADIUS = 6
CARD_RADIUS = 8
DIALOG_RADIUS = 10


class Role(Enum):
    """What a text is for: its size in pixels and its weight."""

    KEY = (11, 600)
    CAPTION = (11, 500)
    STATUS = (12, 400)
    LABEL = (12, 500)
    HEADING = (12, 600)
    UI = (13, 500)
    UI_STRONG = (13, 600)
    TITLE = (14, 600)
    REPORT = (16, 400)
    ANCHOR = (16, 500)
    DIALOG = (18, 600)
    EMPTY = (24, 600)

    @property
    def pixels(self) -> int:
        """The size, in device-independent pixels."""
        return int(self.value[0])

    @property
    def weight(self) -> QFont.Weight:
        """The weight on Inter's axis."""
        return QFont.Weight(self.value[1])


_PROSE = frozenset((Role.KEY, Role.TITLE, Role.REPORT, Role.ANCHOR, Role.DIALOG, Role.EMPTY))


@dataclass(frozen=True, slots=True)
class Look:
    """One theme, ready to paint with."""

    theme: Theme

    def font(self, role: Role, pixels: int | None = None, figures: bool = True) -> QFont:
        """Return Inter for ``role``; ``pixels`` overrides its size (report zoom).

        ``figures`` sets numbers in one width, so that they do not dance while they change. Inter
        widens hyphens, stops and commas with them, so prose is always set without.
        """
        figures = figures and role not in _PROSE
        font = QFont(fonts.FAMILY)
        font.setPixelSize(pixels or role.pixels)
        font.setWeight(role.weight)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        for feature in (*fonts.FEATURES, *([fonts.FIGURES] if figures else [])):
            font.setFeature(QFont.Tag(feature), 1)
        return font

    def paint_icon(self, painter: QPainter, name: str, box: QRectF, colour: str) -> None:
        """Paint an icon into ``box``, tinted; sharp at any device pixel ratio."""
        _renderer(name, colour).render(painter, box)

    def pixmap(self, name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
        """Return a tinted icon for places where Qt wants a picture."""
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint_icon(painter, name, QRectF(0, 0, size, size), colour)
        painter.end()
        return pixmap


def make_look(name: ThemeName = ThemeName.DARK) -> Look:
    """Load a theme and see to it that Inter is registered. Needs a QApplication.

    Raises:
        RuntimeError: Qt cannot read the bundled font: a damaged installation.
    """
    if (
        fonts.FAMILY not in QFontDatabase.families()
        and QFontDatabase.addApplicationFontFromData(QByteArray(fonts.inter())) < 0
    ):
        raise RuntimeError("the bundled font cannot be read")
    return Look(themes.load(name))


def dress(app: QApplication, look: Look) -> None:
    """Give the application the look's font, palette and the few rules that palettes cannot say."""
    app.setStyle("Fusion")
    app.setFont(look.font(Role.UI))
    app.setPalette(palette(look.theme))
    app.setStyleSheet(_STYLE.format(theme=look.theme))


def palette(theme: Theme) -> QPalette:
    """Return the theme as a palette, for what Qt paints itself."""
    surface, text = theme.surface, theme.text
    roles = QPalette.ColorRole
    colours = {
        roles.Window: surface.window,
        roles.Base: surface.panel,
        roles.AlternateBase: surface.raised,
        roles.Button: surface.raised,
        roles.ToolTipBase: surface.overlay,
        roles.ToolTipText: text.normal,
        roles.WindowText: text.normal,
        roles.Text: text.normal,
        roles.ButtonText: text.normal,
        roles.BrightText: text.strong,
        roles.PlaceholderText: text.third,
        roles.Highlight: surface.primary,
        roles.HighlightedText: surface.primary_text,
        roles.Link: theme.model.text,
        roles.Mid: theme.line.edge,
        roles.Dark: theme.line.hairline,
        roles.Light: theme.line.control,
    }
    result = QPalette()
    for role, colour in colours.items():
        result.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(text.third))
    return result


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(icons.svg(name, colour)))


_STYLE = """
QToolTip {{
    color: {theme.text.normal}; background: {theme.surface.overlay};
    border: 1px solid {theme.line.edge}; padding: 4px 8px;
}}
QMenu {{
    color: {theme.text.normal}; background: {theme.surface.overlay};
    border: 1px solid {theme.line.edge}; padding: 4px;
}}
QMenu::item {{ padding: 6px 24px 6px 12px; }}
QMenu::item:selected {{ color: {theme.text.strong}; background: {theme.surface.hover}; }}
QMenu::item:disabled {{ color: {theme.text.third}; }}
QMenu::separator {{ height: 1px; background: {theme.line.edge}; margin: 4px 8px; }}
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: 8px; }}
QScrollBar:horizontal {{ height: 8px; }}
QScrollBar::handle {{ background: {theme.line.edge}; border-radius: 4px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {theme.line.control}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
