"""The look reaches the screen: Inter in its weights, icons in their colours, both themes."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

from lacuna.ui.theme import Role, make_look, palette
from lacuna_resources import fonts
from lacuna_resources.themes import ThemeName, load


@pytest.mark.usefixtures("qapp")
def test_every_role_is_set_in_inter() -> None:
    look = make_look()
    for role in Role:
        info = QFontInfo(look.font(role))
        assert info.family() == fonts.FAMILY
        assert info.pixelSize() == role.pixels
        assert info.weight() == role.weight


@pytest.mark.usefixtures("qapp")
def test_figures_do_not_dance() -> None:
    metrics = QFontMetricsF(make_look().font(Role.UI))
    assert metrics.horizontalAdvance("111") == metrics.horizontalAdvance("000")


@pytest.mark.usefixtures("qapp")
def test_a_hyphen_in_prose_is_no_dash() -> None:
    prose, plain = (make_look().font(Role.ANCHOR), make_look().font(Role.UI, 16, figures=False))
    plain.setWeight(Role.ANCHOR.weight)
    width = QFontMetricsF(plain).horizontalAdvance("Follow-up")
    assert QFontMetricsF(prose).horizontalAdvance("Follow-up") == width


@pytest.mark.usefixtures("qapp")
def test_look_alikes_differ_and_nothing_is_hinted() -> None:
    font = make_look().font(Role.REPORT)
    assert font.featureValue(QFont.Tag("ss02")) == 1
    assert font.hintingPreference() is QFont.HintingPreference.PreferNoHinting


@pytest.mark.usefixtures("qapp")
def test_report_zoom_changes_the_size_only() -> None:
    font = make_look().font(Role.REPORT, 24)
    assert (font.pixelSize(), font.weight()) == (24, Role.REPORT.weight)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_an_icon_takes_the_colour_it_is_given(ratio: float) -> None:
    image = make_look().pixmap("square", "#FF0000", 16, ratio).toImage()
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    assert image.width() == 16 * ratio
    assert any(pixel.alpha() > 100 for pixel in pixels)
    assert all(pixel.green() == 0 for pixel in pixels if pixel.alpha())


@pytest.mark.parametrize("name", list(ThemeName))
def test_what_qt_paints_itself_follows_the_theme(qapp: QApplication, name: ThemeName) -> None:
    theme = load(name)
    colours = palette(theme)
    assert colours.color(QPalette.ColorRole.Window) == QColor(theme.surface.window)
    assert colours.color(QPalette.ColorRole.Text) == QColor(theme.text.normal)
