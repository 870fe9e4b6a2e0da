"""The strip of series at the left of the image: a small picture of each, to click or to drag."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDrag, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lacuna.study.model import Study
from lacuna.ui.paint import paint_box
from lacuna.ui.theme import KEY_RADIUS, Look, Role
from lacuna.ui.viewer.entries import Entry, entries_of
from lacuna.ui.viewer.viewports import SERIES_MIME
from lacuna.ui.widgets import Hairline, Panel, Words
from lacuna_resources.themes import ThemeName, load

WIDTH = 112
THUMBNAIL = QSize(88, 84)
ITEM_HEIGHT = 132  # picture, two lines of names, and the room below
_RING, _FOCUS, _GAP = 2.0, 3.0, 2.0  # the chosen one's ring, the keyboard's, what parts them from
# the picture: that is black in every theme, and so is a light theme's ring
_ON_BLACK = load(ThemeName.DARK)


class Thumbnail(QAbstractButton):
    """A series: its picture, how many frames it has, and ``[ ]`` if it goes to the model.

    Dragged, it carries ``number``, its place in the strip, to a viewport.
    """

    def __init__(
        self, look: Look, entry: Entry, number: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look, self.entry, self.number = look, entry, number
        self._image = QImage()
        self._sent = False
        self._pressed: QPoint | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedSize(THUMBNAIL.width(), ITEM_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name()

    def set_image(self, image: QImage) -> None:
        """Show a picture, whole, on black."""
        if image.isNull():
            return
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode
        self._image = image.scaled(THUMBNAIL * 2, keep, smooth.SmoothTransformation)
        self.update()

    def set_entry(self, entry: Entry) -> None:
        """Show the same series as it has grown."""
        self.entry = entry
        self._name()
        self.update()

    @property
    def image(self) -> QImage:
        """The small picture, null while there is none."""
        return self._image

    def set_sent(self, sent: bool) -> None:
        """Mark the series as going to the model."""
        if sent == self._sent:
            return
        self._sent = sent
        self._name()
        self.update()

    @property
    def sent(self) -> bool:
        """Whether the series goes to the model."""
        return self._sent

    def sizeHint(self) -> QSize:
        return self.size()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = QApplication.startDragDistance()
        pressed = self._pressed
        if pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (event.position().toPoint() - pressed).manhattanLength() >= far:
            self._pressed = None
            self.setDown(False)
            self._drag()

    def _drag(self) -> None:
        drag, data = QDrag(self), QMimeData()
        data.setData(SERIES_MIME, str(self.number).encode())
        drag.setMimeData(data)
        drag.setPixmap(self.grab())
        drag.exec(Qt.DropAction.CopyAction)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0, 0, THUMBNAIL.width(), THUMBNAIL.height())
        self._paint_picture(painter, box)
        if self.entry.document is not None:
            icon = QRectF(0, 0, 24, 24)
            icon.moveCenter(box.center())
            self._look.paint_icon(painter, "file-text", icon, _ON_BLACK.text.second)
        if self.entry.badge:
            self._paint_badge(painter, box.right() - 5, box.bottom() - 21, self.entry.badge)
        if self._sent:
            badge = QRectF(box.right() - 24, 5, 19, 19)
            paint_box(painter, badge, KEY_RADIUS, fill="#CC000000")
            inner = badge.adjusted(2.5, 2.5, -2.5, -2.5)
            self._look.paint_icon(painter, "brackets", inner, _ON_BLACK.model.text)
        self._paint_frame(painter, box)
        self._paint_names(painter)

    def _paint_picture(self, painter: QPainter, box: QRectF) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(box, KEY_RADIUS, KEY_RADIUS)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(box, QColor(_ON_BLACK.surface.image))
        size = self._image.size().scaled(THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(box.center())
        painter.drawImage(place, self._image)
        painter.restore()

    def _paint_badge(self, painter: QPainter, right: float, top: float, text: str) -> None:
        painter.setFont(self._look.font(Role.KEY))
        width = max(17.0, painter.fontMetrics().horizontalAdvance(text) + 8.0)
        badge = QRectF(right - width, top, width, 17)
        paint_box(painter, badge, KEY_RADIUS, fill="#CC000000")
        painter.setPen(QColor(_ON_BLACK.text.normal))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_frame(self, painter: QPainter, box: QRectF) -> None:
        theme = self._look.theme
        if self.hasFocus():
            self._paint_ring(painter, box, theme.line.focus, _FOCUS)
        elif self.isChecked():
            self._paint_ring(painter, box, theme.text.normal, _RING)
        else:
            colour = theme.line.control if self.underMouse() else theme.line.edge
            paint_box(painter, box, KEY_RADIUS, line=colour)

    def _paint_ring(self, painter: QPainter, box: QRectF, colour: str, width: float) -> None:
        """Ring the picture, with the strip's own ground between: it is seen on either side."""
        ground = self._look.theme.surface.window
        paint_box(painter, box, KEY_RADIUS, line=ground, width=width + _GAP)
        paint_box(painter, box, KEY_RADIUS, line=colour, width=width)

    def _paint_names(self, painter: QPainter) -> None:
        text = self._look.theme.text
        names = (
            (self.entry.title, Role.HEADING, text.strong, 3),
            (self.entry.details, Role.CAPTION, text.second, 19),
        )
        for words, role, colour, top in names:
            painter.setFont(self._look.font(role))
            painter.setPen(QColor(colour))
            cut = Qt.TextElideMode.ElideRight
            shown = painter.fontMetrics().elidedText(words, cut, THUMBNAIL.width())
            place = QRectF(0, THUMBNAIL.height() + top, THUMBNAIL.width(), 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)

    def _name(self) -> None:
        sent = ", sent to the model" if self._sent else ""
        number = f", series {self.entry.series.number}" if self.entry.series is not None else ""
        name = f"{self.entry.title}{number}{sent}"
        self.setAccessibleName(name)
        self.setToolTip(name)


