"""Random acts at the image side: no error, nobody's marks or images with another, nothing lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from lacuna.app import Application
from lacuna.store.vault import Vault
from lacuna.ui.viewer.mark_store import decode
from tests.desktop import test_image_side
from tests.desktop.test_whose import BLANK, copy
from tests.e2e import test_monkey
from tests.e2e.test_monkey import Errors
from tests.e2e.viewer_monkey import ViewerMonkey
from tests.helpers import demo_studies as demo

pytestmark = pytest.mark.e2e
application = test_image_side.application
errors = test_monkey.errors


def menagerie(folder: Path) -> tuple[list[list[Path]], list[tuple[Path, Path]]]:
    """Write what a monkey may drop, and files that may take the place of others."""
    ct = demo.ct(folder / "ct", slices=12, size=48)
    (now,) = demo.radiograph(folder / "dx", "dx")
    (then,) = demo.radiograph(folder / "then", "then", demo.BEFORE, seed=3)
    twin = copy(now, folder / "twin" / "a.dcm", PatientBirthDate="19010203")
    other = copy(now, folder / "other" / "a.dcm", PatientID="2", PatientName="OTHER^One")
    unborn = copy(then, folder / "ct" / "0.dcm", PatientBirthDate="")
    blank = copy(now, folder / "blank" / "IM1.dcm", **BLANK)
    another = copy(then, folder / "blank" / "IM2.dcm", **BLANK)
    papers = [demo.report_document(folder, "dx"), demo.pdf_document(folder, "dx")]
    drops = [
        [folder / "ct"],
        [*ct, now],
        [now, then, *papers],
        [twin],
        [now, twin, other],
        [unborn],
        [blank],
        demo.ultrasound(folder / "us", frames=6),
        demo.mammogram(folder / "mg"),
        [demo.broken(folder / "broken")],
    ]
    return drops, [(blank, another), (other, copy(twin, folder / "spare.dcm"))]


def rampage(application: Application, errors: Errors, folder: Path, seed: int, acts: int) -> None:
    """Let a monkey loose, then close the window in the middle of whatever goes on."""
    broke: list[object] = []
    application._pool.broke.connect(broke.append)
    drops, spare = menagerie(folder)
    test_image_side.drop(application, *drops[seed % 3])
    monkey = ViewerMonkey(application, seed, drops, spare)
    for _ in range(acts):
        monkey.act()
        assert not errors.seen, (errors.seen, monkey.history[-14:])
        assert not broke, (broke, monkey.history[-14:])
    application.parts.window.set_close_guard(lambda: True)
    application.parts.window.close()
    assert not errors.seen
    vault = Vault(application._paths.data / "kept")
    for about, shelf in application._keeping._shelves.items():
        if not shelf.left:
            found = vault.get(("marks", *about))
            kept = decode(found).marks if found is not None else ()
            assert {one.id: one for one in kept} == {one.id: one for one in shelf.board.marks}


@pytest.fixture(autouse=True)
def _no_menus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build menus, and show none: offscreen they cannot take the keys."""
    monkeypatch.setattr(QMenu, "popup", lambda _menu, _place: None)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_monkey_at_the_images(
    application: Application, errors: Errors, tmp_path: Path, seed: int
) -> None:
    rampage(application, errors, tmp_path, seed, acts=int(os.environ.get("LACUNA_ACTS", "80")))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 18))
def test_many_monkeys_at_the_images(
    application: Application, errors: Errors, tmp_path: Path, seed: int
) -> None:
    rampage(application, errors, tmp_path, seed, acts=400)
