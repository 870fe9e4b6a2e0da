"""How a view changes: pure functions, tried without a window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacuna.study.model import Window
from lacuna.ui.viewer import viewer_state as views
from lacuna.ui.viewer.viewer_state import Act, ViewState

WINDOW = Window(1200, 2500)
STATE = ViewState(WINDOW)
TURNS = (Act.ROTATE_LEFT, Act.ROTATE_RIGHT, Act.FLIP_HORIZONTAL, Act.FLIP_VERTICAL)


def test_dragging_right_widens_the_window_and_left_narrows_it() -> None:
    assert views.drag_window(STATE, 100, 0, 4095).window.width > 2500
    assert views.drag_window(STATE, -100, 0, 4095).window.width < 2500
    assert views.drag_window(STATE, 100, 0, 4095).window.center == 1200


def test_dragging_down_darkens_and_up_brightens() -> None:
    assert views.drag_window(STATE, 0, 100, 4095).window.center > 1200
    assert views.drag_window(STATE, 0, -100, 4095).window.center < 1200


@given(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0, 1e6))
def test_no_drag_makes_a_window_that_cannot_be_shown(dx: float, dy: float, span: float) -> None:
    assert views.drag_window(STATE, dx, dy, span).window.width > 0


def test_a_drag_feels_alike_at_8_and_at_16_bits() -> None:
    small = views.drag_window(ViewState(Window(128, 256)), 64, 0, 255).window.width / 256
    large = views.drag_window(ViewState(Window(32768, 65536)), 64, 0, 65535).window.width / 65536
    assert small == pytest.approx(large, rel=0.01)


@given(
    st.floats(-20, 20),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_what_lies_under_the_pointer_stays_there(
    notches: float, point: tuple[float, float], pan: tuple[float, float]
) -> None:
    before = ViewState(WINDOW, 1.0, pan)
    after = views.wheel_zoom(before, notches, point)
    assert views.MIN_ZOOM <= after.zoom <= views.MAX_ZOOM
    for axis in (0, 1):
        was = (point[axis] - before.pan[axis]) / before.zoom
        now = (point[axis] - after.pan[axis]) / after.zoom
        assert now == pytest.approx(was, abs=1e-6)


def test_dragging_up_with_the_zoom_enlarges() -> None:
    assert views.drag_zoom(STATE, -40).zoom > 1 > views.drag_zoom(STATE, 40).zoom


def test_pan_follows_the_pointer() -> None:
    assert views.drag_pan(views.drag_pan(STATE, 3, 4), 1, -2).pan == (4, 2)


def test_reset_forgets_everything_but_the_picture_s_own_window() -> None:
    state = ViewState(Window(1, 2), 3.0, (4, 5), 1, flipped=True, invert=True)
    assert views.apply_act(state, Act.RESET, WINDOW) == STATE


@pytest.mark.parametrize("act", [*TURNS, Act.INVERT])
def test_an_act_is_undone_by_repeating_it(act: Act) -> None:
    state = STATE
    for _ in range(4 if "rotate" in act else 2):
        state = views.apply_act(state, act, WINDOW)
    assert state == STATE


def letters(*acts: Act) -> tuple[str, str, str, str]:
    state = STATE
    for act in acts:
        state = views.apply_act(state, act, WINDOW)
    return views.edge_letters(("L", "F"), state.turns, state.flipped)


def test_a_frontal_chest_shows_the_patient_s_right_at_the_left() -> None:
    assert letters() == ("R", "H", "L", "F")


def test_the_letters_follow_every_turn_and_flip() -> None:
    assert letters(Act.ROTATE_RIGHT) == ("F", "R", "H", "L")
    assert letters(Act.ROTATE_LEFT) == ("H", "L", "F", "R")
    assert letters(Act.FLIP_HORIZONTAL) == ("L", "H", "R", "F")
    assert letters(Act.FLIP_VERTICAL) == ("R", "F", "L", "H")
    assert letters(Act.ROTATE_RIGHT, Act.FLIP_HORIZONTAL) == ("H", "R", "F", "L")
    assert letters(Act.ROTATE_RIGHT, Act.FLIP_VERTICAL) == ("F", "L", "H", "R")


@given(st.lists(st.sampled_from(TURNS), max_size=8))
def test_opposite_edges_always_show_opposite_sides(acts: list[Act]) -> None:
    left, top, right, bottom = letters(*acts)
    assert {left, right} in ({"L", "R"}, {"H", "F"})
    assert {top, bottom} in ({"L", "R"}, {"H", "F"})


def test_no_letter_is_invented() -> None:
    assert views.edge_letters(None, 1, flipped=True) == ("", "", "", "")
    assert views.edge_letters(("L", ""), 0, flipped=False) == ("", "", "", "")


def test_scrolling_stops_at_both_ends() -> None:
    assert views.step_index(3, 5, 10) == 4
    assert views.step_index(3, 5, -10) == 0
    assert views.step_index(0, 0, 1) == 0


def test_a_turned_image_fits_by_its_other_side() -> None:
    assert views.fit_scale(200, 100, 400, 400, 0) == 2
    assert views.fit_scale(200, 100, 400, 300, 1) == 1.5