class SeriesStrip(Panel):
    """112 px, its right pixel a hairline; scrolls where there are many series."""

    series_chosen = Signal(int)  # the place of the series in the study

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look.theme.surface.window, parent)
        self.setFixedWidth(WIDTH)
        self._look = look
        self._thumbnails: list[Thumbnail] = []
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._area)
        row.addWidget(Hairline(look, Qt.Orientation.Vertical))

    def show_study(self, study: Study, priors: Sequence[Study] = ()) -> None:
        """Show a study's series and documents, then its priors', the first one chosen."""
        self._show(entries_of(study, priors), {})
        self.set_current(0)

    def update_study(self, study: Study, priors: Sequence[Study] = ()) -> None:
        """Show the same study as it has grown; pictures and choice stay."""
        entries = entries_of(study, priors)
        if [one.entry.key for one in self._thumbnails] == [one.key for one in entries]:
            for thumbnail, entry in zip(self._thumbnails, entries, strict=True):
                thumbnail.set_entry(entry)
            return
        images = {one.entry.key: one.image for one in self._thumbnails}
        chosen = next((one.entry.key for one in self._thumbnails if one.isChecked()), None)
        self._show(entries, images)
        keys = [one.key for one in entries]
        self.set_current(keys.index(chosen) if chosen in keys else 0)

    def entries(self) -> tuple[Entry, ...]:
        """Return what the thumbnails stand for, in order."""
        return tuple(one.entry for one in self._thumbnails)

    def _show(self, entries: Sequence[Entry], images: dict[tuple[str, str, str], QImage]) -> None:
        self._thumbnails = [
            Thumbnail(self._look, entry, number) for number, entry in enumerate(entries)
        ]
        page = Panel(self._look.theme.surface.window)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 11, 0, 12)
        column.setSpacing(0)
        heading = ""
        for thumbnail in self._thumbnails:
            if thumbnail.entry.heading != heading:
                heading = thumbnail.entry.heading
                self._add_heading(column, heading)
            thumbnail.clicked.connect(self._on_click)
            thumbnail.set_image(images.get(thumbnail.entry.key, QImage()))
            column.addWidget(thumbnail)
        column.addStretch(1)
        self._area.setWidget(page)

    def _add_heading(self, column: QVBoxLayout, words: str) -> None:
        heading = Words(self._look, Role.CAPTION, self._look.theme.text.third, words)
        heading.setFixedHeight(16)
        column.addWidget(heading)
        column.addSpacing(11)

    def set_thumbnail(self, index: int, image: QImage) -> None:
        """Give a series its picture."""
        self._thumbnails[index].set_image(image)

    def set_current(self, index: int) -> None:
        """Mark the series on show."""
        if index < len(self._thumbnails):
            self._thumbnails[index].setChecked(True)
            self._area.ensureWidgetVisible(self._thumbnails[index])

    def set_sent(self, indices: frozenset[int]) -> None:
        """Mark the series that go to the model."""
        for index, thumbnail in enumerate(self._thumbnails):
            thumbnail.set_sent(index in indices)

    def thumbnails(self) -> tuple[Thumbnail, ...]:
        """Return the thumbnails, in the study's order."""
        return tuple(self._thumbnails)

    def _on_click(self) -> None:
        sender = self.sender()
        if isinstance(sender, Thumbnail):
            self.series_chosen.emit(self._thumbnails.index(sender))
