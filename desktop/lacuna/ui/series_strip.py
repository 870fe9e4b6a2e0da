"""The strip of series at the left of the image: a small picture of each, to click."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lacuna.study.model import Series, Study
from lacuna.ui.paint import paint_box
from lacuna.ui.theme import KEY_RADIUS, Look, Role
from lacuna.ui.viewer.picture import frame_count
from lacuna.ui.widgets import Hairline, Panel, Words
from lacuna_resources.themes import ThemeName, load

WIDTH = 112
THUMBNAIL = QSize(88, 84)
ITEM_HEIGHT = 132  # picture, two lines of names, and the room below
_ON_BLACK = load(ThemeName.DARK)


def title_of(series: Series) -> str:
    """Return what a series is called: its view where all images share one, else its own name."""
    views = {image.view for image in series.images}
    view = views.pop() if len(views) == 1 else ""
    return view or series.description or series.modality or "Series"


class Thumbnail(QAbstractButton):
    """A series: its picture, how many frames it has, and ``[ ]`` if it goes to the model."""

    def __init__(self, look: Look, series: Series, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._series = look, series
        self._image = QImage()
        self._sent = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFixedSize(THUMBNAIL.width(), ITEM_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name()

    def set_image(self, image: QImage) -> None:
        """Show a picture, whole, on black."""
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode
        self._image = image.scaled(THUMBNAIL * 2, keep, smooth.SmoothTransformation)
        self.update()

    def set_sent(self, sent: bool) -> None:
        """Mark the series as going to the model."""
        self._sent = sent
        self._name()
        self.update()

    @property
    def sent(self) -> bool:
        """Whether the series goes to the model."""
        return self._sent

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0, 0, THUMBNAIL.width(), THUMBNAIL.height())
        self._paint_picture(painter, box)
        count = str(frame_count(self._series))
        self._paint_badge(painter, box.right() - 5, box.bottom() - 21, count)
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
        line = self._look.theme.line
        if self.hasFocus():
            paint_box(painter, box, KEY_RADIUS, line=line.focus, width=3)
        elif self.isChecked():
            paint_box(painter, box, KEY_RADIUS, line=self._look.theme.text.normal, width=2)
        else:
            colour = line.control if self.underMouse() else line.edge
            paint_box(painter, box, KEY_RADIUS, line=colour)

    def _paint_names(self, painter: QPainter) -> None:
        text = self._look.theme.text
        names = (
            (title_of(self._series), Role.HEADING, text.strong, 3),
            (f"se {self._series.number}", Role.CAPTION, text.second, 19),
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
        name = f"{title_of(self._series)}, series {self._series.number}{sent}"
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

    def show_study(self, study: Study) -> None:
        """Show a study's series, the first one chosen."""
        self._thumbnails = [Thumbnail(self._look, series) for series in study.series]
        page = Panel(self._look.theme.surface.window)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 11, 0, 12)
        column.setSpacing(0)
        heading = Words(self._look, Role.CAPTION, self._look.theme.text.third, "This study")
        heading.setFixedHeight(16)
        column.addWidget(heading)
        column.addSpacing(11)
        for thumbnail in self._thumbnails:
            thumbnail.clicked.connect(self._on_click)
            column.addWidget(thumbnail)
        column.addStretch(1)
        self._area.setWidget(page)
        self.set_current(0)

    def set_thumbnail(self, index: int, image: QImage) -> None:
        """Give a series its picture."""
        self._thumbnails[index].set_image(image)

    def set_current(self, index: int) -> None:
        """Mark the series on show."""
        if self._thumbnails:
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
