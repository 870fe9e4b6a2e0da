"""Marks under and over the report's text: clamps, bands, lines by certainty, gaps, the gutter.

Both passes paint in the document's coordinates; the editor translates by the scroll offset. Shape
carries each meaning, so that it is read without colour. GUI thread only.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QTextDocument

from lacuna.report.draft_mark import is_empty
from lacuna.report.model import Fill, FillState, Fixed, Gap, Span
from lacuna.ui.editor.binding import LINE_DISTANCE, Binding, Run
from lacuna.ui.editor.gap_object import GAP_MARGIN
from lacuna.ui.editor.gap_words import short_length
from lacuna.ui.editor.geometry import Piece, pieces
from lacuna.ui.editor.layers import Certainty, Layer, certainty
from lacuna.ui.editor.live import LiveToken, Shown
from lacuna.ui.editor.live_hand import LiveHand, LiveWord, words_of
from lacuna.ui.editor.live_painter import (
    Line,
    Placed,
    band,
    flow,
    paint_bands,
    paint_tokens,
    tones_of,
)
from lacuna.ui.editor.mark_paint import (
    EVIDENCE,
    Marked,
    mark_glyph,
    paint_marks_over,
    paint_marks_under,
)
from lacuna.ui.editor.spans import is_measured
from lacuna.ui.editor.styles import CLAMP_ROOM
from lacuna.ui.editor.typeface import Typeface
from lacuna.ui.paint import paint_box
from lacuna.ui.theme import SPAN_RADIUS, Look, Role

GUTTER = 40
BOX_AIR = 2.0  # by which a room of several lines stays apart from the line above
_GLYPH = 14.0
_RULE = 2.0  # a clamp's lines
_CLAMP_PAD = CLAMP_ROOM - 1  # from the letters to the outside of a side rule
_GAP_PAD = 4.0
_OVERHANG = 24.0  # pixels by which a draft may be longer than the text that it is painted over
_TICK, _TICK_STEP = (3.0, _RULE), 5.0  # a ruler's ticks: height and foot, and how far apart
_HATCH = 5.0  # pixels between the strokes of a hatch
_FAINT = 0.45  # opacity of a hatch behind words

_DASHES = {
    Certainty.SURE: None,
    Certainty.LESS: (5.0, 3.0),
    Certainty.UNSURE: (1.5, 2.5),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted. ``settling`` runs from 0 to 1 after a run has been written.

    ``meaningless``: the run under way is a demonstrator's about a picture that it cannot know.
    """

    look: Look
    face: Typeface
    layer: Layer
    focus: Run | None
    live: Shown | None
    settling: float = 1.0
    meaningless: bool = False
    hand: LiveHand | None = None
    marks: tuple[Marked, ...] = ()

    @property
    def above(self) -> float:
        """From the base line to the top of a box."""
        return self.face.pixels * 1.0 + 1

    @property
    def below(self) -> float:
        """From the base line to the bottom of a box."""
        return self.face.pixels * 0.375


