"""The preview's tiles: whose pixels they are, and how many."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from lacuna.ui.theme import Look
from lacuna.ui.viewer.key_images import taken
from lacuna.ui.viewer.preview import Tile
from lacuna.ui.viewer.viewer_state import ViewState
from tests.helpers import studies


def test_a_long_name_is_cut_before_the_size_of_what_is_sent(qtbot: QtBot, look: Look) -> None:
    picture = studies.picture()
    image = taken(picture, ViewState(picture.window))
    plain = Tile(look, image, closable=True)
    long = Tile(look, replace(image, title="Coronal, MIP 10 mm, " + image.title * 8), closable=True)
    for tile in (plain, long):
        qtbot.addWidget(tile)
    assert plain.caption() == image.title
    assert not plain.toolTip()
    assert long.caption().endswith("\u2026")
    assert long.toolTip() == long.words
    assert long.words.endswith("256 x 256")
    # Painted alike, whatever name stands before it: nothing of the size is cut or covered.
    right = [tile.grab().toImage().copy(205, 216, 65, 24) for tile in (plain, long)]
    assert right[0] == right[1]
