"""What the model sees: the very pixels that are sent, and how many tokens they take. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from lacuna.ui.overlay import Overlay, bare_area
from lacuna.ui.theme import Look, Role
from lacuna.ui.viewer.image_painter import to_qimage
from lacuna.ui.viewer.key_images import KeyImage
from lacuna.ui.widgets import Button, IconButton, Kind, Words

WIDTH = 960
BY_RULE = "By the rule"
_COLUMNS = 3
_TILE = QSize(270, 240)
_APART = 12.0  # pixels between an image's name and its size
_NOTHING = "No image is sent."


class Preview(Overlay):
    """Shows each image as it is sent; lets one go, and chooses how many tokens an image takes."""

    dropped = Signal(int)  # an image, by its place: send it no longer
    tokens_chosen = Signal(object)  # int, or None: by the rule

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent, width=WIDTH)
        self._tiles: list[Tile] = []
        self._count = Words(look, Role.UI, look.theme.text.second)
        self._choices: dict[int | None, Button] = {}
        self._choice_row = QHBoxLayout()
        self._area = bare_area()
        self._lay_out()

    def show_images(
        self,
        images: Sequence[KeyImage],
        words: str,
        *,
        closable: bool,
        budgets: Sequence[int] = (),
        chosen: int | None = None,
    ) -> None:
        """Show what is sent.

        Args:
            images: in the order in which they are sent.
            words: how many, and how many tokens.
            closable: whether single ones can be let go.
            budgets: tokens that an image may be given; none where the model has one number.
            chosen: the reader's own number, None by the rule.
        """
        self._count.set_text(words if images else _NOTHING)
        self._tiles = [Tile(self._look, image, closable=closable) for image in images]
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 12, 0)
        grid.setSpacing(12)
        for number, tile in enumerate(self._tiles):
            tile.drop_button.clicked.connect(partial(self.dropped.emit, number))
            grid.addWidget(tile, number // _COLUMNS, number % _COLUMNS)
        grid.setRowStretch(len(self._tiles) // _COLUMNS + 1, 1)
        grid.setColumnStretch(_COLUMNS, 1)
        page.setStyleSheet("background: transparent;")
        self._area.setWidget(page)
        self._offer(budgets, chosen)

    def tiles(self) -> tuple[Tile, ...]:
        """Return the images shown."""
        return tuple(self._tiles)

    def choice(self, tokens: int | None) -> Button:
        """Return the button that chooses a number of tokens."""
        return self._choices[tokens]

    def _offer(self, budgets: Sequence[int], chosen: int | None) -> None:
        while (item := self._choice_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._choices = {}
        if not budgets:
            return
        for tokens in (None, *budgets):
            kind = Kind.PRIMARY if tokens == chosen else Kind.PLAIN
            words = BY_RULE if tokens is None else f"{tokens:,}"
            button = Button(self._look, words, kind=kind, height=28)
            button.clicked.connect(partial(self.tokens_chosen.emit, tokens))
            self._choices[tokens] = button
            self._choice_row.addWidget(button)
        label = Words(self._look, Role.LABEL, self._look.theme.text.second, "tokens an image")
        self._choice_row.addWidget(label)
        self._choice_row.addStretch(1)

    def _lay_out(self) -> None:
        look, text = self._look, self._look.theme.text
        close = Button(look, "Close", key="Esc")
        close.clicked.connect(self.close_overlay)
        head = QHBoxLayout()
        head.addWidget(Words(look, Role.DIALOG, text.strong, "What the model sees"))
        head.addStretch(1)
        head.addWidget(close)
        column = self.column()
        column.addLayout(head)
        column.addWidget(self._count)
        column.addWidget(self._area, 1)
        column.addLayout(self._choice_row)


class Tile(QWidget):
    """One image, whole, with its name and its size."""

    def __init__(self, look: Look, image: KeyImage, *, closable: bool) -> None:
        super().__init__()
        self._look, self.key_image = look, image
        self.image: QImage = to_qimage(image.picture.pixels)
        rows, columns = image.picture.pixels.shape[:2]
        self._size = f"{columns} x {rows}"
        self.words = f"{image.title}   {self._size}"
        self.setFixedSize(_TILE)
        self.setToolTip("" if self.caption() == image.title else self.words)
        self.setAccessibleName(self.words)
        self.drop_button = IconButton(look, "x", "Send this image no longer", size=28, parent=self)
        self.drop_button.move(_TILE.width() - 32, 4)
        self.drop_button.setVisible(closable)

    def caption(self) -> str:
        """Return the image's name as it is shown: cut where it would touch the size."""
        metrics = QFontMetricsF(self._look.font(Role.STATUS))
        room = _TILE.width() - metrics.horizontalAdvance(self._size) - _APART
        return metrics.elidedText(self.key_image.title, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0, 0, _TILE.width(), _TILE.height() - 24)
        painter.fillRect(box, QColor("#000000"))
        room = box.size().toSize()
        size = self.image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(0, 0, size.width(), size.height())
        place.moveCenter(box.center())
        painter.drawImage(place, self.image)
        painter.setFont(self._look.font(Role.STATUS))
        painter.setPen(QColor(self._look.theme.text.second))
        line = QRectF(0, box.bottom() + 4, _TILE.width(), 20)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self.caption())
        end = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(line, end, self._size)
