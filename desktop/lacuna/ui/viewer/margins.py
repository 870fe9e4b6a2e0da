"""Where in a viewport its texts, the letters of its sides and its scale bar stand, and their paint.

On a mammogram all of it keeps to the free side: what lies over tissue hides calcifications, and a
marker's place is away from the chest wall. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QRegion

from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.annotations import AT_DETECTOR, GAP, Corners, corner_texts, write_outlined
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.scale_bar import PlacedBar, paint_bar, placed_bar
from lacuna.ui.viewer.sheet import Sheet
from lacuna.ui.viewer.viewer_state import ViewState, edge_letters

_INSET = 16.0
_CLOSE = 10.0  # where several viewports share the room
_LINE = 20.0  # pixels from one line of corner text to the next
_BESIDE = 22.0  # pixels from a letter to the bar that shares its edge
_NAMED = 64.0  # what a prior keeps of its name, if its day is to stand in the same line
_CLEAR = 4.0  # pixels around a text that no line enters
_NEAR = _INSET + 1.0  # pixels between a text and its edge of the view
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_TOP, _BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
_MIDDLE, _ACROSS = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignHCenter


class Marked(Protocol):
    """What the corners say beside the picture's own facts."""

    @property
    def alone(self) -> bool:
        """Whether there is no other viewport."""

    @property
    def texts(self) -> bool:
        """Whether the corners are written at all."""

    @property
    def linked(self) -> bool:
        """Whether the viewport scrolls with others."""

    @property
    def kept(self) -> bool:
        """Whether the frame goes to the model."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text and where it stands, in view pixels."""

    text: str
    role: Role
    box: QRectF


@dataclass(frozen=True, slots=True)
class Margins:
    """All that stands around a picture."""

    written: tuple[Written, ...]
    bar: PlacedBar | None = None

    def boxes(self) -> tuple[QRectF, ...]:
        """Return where it all stands."""
        bar = (self.bar.box, self.bar.words) if self.bar is not None else ()
        return (*(one.box for one in self.written), *bar)

    def clear(self, view: QRectF) -> QRegion:
        """Return what reference lines leave free, so that everything here stays readable.

        That reaches to an edge of the ``view`` that is near: no stub of a line is left there.
        """
        found = QRegion()
        for box in self.boxes():
            wide = box.adjusted(-_CLEAR, -_CLEAR, _CLEAR, _CLEAR)
            if box.left() - view.left() <= _NEAR:
                wide.setLeft(view.left())
            if view.right() - box.right() <= _NEAR:
                wide.setRight(view.right())
            if box.top() - view.top() <= _NEAR:
                wide.setTop(view.top())
            if view.bottom() - box.bottom() <= _NEAR:
                wide.setBottom(view.bottom())
            found += wide.toAlignedRect()
        return found

    def paint(self, painter: QPainter, look: Look) -> None:
        """Paint it."""
        for one in self.written:
            font = look.font(one.role)
            ascent = QPointF(0.0, QFontMetricsF(font).ascent())
            write_outlined(painter, font, one.box.topLeft() + ascent, one.text)
        if self.bar is not None:
            paint_bar(painter, look, self.bar)


def margins_of(
    look: Look,
    box: QRectF,
    sheet: Sheet,
    state: ViewState,
    extras: Marked,
    rate: float = 0.0,
    size: str = "",
) -> Margins:
    """Lay out what stands around a picture within ``box``.

    Letters stay when the texts are put away: a side must never be in doubt. ``rate`` is cine's,
    ``size`` what size the picture is held at.
    """
    picture, wall = sheet.picture, chest_wall(sheet.picture, state)
    inset = _INSET if extras.alone else _CLOSE
    inner = box.adjusted(inset, inset, -inset, -inset)
    written = list(_letters(look, inner, picture, state, wall, roomy=extras.alone))
    if not extras.texts:
        return Margins(tuple(written))
    texts = corner_texts(picture, state, rate)
    if size:
        texts = replace(texts, bottom_right=GAP.join((size, texts.bottom_right)))
    written += _stacked(look, inner, texts, extras, wall) if wall else ()
    written += () if wall else _cornered(look, inner, texts, extras)
    beside = box.adjusted(_BESIDE * (wall > 0), 0, -_BESIDE * (wall < 0), 0)
    return Margins(tuple(written), placed_bar(look, beside, sheet, wall > 0))


