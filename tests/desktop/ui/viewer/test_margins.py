"""What stands around a picture: on the free side of a mammogram, and never under a line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRectF, QSizeF
from pytestqt.qtbot import QtBot

from lacuna.study.model import Image
from lacuna.ui.theme import Look
from lacuna.ui.viewer.image_view import ImageView
from lacuna.ui.viewer.margins import Margins, chest_wall, margins_of
from lacuna.ui.viewer.mark_painter import free_place
from lacuna.ui.viewer.picture import Picture
from lacuna.ui.viewer.sheet import lay
from lacuna.ui.viewer.view_painter import Extras
from lacuna.ui.viewer.viewer_state import Act, ViewState, apply_act
from tests.helpers import studies

BOX = QRectF(0, 0, 500, 480)
SHARED = Extras(alone=False, linked=True)
MLO = {"R": ("P", "FL"), "L": ("A", "FR")}


def mammogram(side: str, sides: tuple[str, str] | None = None) -> Picture:
    """Return a view of one breast; without ``sides`` its file names none."""
    plain = studies.picture(studies.series(1, "MLO", modality="MG"))
    image: Image = replace(plain.image, laterality=side, sides=sides)
    return replace(plain, image=image)


def around(look: Look, picture: Picture, *acts: Act) -> Margins:
    state = ViewState(picture.window)
    for act in acts:
        state = apply_act(state, act, picture.window)
    return margins_of(look, BOX, lay(BOX, picture, state), state, SHARED)


@pytest.mark.parametrize("side", ["R", "L"])
def test_nothing_stands_at_the_chest_wall_of_a_mammogram(look: Look, side: str) -> None:
    found = around(look, mammogram(side, MLO[side]))
    assert found.bar is not None
    asides = [one for one in found.written if one.text != f"H{side}"]  # at the top, in the middle
    assert {one.text for one in asides} >= {"A", "20 Nov 2026"}
    boxes = [one.box for one in asides] + [found.bar.box, found.bar.words]
    free = BOX.center().x()
    assert all((box.right() < free) if side == "R" else (box.left() > free) for box in boxes)


@pytest.mark.parametrize("side", ["R", "L"])
def test_no_two_of_them_stand_on_one_another(look: Look, side: str) -> None:
    found = around(look, mammogram(side, MLO[side]))
    assert found.bar is not None
    boxes = [one.box for one in found.written] + [found.bar.box, found.bar.words]
    assert len(boxes) == 8
    assert not [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one.intersects(other)
    ]


def test_a_flip_takes_all_of_it_to_the_other_side(look: Look) -> None:
    plain = around(look, mammogram("R", MLO["R"]))
    flipped = around(look, mammogram("R", MLO["R"]), Act.FLIP_HORIZONTAL)
    assert plain.bar is not None
    assert flipped.bar is not None
    assert plain.bar.left
    assert not flipped.bar.left


def test_without_letters_the_laterality_says_where_the_chest_wall_is() -> None:
    state = ViewState(mammogram("R").window)
    assert chest_wall(mammogram("R"), state) == 1
    assert chest_wall(mammogram("L"), state) == -1
    assert chest_wall(mammogram("L"), replace(state, flipped=True)) == 1
    assert chest_wall(mammogram("L"), replace(state, turns=2)) == 1
    assert chest_wall(mammogram("L"), replace(state, turns=1)) == 0
    assert chest_wall(mammogram(""), state) == 0
    assert chest_wall(studies.picture(), state) == 0


@pytest.mark.parametrize("width", [213, 260, 320, 1200])
def test_a_long_name_gives_way_to_the_image_number_and_a_priors_day(look: Look, width: int) -> None:
    plain = studies.picture(studies.series(3, "Chest without contrast 1.25 mm lung kernel", 12), 4)
    box = QRectF(0, 0, width, 480)
    state = ViewState(plain.window)
    for picture in (plain, replace(plain, prior=True)):
        written = margins_of(look, box, lay(box, picture, state), state, SHARED).written
        assert all(box.contains(one.box) for one in written)
        upper = [one for one in written if "im 5/12" in one.text]
        assert len(upper) == 1
        assert upper[0].text.startswith("Prior" if picture.prior else "Chest")
        days = [one.box for one in written if one.text.startswith("20 Nov 2026")]
        assert len(days) == (picture.prior or width == 1200)
        assert not any(day.intersects(upper[0].box) for day in days)


@pytest.mark.parametrize("width", range(190, 620, 30))
def test_no_caveat_stands_without_its_number_and_what_is_sent_is_always_told(
    look: Look, width: int
) -> None:
    plain = studies.picture()
    picture = replace(plain, image=replace(plain.image, at_detector=True))
    box, state = QRectF(0, 0, width, 480), ViewState(plain.window)
    extras = replace(SHARED, kept=True)
    found = margins_of(look, box, lay(box, picture, state), state, extras)
    assert all(box.contains(one.box) for one in found.written)
    told = "\n".join(one.text for one in found.written)
    assert told.count("0.14 mm/px at the detector") == told.count("at the detector") == 1
    assert "to the model" in told
    assert "synced" in told
    boxes = found.boxes()
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


@pytest.mark.parametrize("width", range(130, 420, 10))
def test_the_name_of_a_cut_is_shortened_by_whole_words(look: Look, width: int) -> None:
    plain = studies.picture(studies.series(3, "", 12, "CT"), 4)
    picture = replace(plain, name="Coronal   MPR 0.7 mm")
    box, state = QRectF(0, 0, width, 480), ViewState(plain.window)
    written = margins_of(look, box, lay(box, picture, state), state, SHARED).written
    (name,) = (one.text for one in written if one.text.endswith("5/12"))
    forms = ("Coronal   MPR 0.7 mm", "Cor   MPR 0.7 mm", "Cor   MPR", "Cor")
    assert name in {f"{form}   5/12" for form in forms}


@pytest.mark.parametrize("lossy", [True, False])
def test_lossy_and_lossless_are_told_whole_or_not_at_all(look: Look, lossy: bool) -> None:
    plain = studies.picture()
    picture = replace(plain, image=replace(plain.image, lossy=lossy, burned_in=True))
    state, seen = ViewState(plain.window, flipped=True), set()
    for width in range(150, 600, 10):
        box = QRectF(0, 0, width, 480)
        written = margins_of(look, box, lay(box, picture, state), state, SHARED).written
        (lower,) = (one.text for one in written if "mirrored" in one.text)
        seen |= set(lower.split("   "))
    quality = "lossy" if lossy else "lossless"
    assert seen == {"W 4096  L 2048", "mirrored", quality, "text in the image"}


def test_a_reference_line_stops_short_of_letters_and_texts(qtbot: QtBot, look: Look) -> None:
    view = ImageView(look)
    qtbot.addWidget(view)
    view.resize(512, 512)
    view.show_picture(studies.picture())
    picture, state = view.picture, view.state
    assert picture is not None
    assert state is not None
    rows, columns = picture.values.shape[:2]
    view.set_extras(Extras(alone=False))
    plain = view.grab().toImage()
    across = ((0.0, rows / 2), (float(columns), rows / 2))  # through the letter at the left
    top = ((0.0, rows * 0.03), (float(columns), rows * 0.03))  # through the upper corners
    view.set_extras(Extras(lines=(across, top), alone=False))
    lined = view.grab().toImage()
    sheet = view.sheet()
    assert sheet is not None
    for one in margins_of(look, QRectF(view.rect()), sheet, state, view.extras).written:
        box = one.box.toAlignedRect()
        assert lined.copy(box) == plain.copy(box), one.text
    assert lined != plain


def test_no_stub_of_a_line_is_left_between_a_letter_and_its_edge(look: Look) -> None:
    picture = studies.picture()
    found = around(look, picture)
    letter = next(one.box for one in found.written if one.text == "R")
    clear = found.clear(BOX)
    assert clear.contains(QPoint(1, round(letter.center().y())))
    assert not clear.contains(QPoint(250, 240))


def test_a_label_keeps_off_the_margins_and_rather_off_the_marks() -> None:
    size, mark, bar = QSizeF(100, 20), QRectF(300, 100, 50, 50), QRectF(400, 60, 5, 200)
    view = QRectF(0, 0, 500, 400)
    assert free_place(size, mark, view, [mark]).intersects(bar)
    assert not free_place(size, mark, view, [mark], [bar]).intersects(bar)
    everywhere = [QRectF(0, 0, 500, 400)]
    assert not free_place(size, mark, view, [mark], everywhere).intersects(mark)
