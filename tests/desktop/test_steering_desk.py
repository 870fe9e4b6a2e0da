"""The acts of steering in the whole window, on a scripted engine: keys in, report out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from lacuna.app import Application
from lacuna.paths import locate
from lacuna.report import edit, markup
from lacuna.report.model import Author, Fill, FillState, Fixed, Gap, Report, Soft
from lacuna.report.request import READER
from lacuna.settings import Settings, load_settings
from lacuna.ui.desk.filling import OWN_VIEW_CHIP
from lacuna.ui.desk.following import FOLLOW_ME, KEEP_OWN, NO_CHOICE
from lacuna.ui.editor.layers import Layer
from lacuna.ui.editor.mark_paint import MarkKind
from lacuna.ui.steering.acts import ENTRIES, Act
from lacuna.ui.steering.card import Card
from lacuna.ui.theme import dress, make_look
from lacuna.ui.widgets import Button, Chip
from lacuna.work.engine_worker import LoadProgress, ModelChoice
from lacuna_models import api
from lacuna_models.scripted import INFO, ScriptedEngine
from lacuna_models.scripted_scores import Opinions
from lacuna_resources.samples import sample_study
from tests.e2e import drive

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key
FIRST = ("Small left effusion. No pneumothorax.", "Moderate left effusion.", "Left basal opacity.")
SECOND = ("Left effusion.", "Effusion on the left.")
BOUNDS = api.ScoreBounds(1.0, 1.0, 1.0, 2.0, 1.0)
OPINIONS = Opinions(
    doubts={"right": "left"},
    sources={"No pneumothorax.": api.Source.HABIT},
    wordings={"The heart is big.": "The heart is enlarged."},
    refusals={"A right nodule.": "The side would have changed."},
)


class Scripted(ScriptedEngine):
    """Says FIRST in a request's first gap and SECOND in its second; remembers what it was asked."""

    def __init__(self, steps: int) -> None:
        info = dataclasses.replace(INFO, bounds=BOUNDS)
        super().__init__(steps=steps, delay=0.002, info=info, opinions=OPINIONS)
        self.requests: list[api.FillRequest] = []

    def fill(
        self,
        request: api.FillRequest,
        cancel: api.CancelToken | None = None,
        commands: api.Commands | None = None,
    ) -> Iterator[api.StepEvent | api.Done]:
        self.requests.append(request)
        gaps = [s.id for s in request.segments if isinstance(s, api.Gap)]
        self._script = dict(zip(gaps, (FIRST, SECOND), strict=False))
        yield from super().fill(request, cancel, commands)


