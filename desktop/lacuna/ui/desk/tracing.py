"""Tracing: who wrote a span, by which run, and what became of it; from ribbon or caret."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject

from lacuna.report import edit
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap, ModelOrigin, Span
from lacuna.ui.editor.gap_words import gap_words
from lacuna.ui.editor.layers import certainty
from lacuna.ui.editor.report_panel import ReportPanel
from lacuna.ui.steering.acts import Act
from lacuna.ui.steering.card import CardAct, CardWords, Tint

CARD = "span"
_ACCEPT, _REJECT, _EDIT, _BACK = "accept", "reject", "edit", "take-back"
NOTHING = "Put the caret into the report first."
_NAMES = {
    Author.TYPED: "Typed by you",
    Author.TEMPLATE: "From the template",
    Author.MEASUREMENT: "Measured on the image",
    Author.PRIOR: "From the prior report",
    Author.MODEL: "Written by the model",
}
_STATES = {
    FillState.PROPOSED: "Proposed by the model, yours once you accept it",
    FillState.ACCEPTED: "Written by the model, accepted by you",
    FillState.EDITED: "Written by the model, edited by you",
    FillState.REJECTED: "Written by the model, rejected by you",
}
_BRIEF = 12  # figures of a hash that are read aloud


class Tracing(QObject):
    """Shows a card about one span. GUI thread only."""

    def __init__(self, panel: ReportPanel) -> None:
        super().__init__(panel)
        self._panel = panel
        self._span_id: str | None = None
        panel.act_chosen.connect(self._on_act)
        panel.span_chosen.connect(self.show_span)
        panel.kit.foot.acted.connect(self._on_acted)
        panel.report_changed.connect(self._on_changed)

    def show_span(self, span_id: str) -> None:
        """Go to a span and say who wrote it."""
        editor = self._panel.editor
        run = editor.binding.run_of(span_id)
        if run is None:
            return
        editor.focus_span(span_id)
        self._span_id = span_id
        self._panel.kit.foot.show_card(words_about(run.span))

    def _on_act(self, act: Act) -> None:
        if act is not Act.SPAN:
            return
        span = self._panel.editor.span_here()
        if span is None:
            self._panel.hint.emit(NOTHING)
        else:
            self.show_span(span.id)

    def _on_acted(self, key: str, act: str) -> None:
        span_id = self._span_id
        if key != CARD or span_id is None:
            return
        self._panel.kit.foot.withdraw(CARD)
        if act == _ACCEPT:
            self._panel.apply(lambda report: edit.accept(report, span_id))
        elif act in (_REJECT, _BACK):
            self._panel.apply(lambda report: edit.reject(report, span_id))
        elif act == _EDIT:
            self._select(span_id)

    def _select(self, span_id: str) -> None:
        """Select the span's words: what is typed next takes their place, and is the reader's."""
        run = self._panel.editor.binding.run_of(span_id)
        if run is not None:
            self._panel.editor.select(run.start, run.end)
            self._panel.editor.setFocus()

    def _on_changed(self) -> None:
        if self._span_id is not None and not self._stands(self._span_id):
            self._span_id = None
            self._panel.kit.foot.withdraw(CARD)

    def _stands(self, span_id: str) -> bool:
        return self._panel.editor.binding.run_of(span_id) is not None


def words_about(span: Span) -> CardWords:
    """Return the card about a span: who wrote it, and of the model's words which run."""
    if isinstance(span, Gap):
        return CardWords(CARD, "An open gap", gap_words(span.length), icon="brackets")
    origin = span.origin if isinstance(span, Fill | Fixed) else None
    facts = tuple(_facts(span, origin)) if origin is not None else ()
    icon, tint = ("brackets", Tint.MODEL) if origin is not None else ("signature", Tint.PLAIN)
    return CardWords(CARD, _title(span), "", tint, icon, facts=facts, acts=_acts(span))


def _title(span: Fill | Fixed | Span) -> str:
    if isinstance(span, Fill):
        return _STATES[span.state]
    if isinstance(span, Gap):
        return "An open gap"
    locked = ", locked by you" if isinstance(span, Fixed) else ""
    return _NAMES[span.author] + locked


def _facts(span: Span, origin: ModelOrigin) -> Iterator[tuple[str, str]]:
    settings = origin.settings
    yield "Model", f"{origin.model}   {origin.model_hash[:_BRIEF]}"
    yield "Run", f"seed {origin.seed}, {origin.step} of {settings.steps} steps"
    heat = f"temperature {settings.t_max:g} to {settings.t_min:g}"
    yield "Settings", f"{heat}, entropy bound {settings.entropy_bound:g}"
    if isinstance(span, Fill):
        sure = certainty(span).value
        yield "Certainty", f"{sure}, {span.mean_entropy:.2f} nats a token"
        if isinstance(span.replaced, Gap):
            yield "In place of", gap_words(span.replaced.length).rstrip(".")
        else:
            yield "In place of", f"“{span.replaced.text.strip()}”"
    if origin.demonstrator_on_patient:
        yield "Meaning", "none: a demonstrator about a picture that it cannot know"


def _acts(span: Span) -> tuple[CardAct, ...]:
    if not isinstance(span, Fill):
        return ()
    change = CardAct(_EDIT, "Edit")
    if span.state is FillState.PROPOSED:
        accept = CardAct(_ACCEPT, "Accept", "Ctrl+Enter", "check")
        return accept, CardAct(_REJECT, "Reject", "Ctrl+Backspace", "x"), change
    return CardAct(_BACK, "Take back"), change
