"""Inter 4, one variable font (axes wght and opsz), under the SIL Open Font License 1.1.

``InterVariable.ttf`` is the web font of the npm package inter-ui 4.1.1, unpacked from WOFF2 to TTF
with fontTools; outlines, axes and OpenType features are those of Inter 4.001.
"""

from __future__ import annotations

from importlib.resources import files

FAMILY = "Inter Variable"
FEATURES: tuple[str, ...] = ("ss02",)  # I l 1 0 O are told apart
FIGURES = "tnum"  # figures of one width


def inter() -> bytes:
    """Return the bytes of the variable TTF."""
    return files(__name__).joinpath("InterVariable.ttf").read_bytes()


def licence() -> str:
    """Return the font's licence, which travels with it."""
    return files(__name__).joinpath("OFL-1.1.txt").read_text("utf-8")
