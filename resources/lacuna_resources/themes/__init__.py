"""The colours of the look, dark and light, as frozen values read from TOML. ``#RRGGBB`` each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class ThemeName(StrEnum):
    """Dark is the default: reading rooms are dark."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Surface:
    """What things stand on, from the image's black upwards."""

    image: str
    window: str
    panel: str
    raised: str
    overlay: str
    hover: str
    primary: str
    primary_text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text from loud to quiet; ``draft`` is unsettled model text, ``good`` says offline."""

    strong: str
    normal: str
    second: str
    third: str
    draft: str
    good: str


@dataclass(frozen=True, slots=True)
class Line:
    """Hairlines and edges from quiet to loud; ``focus`` rings the focused control."""

    hairline: str
    edge: str
    control: str
    focus: str


@dataclass(frozen=True, slots=True)
class Tone:
    """One meaning: its text, its line, its background."""

    text: str
    line: str
    background: str


@dataclass(frozen=True, slots=True)
class Theme:
    """All tokens of one theme."""

    name: ThemeName
    surface: Surface
    text: Text
    line: Line
    reader: Tone
    model: Tone
    model_step: Tone
    alert: Tone
    demonstrator: Tone
    demonstrator_step: Tone


@cache
def load(name: ThemeName) -> Theme:
    """Read a bundled theme."""
    table = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
    tones = ("reader", "model", "model_step", "alert", "demonstrator", "demonstrator_step")
    return Theme(
        name=ThemeName(table["name"]),
        surface=Surface(**table["surface"]),
        text=Text(**table["text"]),
        line=Line(**table["line"]),
        **{tone: Tone(**table[tone]) for tone in tones},
    )


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_pairs(theme: Theme) -> Iterator[tuple[str, str]]:
    """Yield every (text, background) that the window sets words in."""
    surface, text = theme.surface, theme.text
    grounds = (surface.window, surface.panel, surface.raised, surface.overlay, surface.hover)
    for ground in grounds:
        yield from ((colour, ground) for colour in (text.strong, text.normal, text.second))
        yield text.third, ground
    yield text.good, surface.window
    yield surface.primary_text, surface.primary
    yield text.draft, theme.model.background
    yield text.draft, theme.demonstrator.background
    yield text.normal, theme.demonstrator.background
    steps = (theme.model_step, theme.demonstrator_step)
    for tone in (theme.reader, theme.model, theme.alert, theme.demonstrator, *steps):
        yield tone.text, tone.background
    yield from ((text.normal, tone.background) for tone in (theme.alert, theme.demonstrator))
    yield theme.demonstrator.text, surface.window
    yield theme.demonstrator.text, surface.overlay