def chest_wall(picture: Picture, state: ViewState) -> int:
    """Return at which edge of the view a mammogram's chest wall lies: -1 left, 1 right, 0 neither.

    By the letters of its sides; without them by its laterality, as mammograms are usually hung.
    """
    if picture.series.modality != "MG":
        return 0
    left, _, right, _ = edge_letters(picture.image.sides, state.turns, state.flipped)
    if left or right:
        return (right[:1] == "P") - (left[:1] == "P")
    usual = {"R": 1, "L": -1}.get(picture.image.laterality or picture.series.laterality, 0)
    if state.turns % 2:
        return 0
    return -usual if state.flipped != (state.turns == 2) else usual


def _letters(
    look: Look, inner: QRectF, picture: Picture, state: ViewState, wall: int, *, roomy: bool
) -> Iterator[Written]:
    """Yield one letter at a side, the left one unless the chest wall is there, and one at the top.

    Nothing at the top says more than the usual, head up.
    """
    left, top, right, _ = edge_letters(picture.image.sides, state.turns, state.flipped)
    aside, where = (right, _RIGHT) if wall < 0 else (left, _LEFT)
    yield from _put(look, Role.TITLE, inner, where | _MIDDLE, aside)
    # Where viewports share the room the corners reach the middle: the upper letter gives way.
    below = inner.adjusted(0.0, 0.0 if roomy else _LINE, 0.0, 0.0)
    yield from _put(look, Role.TITLE, below, _ACROSS | _TOP, "" if top == "H" else top)


def _cornered(look: Look, inner: QRectF, texts: Corners, extras: Marked) -> Iterator[Written]:
    """Yield the four corners; where two texts have no room in one line, the left one stays.

    But for a prior's day: for that its name is shortened, or a line of its own is begun.
    """
    above = texts.top_right, *texts.top_right.split(GAP)
    day = _size(look, Role.LABEL, above[1]).width() + _INSET if texts.dated else 0.0
    beside = inner.width() - day >= _NAMED + _size(look, Role.LABEL, texts.place).width()
    if texts.dated and not beside:
        yield from _put(look, Role.LABEL, inner.adjusted(0, _LINE, 0, 0), _LEFT | _TOP, above[1])
        day, above = 0.0, ()
    name = _named(look, texts, inner.width() - day)
    yield from _put(look, Role.LABEL, inner, _LEFT | _TOP, name)
    dated = _first_fitting(look, above, _beside(look, inner, name))
    yield from _put(look, Role.LABEL, inner, _RIGHT | _TOP, dated)
    lower = _lower(look, texts.bottom_left, inner.width())
    yield from _put(look, Role.LABEL, inner, _LEFT | _BOTTOM, lower)
    endings = _endings(look, texts, extras, _beside(look, inner, lower), inner.width())
    for number, words in enumerate(endings):
        line = inner.adjusted(0, 0, 0, -_LINE * number)
        yield from _put(look, Role.LABEL, line, _RIGHT | _BOTTOM, words)


def _beside(look: Look, inner: QRectF, left: str) -> float:
    """Return the room that a text at the left leaves in its line."""
    return inner.width() - _size(look, Role.LABEL, left).width() - _INSET


def _lower(look: Look, text: str, room: float) -> str:
    """Return how a picture is looked at within ``room``: what matters least goes first, whole.

    Cut off, lossy and lossless would read alike, and half a number is another number.
    """
    window = (part for part in text.split(GAP) if part.startswith("W "))
    for least in ("", "lossless", "text in the image", "lossy", *window):
        text = GAP.join(part for part in text.split(GAP) if part != least)
        if _size(look, Role.LABEL, text).width() <= room:
            return text
    return _elided(look, text, room)


