"""The look's data: fonts, icons and colours are bundled, licensed and legible."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from lacuna_resources import fonts, icons, themes
from lacuna_resources.themes import Theme, ThemeName, Tone


@pytest.fixture(params=list(ThemeName))
def theme(request: pytest.FixtureRequest) -> Theme:
    return themes.load(request.param)


def test_every_text_can_be_read(theme: Theme) -> None:
    for text, ground in themes.text_pairs(theme):
        assert themes.contrast(text, ground) >= 4.5, (text, ground)


def test_lines_that_carry_meaning_are_seen(theme: Theme) -> None:
    tones = (theme.reader, theme.model, theme.alert, theme.demonstrator)
    for tone in tones:
        assert themes.contrast(tone.line, tone.background) >= 3
        assert themes.contrast(tone.line, theme.surface.panel) >= 3
    for ground in (theme.surface.window, theme.surface.panel, theme.surface.raised):
        assert themes.contrast(theme.line.control, ground) >= 3
        assert themes.contrast(theme.line.focus, ground) >= 3


def test_both_themes_keep_the_image_black(theme: Theme) -> None:
    assert theme.surface.image == "#000000"


def test_colours_are_written_in_one_way(theme: Theme) -> None:
    for group in (getattr(theme, field.name) for field in fields(theme)):
        if isinstance(group, str):
            continue
        for field in fields(group):
            assert re.fullmatch("#[0-9A-F]{6}", getattr(group, field.name))


def test_reader_is_warm_and_model_is_cool(theme: Theme) -> None:
    def warmth(tone: Tone) -> int:
        return int(tone.line[1:3], 16) - int(tone.line[5:7], 16)

    assert warmth(theme.reader) > 100
    assert warmth(theme.model) < -60


def test_contrast_of_black_and_white_is_21() -> None:
    assert themes.contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_font_is_a_truetype_of_modest_size_with_its_licence() -> None:
    assert fonts.inter()[:4] == b"\x00\x01\x00\x00"
    assert len(fonts.inter()) <= 900_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in fonts.licence()


def test_every_icon_takes_the_colour_and_the_stroke() -> None:
    assert 40 <= len(icons.names()) <= 60
    for name in icons.names():
        drawn = icons.svg(name, "#A2A9B0").decode()
        assert 'stroke="#A2A9B0"' in drawn
        assert 'stroke-width="1.75"' in drawn
        assert "currentColor" not in drawn


def test_icons_carry_their_licence() -> None:
    assert icons.licence().startswith("ISC License")
    assert "sparkles" not in icons.names()


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        icons.svg("no-such-icon", "#000000")