class Desk:
    """The window with the sample study open."""

    def __init__(self, application: Application, engine: Scripted) -> None:
        self.application, self.parts, self.engine = application, application.parts, engine
        self.panel, self.kit = self.parts.panel, self.parts.panel.kit
        self.editor = self.panel.editor
        self.hints: list[str] = []
        self.panel.hint.connect(self.hints.append)

    def press(self, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
        drive.press(self.editor, key, *held)

    def type(self, text: str) -> None:
        drive.type_text(self.editor, text)

    def fill(self) -> None:
        self.press(KEY.Key_G, CTRL)
        drive.wait_for_end(self.application)

    def first_proposal(self) -> None:
        self.press(KEY.Key_Home, CTRL)
        self.press(KEY.Key_Tab)

    @property
    def report(self) -> Report:
        return self.panel.report()

    @property
    def text(self) -> str:
        return markup.render(self.report)

    def chips(self) -> str:
        chips = self.panel.findChildren(Chip)
        return " ".join(chip.accessibleName() for chip in chips if not chip.isHidden())

    @property
    def settings_file(self) -> Path:
        return self.application._paths.settings

    def wait_for_marks(self, *groups: str) -> None:
        drive.wait_for(lambda: bool(self.kit.marks.standing(*groups)), "marks")


@pytest.fixture
def desk(qapp: QApplication, data_dir: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    look = make_look()
    dress(qapp, look)
    engine = Scripted(getattr(request, "param", 4))

    def make(_choice: ModelChoice, _progress: LoadProgress) -> Scripted:
        return engine

    application = Application(look, Settings(), locate(data_dir), make)
    application.start(ModelChoice(), sample=False)
    drive.wait_for_model(application)
    application.parts.opening.open_paths([sample_study()])
    drive.wait_for(lambda: application.parts.session.case is not None, "the case")
    yield Desk(application, engine)
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    application.close()
    application.parts.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_alternatives_are_cycled_in_place_each_one_undo_step(desk: Desk) -> None:
    desk.fill()
    desk.first_proposal()
    before = desk.report
    desk.press(KEY.Key_Down, ALT)
    assert desk.kit.choices.isVisible()
    assert [row.text for row in desk.kit.choices.rows] == list(FIRST)
    assert desk.report == before, "the list alone changes nothing"
    desk.press(KEY.Key_Down, ALT)
    assert FIRST[1] in desk.text
    assert FIRST[0] not in desk.text
    assert desk.kit.choices.at == 1
    desk.press(KEY.Key_Up, ALT)
    assert FIRST[0] in desk.text
    desk.press(KEY.Key_Z, CTRL)
    assert FIRST[1] in desk.text
    desk.press(KEY.Key_Z, CTRL)
    assert desk.report == before
    desk.press(KEY.Key_Right, CTRL)
    desk.press(KEY.Key_End, CTRL)
    desk.press(KEY.Key_Escape)
    assert not desk.kit.choices.isVisible()


def test_a_gap_in_focus_is_filled_for_its_alternatives_alone(desk: Desk) -> None:
    desk.press(KEY.Key_Home, CTRL)
    desk.press(KEY.Key_Tab)
    desk.press(KEY.Key_Down, ALT)
    drive.wait_for_end(desk.application)
    assert desk.kit.choices.isVisible()
    assert len(list(edit.gaps(desk.report))) == 1, "the other gap is left alone"


def test_part_of_a_proposal_that_is_the_reader_s_is_not_exchanged(desk: Desk) -> None:
    desk.fill()
    desk.first_proposal()
    desk.press(KEY.Key_Return, CTRL)
    before = desk.report
    desk.press(KEY.Key_Backtab, SHIFT)
    desk.first_proposal()
    desk.press(KEY.Key_Down, ALT)
    desk.press(KEY.Key_Down, ALT)
    assert desk.report == before
    assert desk.hints


@pytest.mark.parametrize("desk", [10_000], indirect=True)
def test_words_are_locked_and_struck_while_it_runs_and_it_pauses_and_steps(desk: Desk) -> None:
    steps: list[api.StepEvent] = []
    desk.parts.worker.stepped.connect(steps.append)
    desk.press(KEY.Key_G, CTRL)
    drive.wait_for(lambda: len(steps) > 2, "steps")
    desk.press(KEY.Key_P, CTRL)
    desk.press(KEY.Key_Right, ALT)
    (word,) = desk.editor.run.chosen_words()
    desk.press(KEY.Key_L, CTRL)
    count = len(steps)
    desk.press(KEY.Key_Period, CTRL)
    drive.wait_for(lambda: len(steps) > count and bool(steps[-1].locked), "a locked word")
    locked = [t for s in steps[-1].spans for t in s.tokens if t.state is api.TokenState.LOCKED]
    assert "".join(t.text for t in locked).strip() == word.text
    desk.press(KEY.Key_Right, ALT)
    (struck,) = desk.editor.run.chosen_words()
    desk.press(KEY.Key_X, CTRL, SHIFT)
    count = len(steps)
    desk.press(KEY.Key_Period, CTRL)
    drive.wait_for(lambda: len(steps) > count, "one more step")
    place = struck.tokens[0].position
    now = [t for s in steps[-1].spans for t in s.tokens if t.position == place]
    assert all(token.text.strip() != struck.text for token in now)
    desk.press(KEY.Key_Escape)
    drive.wait_for_end(desk.application)
    anchors = [span.text for span in desk.report.spans() if isinstance(span, Fixed)]
    assert word.text in anchors


@pytest.mark.parametrize("desk", [10_000], indirect=True)
def test_what_is_typed_while_it_runs_is_told_to_the_run(desk: Desk) -> None:
    steps: list[api.StepEvent] = []
    desk.parts.worker.stepped.connect(steps.append)
    desk.press(KEY.Key_G, CTRL)
    drive.wait_for(lambda: len(steps) > 2, "steps")
    desk.press(KEY.Key_End, CTRL)
    desk.type(" The heart is big. [...]")
    drive.wait_for(lambda: steps[-1].edition > 0, "the edit")
    drive.wait_for(lambda: len(steps[-1].spans) == 3, "the new gap in the run")
    desk.press(KEY.Key_Escape)
    drive.wait_for_end(desk.application)
    assert " The heart is big. " in desk.text


def test_an_earlier_step_is_taken_up_again_as_one_undo_step(desk: Desk) -> None:
    desk.fill()
    settled = desk.report
    desk.press(KEY.Key_Comma, CTRL)
    desk.press(KEY.Key_Comma, CTRL)
    shown = desk.panel.player.shown
    assert shown is not None
    desk.panel._dock.continue_clicked.emit()
    drive.wait_for_end(desk.application)
    start = desk.engine.requests[-1].start
    assert start is not None
    assert start.step == shown[0].steps[shown[1]].step
    assert not list(edit.gaps(desk.report))
    assert len(desk.panel.player.runs.all) == 2
    desk.press(KEY.Key_Z, CTRL)
    assert desk.report == settled


def test_going_on_never_takes_what_the_reader_typed_since(desk: Desk) -> None:
    desk.fill()
    desk.press(KEY.Key_End, CTRL)
    desk.type(" Typed later.")
    desk.press(KEY.Key_Comma, CTRL)
    desk.press(KEY.Key_Comma, CTRL)
    desk.panel._dock.continue_clicked.emit()
    drive.wait_for_end(desk.application)
    assert desk.text.endswith(" Typed later.")


def test_an_older_run_is_looked_at_and_changes_nothing(desk: Desk) -> None:
    desk.fill()
    desk.fill()
    before = desk.report
    desk.panel.player.choose(1)
    assert desk.panel.player.page.isVisible()
    desk.panel.player.go(0)
    assert desk.report == before
    desk.press(KEY.Key_Return, CTRL)
    assert desk.editor.isVisible()
    assert desk.report == before, "nothing is judged unseen"


def test_f7_leads_to_a_contradiction_that_is_changed_or_kept(desk: Desk) -> None:
    desk.press(KEY.Key_End, CTRL)
    desk.type(" A right nodule, a right effusion.")
    desk.press(KEY.Key_F7)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the card")
    card = desk.kit.foot.card
    assert card is not None
    assert "left" in card.title
    assert ("left", 0.9) in card.scores
    desk.press(KEY.Key_Return, CTRL)
    assert "A left nodule, a right effusion." in desk.text
    desk.press(KEY.Key_F7)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the next card")
    desk.press(KEY.Key_Backspace, CTRL)
    assert "A left nodule, a right effusion." in desk.text
    assert not desk.kit.marks.standing("radar"), "kept: not said again"
    desk.press(KEY.Key_Z, CTRL)
    assert "A right nodule, a right effusion." in desk.text


def test_an_anchor_is_marked_but_never_changed(desk: Desk) -> None:
    desk.press(KEY.Key_End, CTRL)
    desk.type(" A right nodule.")
    for _ in range(len("right nodule.")):
        desk.press(KEY.Key_Left, SHIFT)
    desk.press(KEY.Key_L, CTRL)
    desk.press(KEY.Key_F7)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the card")
    card = desk.kit.foot.card
    assert card is not None
    assert [act.id for act in card.acts] == ["keep"]
    assert "Unlock it" in card.text
    assert [s.text for s in desk.report.spans() if isinstance(s, Fixed)] == ["right nodule."]


def test_marks_come_when_the_reader_rests_and_go_with_their_words(desk: Desk) -> None:
    desk.press(KEY.Key_End, CTRL)
    desk.type(" On the right.")
    desk.wait_for_marks("radar")
    (standing,) = desk.kit.marks.standing("radar")
    assert standing.mark.kind is MarkKind.CONTRADICTION
    desk.press(KEY.Key_Home)
    desk.type("Well. ")
    (moved,) = desk.kit.marks.standing("radar")
    assert moved.start == standing.start + len("Well. ")
    desk.press(KEY.Key_End)
    desk.press(KEY.Key_Left)
    desk.press(KEY.Key_Backspace)
    assert not desk.kit.marks.standing("radar")


def test_evidence_is_told_sentence_by_sentence(desk: Desk) -> None:
    desk.fill()
    desk.panel._header._switch.choose(Layer.EVIDENCE)
    desk.wait_for_marks("evidence")
    kinds = {s.mark.text.strip(): s.mark.kind for s in desk.kit.marks.standing("evidence")}
    assert kinds["No pneumothorax."] is MarkKind.HABIT
    assert kinds["Small left effusion."] is MarkKind.PICTURE


def test_what_no_longer_fits_is_offered_and_only_that_is_filled_again(desk: Desk) -> None:
    desk.engine._default = "A right nodule."
    desk.fill()
    desk.engine._opinions = dataclasses.replace(OPINIONS, doubts={"pneumothorax": "effusion"})
    desk.press(KEY.Key_End, CTRL)
    desk.type(" Chest tube in place.")
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the offer")
    stood = desk.text
    desk.press(KEY.Key_R, CTRL, SHIFT)
    drive.wait_for_end(desk.application)
    free = [s for s in desk.engine.requests[-1].segments if not isinstance(s, api.Fixed)]
    assert [s.text.strip() for s in free if isinstance(s, api.Soft)] == ["No pneumothorax."]
    assert len(free) == 1
    desk.press(KEY.Key_Z, CTRL)
    assert desk.text == stood


def test_house_style_proposes_and_refuses_with_the_reason(desk: Desk) -> None:
    desk.press(KEY.Key_Home, CTRL)
    desk.press(KEY.Key_Down)
    desk.type("The heart is big. A right nodule. ")
    desk.press(KEY.Key_H, CTRL, SHIFT)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the refusal")
    card = desk.kit.foot.card
    assert card is not None
    assert "The side would have changed." in card.text
    (proposal,) = edit.proposals(desk.report)
    assert "The heart is enlarged." in proposal.text
    assert isinstance(proposal.replaced, Soft)
    desk.press(KEY.Key_Z, CTRL)
    assert "The heart is big. A right nodule. " in desk.text


@pytest.mark.parametrize(("key", "gaps"), [(KEY.Key_I, 1), (KEY.Key_F, 1), (KEY.Key_N, 2)])
def test_sections_are_filled_from_each_other_around_what_stands(
    desk: Desk, key: Qt.Key, gaps: int
) -> None:
    desk.fill()
    desk.press(KEY.Key_End, CTRL)
    desk.type(" Typed.")
    settled = desk.report
    desk.press(key, CTRL, SHIFT)
    drive.wait_for_end(desk.application)
    free = [s for s in desk.engine.requests[-1].segments if isinstance(s, api.Gap)]
    assert len(free) == gaps
    assert " Typed." in desk.text
    desk.press(KEY.Key_Z, CTRL)
    assert desk.report == settled, "room and fill are one undo step"


def test_words_to_the_model_go_with_each_run_until_left_out(desk: Desk) -> None:
    desk.press(KEY.Key_T, CTRL, SHIFT)
    drive.type_text(desk.kit.instruct.line, "Be brief.")
    drive.press(desk.kit.instruct.line, KEY.Key_Return)
    desk.fill()
    assert desk.engine.requests[-1].prompt.instruction == "Be brief."
    desk.panel.chip_left_out.emit("instruction")
    desk.press(KEY.Key_G, CTRL)
    drive.wait_for_end(desk.application)
    assert desk.engine.requests[-1].prompt.instruction == ""


def test_an_answer_goes_into_the_report_as_a_proposal(desk: Desk) -> None:
    desk.press(KEY.Key_End, CTRL)
    desk.press(KEY.Key_A, CTRL, SHIFT)
    drive.type_text(desk.kit.ask.line, "Is there an effusion?")
    drive.press(desk.kit.ask.line, KEY.Key_Return)
    drive.wait_for(lambda: bool(desk.kit.ask.texts), "the answer")
    assert desk.kit.ask.texts == FIRST
    desk.kit.ask.insert_wanted.emit(1)
    (proposal,) = edit.proposals(desk.report)
    assert (proposal.text, proposal.state) == (FIRST[1], FillState.PROPOSED)
    assert proposal.origin.model == INFO.name
    desk.press(KEY.Key_Z, CTRL)
    assert not list(edit.proposals(desk.report))


def test_the_ribbon_tells_who_wrote_a_span_and_lets_it_be_judged(desk: Desk) -> None:
    desk.fill()
    fills = [span for span in desk.report.spans() if isinstance(span, Fill)]
    desk.panel.span_chosen.emit(fills[0].id)
    card = desk.kit.foot.card
    assert card is not None
    facts = dict(card.facts)
    assert INFO.hash[:12] in facts["Model"]
    assert f"seed {fills[0].origin.seed}" in facts["Run"]
    desk.press(KEY.Key_Return, CTRL)
    states = [span.state for span in desk.report.spans() if isinstance(span, Fill)]
    assert states == [FillState.ACCEPTED] + [FillState.PROPOSED] * (len(fills) - 1)


def test_the_length_of_a_gap_is_a_policy_that_is_sent(desk: Desk) -> None:
    desk.press(KEY.Key_Home, CTRL)
    desk.press(KEY.Key_Tab)
    gap = next(span for span in desk.report.spans() if isinstance(span, Gap))
    desk.panel.apply(lambda report: edit.set_length(report, gap.id, api.Sentence()))
    assert "[... sentence]" in desk.text
    desk.press(KEY.Key_End, CTRL)
    desk.type(" [... 3-8]")
    desk.fill()
    lengths = [s.length for s in desk.engine.requests[-1].segments if isinstance(s, api.Gap)]
    assert lengths == [api.Sentence(), None, api.Range(3, 8)]


def test_every_act_is_in_the_menu_with_its_key(desk: Desk) -> None:
    words = [action.text() for action in desk.kit.build_menu().actions() if action.text()]
    assert {entry.act for entry in ENTRIES} == set(Act)
    offered = [entry for entry in ENTRIES if entry.act is not Act.FOLLOW]  # not this model's
    for entry, shown in zip(offered, words, strict=True):
        assert shown.startswith(entry.words)


def test_the_reader_is_right_until_the_model_may_keep_its_own_view(desk: Desk) -> None:
    able = dataclasses.replace(desk.engine.info, adapters=(READER,))
    desk.engine._info = able
    desk.parts.session.use_model(able)
    desk.type("Heart normal. ")
    desk.fill()
    assert desk.engine.requests[-1].adapter == READER
    desk.press(KEY.Key_W, CTRL, SHIFT)
    desk.fill()
    assert desk.engine.requests[-1].adapter is None
    assert "own view" in desk.chips()
    assert load_settings(desk.settings_file).follow is False
    desk.panel.chip_left_out.emit(OWN_VIEW_CHIP)
    assert "own view" not in desk.chips()
    assert load_settings(desk.settings_file).follow is True
    desk.fill()
    assert desk.engine.requests[-1].adapter == READER


def test_a_model_without_the_reader_s_adapter_offers_no_choice(desk: Desk) -> None:
    acts = [action.text() for action in desk.kit.build_menu().actions()]
    assert not any(FOLLOW_ME in words or KEEP_OWN in words for words in acts)
    desk.press(KEY.Key_W, CTRL, SHIFT)
    assert desk.hints == [NO_CHOICE]
    able = dataclasses.replace(desk.engine.info, adapters=(READER,))
    desk.parts.session.use_model(able)
    acts = [action.text() for action in desk.kit.build_menu().actions()]
    assert any(words.startswith(KEEP_OWN) for words in acts)


def test_typed_text_stays_typed(desk: Desk) -> None:
    desk.type("Typed. ")
    desk.fill()
    typed = [s for s in desk.report.spans() if isinstance(s, Soft)]
    assert all(span.author is Author.TYPED for span in typed)


def test_rules_are_marked_beside_the_model_s_opinion(desk: Desk) -> None:
    desk.press(KEY.Key_Home, CTRL)
    desk.press(KEY.Key_Down)
    desk.type("Small left pleural effusion. ")
    desk.press(KEY.Key_End, CTRL)
    desk.type(" Right pleural effusion.")
    desk.press(KEY.Key_F7)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the card")
    kinds = {s.mark.title for s in desk.kit.marks.standing("rules")}
    assert "Side" in kinds
    assert not any("Left open" in title for title in kinds), "an open gap is seen as such"


@pytest.mark.parametrize("width", [480, 640])
def test_no_button_of_a_card_is_squeezed(desk: Desk, width: int) -> None:
    desk.press(KEY.Key_End, CTRL)
    desk.type(" A right nodule.")
    desk.press(KEY.Key_F7)
    drive.wait_for(lambda: desk.kit.foot.card is not None, "the card")
    card = desk.kit.foot.findChild(Card)
    assert isinstance(card, Card)
    card.setFixedWidth(width - 72)
    drive.pause(0.05)
    buttons = [button for button in card.findChildren(Button) if button.isVisible()]
    assert len(buttons) == 2
    for button in buttons:
        assert button.width() >= button.sizeHint().width()
        assert button.geometry().right() <= card.width()
