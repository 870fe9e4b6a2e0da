"""The report as it is set on paper: type size, room for gaps, the scene, and what lies where.

Points come and go in the viewport's coordinates. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, QRect, QSizeF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QTextEdit

from lacuna.report.model import Gap
from lacuna.ui.editor import caret
from lacuna.ui.editor.binding import GAP_OBJECT, Binding, Run
from lacuna.ui.editor.gap_object import GAP_MARGIN, GapObject
from lacuna.ui.editor.gap_words import short_length
from lacuna.ui.editor.geometry import lay_out, pieces
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.live import Setting
from lacuna.ui.editor.live_hand import LiveHand, LiveWord
from lacuna.ui.editor.live_view import LiveView
from lacuna.ui.editor.mark_paint import EVIDENCE, Marked
from lacuna.ui.editor.painter import GUTTER, Scene, SpanPainter, lines_height
from lacuna.ui.editor.spans import is_measured
from lacuna.ui.editor.styles import Styler
from lacuna.ui.editor.typeface import Typeface
from lacuna.ui.paint import painting
from lacuna.ui.theme import Look

RIGHT_MARGIN = 32
_TOP_MARGIN = 14
_SMALLEST, _LARGEST = 14, 24  # pixels, the report's zoom


class Paper:
    """Sets one editor's document and paints its marks. ``live`` and ``hand`` are of its run."""

    def __init__(
        self, view: QTextEdit, binding: Binding, look: Look, live: LiveView, hand: LiveHand
    ) -> None:
        self._view, self._binding, self._look = view, binding, look
        self._live, self._hand = live, hand
        self._layer, self._meaningless = Layer.CERTAINTY, False
        self._marks: Callable[[], tuple[Marked, ...]] = tuple
        self._face = Typeface(look)
        self.styler = Styler(binding, look)
        self._set_margins()
        self._gap_object = GapObject(view.document(), self._gap_size)
        view.document().documentLayout().registerHandler(GAP_OBJECT, self._gap_object)

    # -- the look ------------------------------------------------------------------------------

    def set_layer(self, layer: Layer) -> None:
        """Tell something else by colours and lines."""
        self._layer = layer
        self.styler.set_layer(layer)
        self.repaint()

    def set_marks(self, marks: Callable[[], tuple[Marked, ...]]) -> None:
        """Say where to ask for marks: they move with the text, so they are asked for each frame."""
        self._marks = marks

    def set_meaningless(self, meaningless: bool) -> None:
        """Say whether what the model writes now means nothing about the picture."""
        self._meaningless = meaningless
        self.repaint()

    @property
    def pixels(self) -> int:
        """The size of the report's type."""
        return self._face.pixels

    def zoom(self, by: int) -> None:
        """Make the report's text larger or smaller, by pixels, within its bounds."""
        pixels = min(max(self.pixels + by, _SMALLEST), _LARGEST)
        self._face = Typeface(self._look, pixels)
        self.styler.set_look(self._look, self.pixels)
        self.relayout_gaps()

    # -- painting ------------------------------------------------------------------------------

    def painter(self) -> SpanPainter:
        """Return what paints the marks of the report as it stands now."""
        return SpanPainter(self._binding, self._scene())

    def paint(self, act: Callable[[QPainter], None], event: QPaintEvent) -> None:
        """Let one of the painter's passes paint, in the document's coordinates."""
        with painting(self._view.viewport()) as painter:
            painter.setClipRect(event.rect())
            painter.translate(-self.scroll())
            act(painter)

    def repaint(self) -> None:
        """Ask for a new frame."""
        self._view.viewport().update()

    def relayout_gaps(self) -> None:
        """Ask every gap for its size anew."""
        lay_out(self._view.document())
        for run in self._gaps():
            self._view.document().markContentsDirty(run.start, 1)
        self.repaint()

    # -- sizes ---------------------------------------------------------------------------------

    def setting(self) -> Setting:
        """Return how text is set, for whoever keeps room for it."""
        return Setting(self.measure(), self.pixels, self._face.width_of)

    def measure(self) -> float:
        """Return how long a line is, in pixels."""
        return float(self._view.viewport().width() - GUTTER - RIGHT_MARGIN)

    def scroll(self) -> QPointF:
        """Return the viewport's place in the document."""
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        return QPointF(across.value(), down.value())

    # -- what lies where -----------------------------------------------------------------------

    def span_boxes(self, span_id: str) -> list[QRect]:
        """Return where a span's lines lie."""
        run = self._binding.run_of(span_id)
        if run is None:
            return []
        scene, offset = self._scene(), -self.scroll()
        return [
            piece.box(scene.above, scene.below).translated(offset).toAlignedRect()
            for piece in pieces(self._view.document(), run.start, run.end)
        ]

    def position_at(self, point: QPoint) -> int:
        """Return the document's position nearest to a point."""
        return self._view.cursorForPosition(point).position()

    def gap_at(self, point: QPointF) -> Run | None:
        """Return the gap at a point."""
        marks, place = self.painter(), point + self.scroll()
        return next((run for run in self._gaps() if marks.gap_box(run).contains(place)), None)

    def measured_at(self, point: QPoint) -> Run | None:
        """Return the measurement at a point."""
        runs = (run for run in self._binding.runs() if is_measured(run.span))
        boxes = ((run, self.span_boxes(run.span.id)) for run in runs)
        return next((run for run, lines in boxes if any(b.contains(point) for b in lines)), None)

    def run_at(self, point: QPoint) -> Run | None:
        """Return the span at a point."""
        return self.gap_at(QPointF(point)) or self._binding.run_at(self.position_at(point))

    def marked_at(self, position: int) -> bool:
        """Whether a mark stands at a position of the document."""
        return any(mark.start <= position <= mark.end for mark in self._marks())

    def live_words(self) -> list[LiveWord]:
        """Return the words of the run under way, in reading order."""
        return self.painter().live_words() if self._live.run is not None else []

    # -- inside --------------------------------------------------------------------------------

    def _set_margins(self) -> None:
        self._view.document().setDocumentMargin(0)
        frame = self._view.document().rootFrame()
        margins = frame.frameFormat()
        margins.setLeftMargin(GUTTER)
        margins.setRightMargin(RIGHT_MARGIN)
        margins.setTopMargin(_TOP_MARGIN)
        margins.setBottomMargin(_TOP_MARGIN)
        frame.setFrameFormat(margins)

    def _scene(self) -> Scene:
        evidence = self._layer is Layer.EVIDENCE
        return Scene(
            self._look,
            self._face,
            self._layer,
            caret.focused(self._binding, self._view.textCursor()),
            self._live.shown,
            self._live.settling,
            self._meaningless,
            self._hand,
            tuple(mark for mark in self._marks() if evidence or mark.kind not in EVIDENCE),
        )

    def _gaps(self) -> list[Run]:
        return [run for run in self._binding.runs() if isinstance(run.span, Gap)]

    def _gap_size(self, span_id: str) -> QSizeF:
        metrics = self._face.metrics
        words = short_length(self._binding.length_of(span_id))
        width = self._face.width_of(words) + self.pixels + 2 * GAP_MARGIN
        height = metrics.ascent()
        shown = self._live.shown
        room = shown.rooms.get(span_id) if shown is not None else None
        if room is None:
            return QSizeF(width, height)
        if room.lines == 1:
            return QSizeF(width + (room.width - width) * self._live.opening, height)
        full = lines_height(metrics, room.lines)
        return QSizeF(self.measure(), height + (full - height) * self._live.opening)
