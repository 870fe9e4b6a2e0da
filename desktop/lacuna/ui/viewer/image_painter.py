"""Values -> pixels on screen: windowed, turned, scaled; redone only where something changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from lacuna.study.pixels import render
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.viewer_state import ViewState, fit_scale


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """Return grey (rows, columns) or RGB (rows, columns, 3) pixels as an image of its own."""
    pixels = np.ascontiguousarray(pixels)
    rows, columns = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, columns, rows, pixels.strides[0], kind).copy()


def image_to_view(box: QRectF, picture: Picture, state: ViewState) -> QTransform:
    """Return what takes image pixels, from the image's upper left corner, to view pixels."""
    rows, columns = picture.values.shape[:2]
    placed = _placed(box, picture, state, scale_of(picture, state, box.size()))
    return placed.translate(-columns / 2, -rows / 2)


def scale_of(picture: Picture, state: ViewState, view: QSizeF) -> float:
    """Return view pixels per image column."""
    rows, columns = picture.values.shape[:2]
    height = rows * picture.aspect
    fit = fit_scale(columns, height, view.width(), view.height(), state.turns)
    return fit * state.zoom


class Screen:
    """A buffer of 32 bit pixels under a QImage, used again for every frame of one size.

    Qt's own format for the screen: drawn three times as fast, scaled, as 8 bit greys are.
    """

    def __init__(self) -> None:
        self._pixels: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self.image = QImage()

    def show(self, pixels: NDArray[np.uint8]) -> QImage:
        """Take over grey (rows, columns) or RGB (rows, columns, 3) pixels; return the image."""
        rows, columns = pixels.shape[:2]
        if self._pixels.shape != (rows, columns):
            self._pixels = np.empty((rows, columns), np.uint32)
            kind = QImage.Format.Format_RGB32
            self.image = QImage(self._pixels.data, columns, rows, 4 * columns, kind)
        if pixels.ndim == 2:
            np.take(_GREYS, pixels, out=self._pixels, mode="clip")
            return self.image
        # Qt counts the bytes of a 32 bit pixel from the lowest: blue, green, red, nothing.
        parts = self._pixels.view(np.uint8).reshape(rows, columns, 4)
        parts[..., 2::-1] = pixels
        parts[..., 3] = 255
        return self.image


_GREYS = np.arange(256, dtype=np.uint32) * np.uint32(0x010101) | np.uint32(0xFF000000)


class ImagePainter:
    """Keeps the last windowed image, so that only a change of the window costs time.

    While the window is dragged, an image shown smaller than half its size is windowed at the size
    that is seen; the full one follows when the drag ends.
    """

    def __init__(self) -> None:
        # The picture itself, not its id(): a freed picture's id goes to the next one, and then one
        # patient's image would stand under another's name.
        self._picture: Picture | None = None
        self._key: tuple[Any, ...] = ()
        self._screen = Screen()
        self._image = QImage()

    def paint(
        self, painter: QPainter, box: QRectF, picture: Picture, state: ViewState, *, quick: bool
    ) -> None:
        """Paint the picture into ``box``, centred. ``quick``: speed before smoothness."""
        scale = scale_of(picture, state, box.size())
        ratio = painter.device().devicePixelRatioF()
        image = self._windowed(picture, state, scale * ratio, quick=quick)
        rows, columns = picture.values.shape[:2]
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setTransform(_placed(box, picture, state, scale), combine=True)
        target = QRectF(-columns / 2, -rows / 2, columns, rows)
        painter.drawImage(target, image, QRectF(image.rect()))
        painter.restore()

    def _windowed(
        self, picture: Picture, state: ViewState, density: float, *, quick: bool
    ) -> QImage:
        stride = max(1, math.floor(1 / density)) if quick else 1
        size = round(picture.values.shape[1] * density) if density < 0.5 and not quick else 0
        key = (state.window, state.invert, stride, size)
        if picture is not self._picture or key != self._key:
            values = picture.values[::stride, ::stride]
            pixels = render(values, state.window, state.invert != picture.low_is_bright)
            self._image = _shrunk(self._screen.show(picture.veiled(pixels, stride)), size)
            self._picture, self._key = picture, key
        return self._image


def _shrunk(image: QImage, width: int) -> QImage:
    """Return the image averaged down to ``width``; bilinear sampling alone would skip pixels."""
    if not width:
        return image
    height = max(1, round(image.height() * width / image.width()))
    ignore = Qt.AspectRatioMode.IgnoreAspectRatio
    return image.scaled(width, height, ignore, Qt.TransformationMode.SmoothTransformation)


def _placed(box: QRectF, picture: Picture, state: ViewState, scale: float) -> QTransform:
    centre = box.center() + QPointF(*state.pan)
    transform = QTransform.fromTranslate(centre.x(), centre.y())
    transform.rotate(90.0 * state.turns)
    return transform.scale(-scale if state.flipped else scale, scale * picture.aspect)
