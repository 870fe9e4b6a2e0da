"""The Lucide icons in use (lucide-static 1.62.0, ISC; some derived from Feather, MIT).

An icon is an SVG of 24 units whose strokes are drawn in ``currentColor``.
"""

from __future__ import annotations

from importlib.resources import files

STROKE = 1.75  # of 24 units; Lucide's own is 2


def names() -> frozenset[str]:
    """Return the names of all bundled icons."""
    found = (entry.name for entry in files(__name__).iterdir())
    return frozenset(name.removesuffix(".svg") for name in found if name.endswith(".svg"))


def svg(name: str, colour: str, stroke: float = STROKE) -> bytes:
    """Return the icon's SVG, drawn in ``colour`` (``#RRGGBB``) with the given stroke width.

    Raises:
        FileNotFoundError: no icon has this name.
    """
    text = files(__name__).joinpath(f"{name}.svg").read_text("utf-8")
    text = text.replace('stroke-width="2"', f'stroke-width="{stroke:g}"')
    return text.replace("currentColor", colour).encode()


def licence() -> str:
    """Return the icons' licence, which travels with them."""
    return files(__name__).joinpath("LICENSE").read_text("utf-8")