class SpanPainter:
    """Paints one scene over one document."""

    def __init__(self, binding: Binding, scene: Scene) -> None:
        self._binding, self._scene, self._look = binding, scene, scene.look
        self._face, self._metrics = scene.face, scene.face.metrics
        self._laid: dict[str, list[Piece]] = {}  # where spans lie, in this frame
        self._live = self._placed_tokens()
        self._tones = tones_of(scene.look.theme, meaningless=scene.meaningless)

    def under(self, painter: QPainter) -> None:
        """Paint what lies behind the text."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for run in self._binding.runs():
            if run.span.id in self._live:
                self._live_bands(painter, run)
            elif isinstance(run.span, Fixed):
                self._clamp_back(painter, run)
            elif is_marked(run.span):
                self._fill_back(painter, run)
        scene = self._scene
        paint_marks_under(
            painter, scene.look, self._marked_pieces(), above=scene.above, below=scene.below
        )

    def over(self, painter: QPainter) -> None:
        """Paint what lies before the text, and the gutter."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for run in self._binding.runs():
            if run.span.id in self._live:
                painter.setFont(self._face.font)
                tokens = self._live[run.span.id]
                paint_tokens(painter, tokens, self._tones, self._scene.below)
            elif isinstance(run.span, Fixed):
                self._clamp(painter, run)
            elif isinstance(run.span, Gap):
                self._gap(painter, run)
            elif is_marked(run.span):
                self._fill_line(painter, run)
        paint_marks_over(painter, self._scene.look, self._marked_pieces(), self._scene.below)
        self._gutter(painter)
        self._focus(painter)
        self._hand(painter)

    def live_words(self) -> list[LiveWord]:
        """Return the words of the run on show, in reading order."""
        above, below = self._scene.above, self._scene.below
        words = (words_of(span, placed, above, below) for span, placed in self._live.items())
        return [word for group in words for word in group]

    def gap_box(self, run: Run) -> QRectF:
        """Return the box of a gap in the document's coordinates."""
        (piece,) = self._pieces(run)
        if self._has_lines(run):  # Qt leaves no room below an object that has a line to itself
            above = piece.baseline - piece.line_top
            return piece.box(above, 0.0, pad=-GAP_MARGIN)
        return piece.box(self._scene.above, self._scene.below, pad=-GAP_MARGIN)

    def _has_lines(self, run: Run) -> bool:
        room = self._scene.live.rooms.get(run.span.id) if self._scene.live else None
        return room is not None and room.lines > 1

    def _pieces(self, run: Run) -> list[Piece]:
        if run.span.id not in self._laid:
            self._laid[run.span.id] = pieces(self._document, run.start, run.end)
        return self._laid[run.span.id]

    @property
    def _document(self) -> QTextDocument:
        return self._binding.document

    # -- a run ---------------------------------------------------------------------------------

    def _placed_tokens(self) -> dict[str, list[Placed]]:
        live = self._scene.live
        if live is None:
            return {}
        found: dict[str, list[Placed]] = {}
        for run in self._binding.runs():
            tokens = live.tokens(run.span.id)
            if tokens is not None:
                found[run.span.id] = self._placed(run, tokens)
        return found

    def _placed(self, run: Run, tokens: list[LiveToken]) -> list[Placed]:
        return flow(tokens, self._lines(run), self._face.width_of)

    def _lines(self, run: Run) -> list[Line]:
        if not isinstance(run.span, Gap):
            return [Line(p.left, p.right + _OVERHANG, p.baseline) for p in self._reach(run)]
        box, below = self.gap_box(run), self._scene.below
        if not self._has_lines(run):
            return [Line(box.left(), box.right(), box.bottom() - below)]
        # Counted from the top, so that words stand still while the room opens beneath them.
        pitch = line_pitch(self._metrics)
        first = box.top() + pitch - BOX_AIR - below
        count = int((box.height() + BOX_AIR + 0.5) // pitch)
        return [Line(box.left(), box.right(), first + number * pitch) for number in range(count)]

    def _reach(self, run: Run) -> list[Piece]:
        live = self._scene.live
        last = self._binding.run_of(live.last(run.span.id)) if live else None
        return pieces(self._document, run.start, last.end if last else run.end)

    def _live_bands(self, painter: QPainter, run: Run) -> None:
        if isinstance(run.span, Gap):
            paint_box(
                painter,
                self.gap_box(run),
                SPAN_RADIUS,
                line=self._tones.now.background,
            )
        scene, tokens = self._scene, self._live[run.span.id]
        paint_bands(painter, tokens, self._tones, scene.above, scene.below)
        if scene.meaningless:
            for item in tokens:
                box = band(item, scene.above, scene.below)
                paint_hatch(painter, box, self._tones.settled.line, opacity=_FAINT)

    # -- spans at rest -------------------------------------------------------------------------

    def _clamp_back(self, painter: QPainter, run: Run) -> None:
        tone = self._look.theme.reader
        for piece in self._pieces(run):
            box = self._clamp_box(piece)
            painter.fillRect(box, QColor(tone.background))
            if is_measured(run.span):
                paint_ruler(painter, box, tone.line)
            if is_empty(run.span):
                paint_hatch(painter, box, self._look.theme.demonstrator.line, opacity=_FAINT)

    def _clamp_box(self, piece: Piece) -> QRectF:
        """The last letter's box ends behind the room that was made for the clamp."""
        box = piece.box(self._scene.above, self._scene.below)
        left = _CLAMP_PAD if piece.first else 0
        return box.adjusted(-left, 0, _CLAMP_PAD - CLAMP_ROOM if piece.last else 0, 0)

    def _fill_back(self, painter: QPainter, run: Run) -> None:
        theme = self._look.theme
        demonstrator = is_empty(run.span)
        tone = theme.demonstrator if demonstrator else theme.model
        painter.save()
        painter.setOpacity(self._scene.settling)
        for piece in self._pieces(run):
            box = piece.box(self._scene.above, self._scene.below)
            paint_box(painter, box, SPAN_RADIUS, fill=tone.background)
            if demonstrator:
                paint_hatch(painter, box, tone.line, opacity=_FAINT)
        painter.restore()

    def _clamp(self, painter: QPainter, run: Run) -> None:
        colour = QColor(self._look.theme.reader.line)
        for piece in self._pieces(run):
            box = self._clamp_box(piece)
            left, right, bottom = box.left(), box.right() - _RULE, box.bottom() - _RULE
            painter.fillRect(QRectF(left, bottom, box.width(), _RULE), colour)
            if piece.first:
                painter.fillRect(QRectF(left, box.top(), _RULE, box.height()), colour)
            if piece.last:
                painter.fillRect(QRectF(right, box.top(), _RULE, box.height()), colour)

    def _gap(self, painter: QPainter, run: Run) -> None:
        tone, box = self._look.theme.model, self.gap_box(run)
        paint_box(painter, box, _GAP_PAD, fill=tone.background)
        pen = QPen(QColor(tone.line), 1.25, c=Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([3.2, 2.4])
        painter.setPen(pen)
        painter.drawRoundedRect(box.adjusted(0.6, 0.6, -0.6, -0.6), _GAP_PAD, _GAP_PAD)
        painter.setFont(self._look.font(Role.ANCHOR, self._face.pixels))
        painter.setPen(QColor(tone.text))
        baseline = QPointF(0, box.bottom() - self._scene.below)
        words = short_length(run.span.length) if isinstance(run.span, Gap) else ""
        width = self._face.width_of(words)
        painter.drawText(QPointF(box.center().x() - width / 2, baseline.y()), words)

    def _fill_line(self, painter: QPainter, run: Run) -> None:
        theme, span = self._look.theme, run.span
        demonstrator = is_empty(span)
        tone = theme.demonstrator if demonstrator else theme.model
        if any(mark.kind in EVIDENCE and mark.start < run.end for mark in self._scene.marks):
            return  # where its words come from is told instead
        told = self._scene.layer is Layer.CERTAINTY and not demonstrator
        sure = certainty(span) if told and isinstance(span, Fill) else Certainty.SURE
        pen = line_pen(tone.line, sure)
        painter.setPen(pen)
        for piece in self._pieces(run):
            y = piece.baseline + self._scene.below - pen.widthF() / 2
            painter.drawLine(QLineF(piece.left, y, piece.right, y))

    def _hand(self, painter: QPainter) -> None:
        """Paint a ring round the words of a run that the reader points at."""
        if self._scene.hand is None or self._scene.hand.idle:
            return
        words = self.live_words()
        for word in self._scene.hand.chosen(words):
            for box in word.boxes:
                ring = box.adjusted(-1, -1, 2, 2)
                paint_box(painter, ring, SPAN_RADIUS, line=self._look.theme.line.focus, width=2)
        painter.setPen(QPen(QColor(self._look.theme.text.strong), 1.5))
        for word in self._scene.hand.struck(words):
            for box in word.boxes:
                painter.drawLine(
                    QLineF(box.left(), box.center().y(), box.right(), box.center().y())
                )

    def _marked_pieces(self) -> list[tuple[Marked, list[Piece]]]:
        if self._live:  # while it runs: token states only
            return []
        return [(m, pieces(self._document, m.start, m.end)) for m in self._scene.marks]

    # -- gutter and focus ----------------------------------------------------------------------

    def _gutter(self, painter: QPainter) -> None:
        lines: dict[float, tuple[int, str, str]] = {}
        for run in self._binding.runs():
            glyph = self._glyph(run)
            if glyph is None:
                continue
            for baseline in self._glyph_lines(run):
                lines[baseline] = min(glyph, lines.get(baseline, glyph))
        for marked, found in self._marked_pieces():
            glyph = mark_glyph(marked.kind, self._look.theme)
            if glyph is not None and found:
                line = found[0].baseline
                lines[line] = min(glyph, lines.get(line, glyph))
        for baseline, (_, name, colour) in lines.items():
            middle = baseline - self._metrics.xHeight() / 2
            box = QRectF((GUTTER - _GLYPH) / 2, middle - _GLYPH / 2, _GLYPH, _GLYPH)
            self._look.paint_icon(painter, name, box, colour)

    def _glyph_lines(self, run: Run) -> list[float]:
        if isinstance(run.span, Gap):
            return [line.baseline for line in self._lines(run)[:1]]
        return [piece.baseline for piece in self._pieces(run)]

    def _glyph(self, run: Run) -> tuple[int, str, str] | None:
        """Return (rank, icon, colour); the lowest rank is shown where a line has several."""
        theme, span = self._look.theme, run.span
        if isinstance(span, Gap):
            return 2, "brackets", theme.model.line
        if is_empty(span):  # accepted or not: a check would vouch for it
            return 0, "flask-conical", theme.demonstrator.line
        if not isinstance(span, Fill) or span.state is FillState.EDITED:
            return None
        if span.state is FillState.ACCEPTED:
            return 3, "check", theme.text.second
        if self._scene.layer is Layer.CERTAINTY and certainty(span) is Certainty.UNSURE:
            return 1, "circle-question-mark", theme.model.line
        return 2, "brackets", theme.model.line

    def _focus(self, painter: QPainter) -> None:
        run = self._scene.focus
        if run is None or run.span.id in self._live:
            return
        colour = self._look.theme.line.focus
        if isinstance(run.span, Gap):
            paint_box(painter, self.gap_box(run), _GAP_PAD, line=colour, width=2)
            return
        for piece in self._pieces(run):
            box = piece.box(self._scene.above + 1, self._scene.below + 2, pad=3)
            paint_box(painter, box, SPAN_RADIUS + 1, line=colour, width=2)


def is_marked(span: Span) -> bool:
    """Whether a model's words stand out from the text: until they are judged, empty ones always."""
    return is_empty(span) or (isinstance(span, Fill) and span.state is FillState.PROPOSED)


def lines_height(metrics: QFontMetricsF, lines: int) -> float:
    """Return the height of a gap's room of several lines, in pixels."""
    return lines * line_pitch(metrics) - BOX_AIR


def line_pitch(metrics: QFontMetricsF) -> float:
    """Return the distance between base lines of the report, in pixels."""
    return float(-(-metrics.height() // 1)) + LINE_DISTANCE


def line_pen(colour: str, sure: Certainty) -> QPen:
    """Return the pen of a fill's base line; the more broken, the less sure."""
    pen = QPen(QColor(colour), 1.5, c=Qt.PenCapStyle.FlatCap)
    dashes = _DASHES[sure]
    if dashes is not None:
        pen.setDashPattern([length / pen.widthF() for length in dashes])
    return pen


def paint_ruler(painter: QPainter, box: QRectF, colour: str) -> None:
    """Paint a ruler's ticks on the foot of a box, behind the descenders of its text."""
    height, bottom = _TICK
    x = box.left() + _TICK_STEP
    while x < box.right() - _RULE:
        painter.fillRect(QRectF(x, box.bottom() - bottom - height, 1, height), QColor(colour))
        x += _TICK_STEP


def paint_hatch(painter: QPainter, box: QRectF, colour: str, *, opacity: float = 1.0) -> None:
    """Paint diagonal strokes into a box."""
    painter.save()
    painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
    painter.setOpacity(painter.opacity() * opacity)
    painter.setPen(QPen(QColor(colour), 1.0))
    height = box.height()
    x = box.left() - height
    while x < box.right():
        painter.drawLine(QLineF(x, box.bottom(), x + height, box.top()))
        x += _HATCH
    painter.restore()