def _stacked(
    look: Look, inner: QRectF, texts: Corners, extras: Marked, wall: int
) -> Iterator[Written]:
    """Yield the same texts in two lines above and two below, all on the side without chest wall.

    There are more below where there is no room for all of them in two.
    """
    side = _LEFT if wall > 0 else _RIGHT
    upper = inner.adjusted(0, _LINE, 0, 0)
    endings = _endings(look, texts, extras, inner.width(), inner.width())
    above = _first_fitting(look, (texts.top_right, *texts.top_right.split(GAP)), inner.width())
    yield from _put(look, Role.LABEL, inner, side | _TOP, _named(look, texts, inner.width()))
    yield from _put(look, Role.LABEL, upper, side | _TOP, above)
    for number, words in enumerate((_lower(look, texts.bottom_left, inner.width()), *endings)):
        line = inner.adjusted(0, 0, 0, -_LINE * number)
        yield from _put(look, Role.LABEL, line, side | _BOTTOM, words)


def _named(look: Look, texts: Corners, room: float) -> str:
    """Return name and place within ``room``: of a long name the end goes, the place never.

    A cut's name has shorter forms before that: half a number would be another number.
    """
    names = (texts.name, *texts.briefer)
    forms = tuple(replace(texts, name=name).top_left for name in names)
    whole = _first_fitting(look, forms, room)
    if whole:
        return whole
    place = _size(look, Role.LABEL, f"{GAP}{texts.place}").width()
    name = _elided(look, names[-1], room - place)
    return replace(texts, name=name).top_left


def _elided(look: Look, text: str, room: float) -> str:
    """Return a text, its end left out where it has no ``room``."""
    metrics = QFontMetricsF(look.font(Role.LABEL))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, 0.0))


def _endings(
    look: Look, texts: Corners, extras: Marked, room: float, width: float
) -> tuple[str, ...]:
    """Return the last corner's words, and what has lines of its own above them.

    Where there is no ``room`` for all in one line, how far the view is from fitting goes first.
    Lines above, of the whole ``width``, then tell what is sent and what scrolls along. The size of
    a pixel, and that it is not the patient's own, stand as one; it goes only where it says no more
    than the scale bar.
    """
    kept, linked = "to the model" * extras.kept, "synced" * extras.linked
    said = GAP.join(part for part in (kept, linked) if part)
    sizes = tuple(dict.fromkeys((texts.bottom_right, texts.spacing)))
    joined = tuple(GAP.join(part for part in (said, size) if part) for size in sizes)
    whole = _first_fitting(look, joined, room)
    if whole:
        return (whole,)
    last = _first_fitting(look, sizes, room)
    owed = texts.spacing if texts.spacing.endswith(AT_DETECTOR) and not last else ""
    own = ((owed,), (said, kept))
    return last, *filter(None, (_first_fitting(look, words, width) for words in own))


def _first_fitting(look: Look, choices: tuple[str, ...], room: float) -> str:
    fitting = (words for words in choices if _size(look, Role.LABEL, words).width() <= room)
    return next(fitting, "")


def _size(look: Look, role: Role, text: str) -> QSizeF:
    metrics = QFontMetricsF(look.font(role))
    return QSizeF(metrics.horizontalAdvance(text), metrics.height())


def _put(
    look: Look, role: Role, inner: QRectF, where: Qt.AlignmentFlag, text: str
) -> Iterator[Written]:
    """Yield a text at an edge or a corner of ``inner``; nothing for no text."""
    if not text:
        return
    box = QRectF(inner.topLeft(), _size(look, role, text))
    if where & _RIGHT:
        box.moveRight(inner.right())
    elif where & _ACROSS:
        box.moveLeft(inner.center().x() - box.width() / 2)
    if where & _BOTTOM:
        box.moveBottom(inner.bottom())
    elif where & _MIDDLE:
        box.moveTop(inner.center().y() - box.height() / 2)
    yield Written(text, role, box)
