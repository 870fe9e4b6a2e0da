from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from lacuna.ui.editor.live import (
    ACCEPTED_FADE,
    CROSS_FADE,
    LiveRun,
    LiveToken,
    Setting,
    replayable,
    room_for,
)
from lacuna.ui.editor.live_painter import Line, flow
from lacuna_models import api
from lacuna_models.api import TokenState
from tests.desktop.report.builders import fill, fixed


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def step(words: list[tuple[str, TokenState]], number: int = 1) -> api.StepEvent:
    tokens = tuple(api.TokenDraft(text, state, 0.5) for text, state in words)
    spans = (api.SpanDraft("gap", tokens),)
    return api.StepEvent("run", 0, 0, 1, number, 8, spans, 4, 1, 1, 0.5, 0.1)


def run(clock: Clock, *, calm: bool = False) -> LiveRun:
    request = api.FillRequest("run", api.Prompt(), (api.Gap("gap", 4), api.Gap("later")))
    return LiveRun(request, clock, calm=calm)


def test_a_changed_token_fades_over_and_an_accepted_one_fades_out() -> None:
    clock = Clock()
    live = run(clock)
    live.show(step([(" lung", TokenState.CHANGING)]))
    (token,) = live.tokens("gap") or []
    assert (token.text, token.change, token.glow) == (" lung", 1.0, 0.0)
    live.show(step([(" heart", TokenState.ACCEPTED)]))
    clock.now += CROSS_FADE / 2
    (token,) = live.tokens("gap") or []
    assert (token.text, token.old) == (" heart", " lung")
    assert token.change == pytest.approx(0.5)
    assert token.glow == 1.0
    live.show(step([(" heart", TokenState.SETTLED)]))
    clock.now += ACCEPTED_FADE / 2
    (token,) = live.tokens("gap") or []
    assert token.change == 1.0
    assert 0.2 < token.glow < 0.5
    assert live.moving()
    clock.now += ACCEPTED_FADE
    assert not live.moving()


def test_reduced_motion_has_no_fades() -> None:
    live = run(Clock(), calm=True)
    live.show(step([(" lung", TokenState.CHANGING)]))
    live.show(step([(" heart", TokenState.SETTLED)]))
    assert not live.moving()


def test_room_is_kept_once_and_for_every_gap() -> None:
    live = run(Clock())
    first = step([(" a very long first word", TokenState.CHANGING)])
    live.keep_rooms(first, Setting(500, 16, lambda text: 9.0 * len(text)))
    assert set(live.rooms) == {"gap", "later"}
    assert live.rooms["gap"].lines == 1
    assert live.rooms["gap"].width > 9 * len(" a very long first word")


def test_a_long_draft_gets_lines_of_its_own() -> None:
    assert room_for(4, 560, 16).lines == 1
    room = room_for(60, 560, 16)
    assert room.width == 560
    assert 5 <= room.lines <= 7
    assert 3 <= room_for(60, 560, 16, exact=False).lines <= 5


def placed(words: list[str], lines: list[Line], metrics: QFontMetricsF) -> list[tuple[str, float]]:
    tokens = [LiveToken(word, word, TokenState.SETTLED, 1.0, 0.0) for word in words]
    return [(item.text, item.baseline) for item in flow(tokens, lines, metrics.horizontalAdvance)]


def test_words_are_kept_whole_where_lines_end(qapp: QApplication) -> None:
    metrics = QFontMetricsF(qapp.font())
    width = metrics.horizontalAdvance("the heart is en")
    lines = [Line(0, width, 10), *(Line(0, 400, y) for y in (36, 62, 88))]
    found = placed(["the", " heart", " is", " en", "larged", "\n\nno", " more"], lines, metrics)
    assert found[:5] == [("the", 10), (" heart", 10), (" is", 10), ("en", 36), ("larged", 36)]
    assert found[5:] == [("no", 88), (" more", 88)]


def test_what_finds_no_room_is_left_out(qapp: QApplication) -> None:
    metrics = QFontMetricsF(qapp.font())
    found = placed(["the", " heart", "\nis", " large"], [Line(0, 400, 10)], metrics)
    assert [text for text, _ in found] == ["the", " heart"]


def test_only_what_still_stands_together_is_replayed() -> None:
    first = replace(fill("No nodule."), parts=2)
    second = replace(fill(" No effusion."), replaced=first.replaced, parts=2)
    other = fill("Clear.")
    source = first.replaced.id
    assert replayable([first, second, other]) == {
        first.id: source,
        second.id: source,
        other.id: other.replaced.id,
    }
    assert replayable([first, fixed("!"), second]) == {}
    assert replayable([second]) == {}
