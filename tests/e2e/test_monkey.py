"""Random acts at the real window: no anchor altered, no letter lost, no error, no thread left."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

import pytest
from PySide6.QtCore import Qt

from lacuna.app import Application
from lacuna_resources.samples import normal_study, sample_study
from tests.e2e import drive
from tests.e2e.monkey import Monkey
from tests.helpers.not_a_phantom import write_not_a_phantom

pytestmark = pytest.mark.e2e

PATIENT = ("EXAMPLE", "Not a phantom", "EXAMPLE-1")


class Errors:
    """What would have gone to the excepthook."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        place = trace
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
        self.seen.append(f"{kind.__name__}: {error} at {where}")


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Errors:
    errors = Errors()
    monkeypatch.setattr(sys, "excepthook", errors)
    return errors


def rampage(application: Application, errors: Errors, folder: Path, seed: int, acts: int) -> None:
    """Let a monkey loose, then close the window in the middle of whatever goes on."""
    bad = folder / "bad.dcm"
    bad.write_bytes(b"not DICOM " * 40)
    studies = [sample_study(), normal_study(), write_not_a_phantom(folder / "other.dcm"), bad]
    drive.drop(application.parts.window, sample_study())
    drive.wait_for_picture(application)
    monkey = Monkey(application, seed, studies)
    for _ in range(acts):
        monkey.act()
        assert not errors.seen, (errors.seen, monkey.history[-12:])
        assert application.parts.window.windowTitle() == "Lacuna"
    monkey.press(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    window = application.parts.window
    assert window.close() or window.close()
    assert application.parts.worker.isFinished()
    drive.pause(0.05)
    assert not errors.seen


def check_logs(data_dir: Path, said: str) -> None:
    """No patient, and no word of a report, in what is left behind."""
    logs = [path.read_text(encoding="utf-8") for path in data_dir.rglob("*.log*")]
    assert logs
    for text in (said, *logs):
        assert not any(name in text for name in (*PATIENT, "enlarged"))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_monkey(
    application: Application,
    errors: Errors,
    tmp_path: Path,
    data_dir: Path,
    seed: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    rampage(application, errors, tmp_path, seed, acts=200)
    application.close()
    check_logs(data_dir, "".join(capfd.readouterr()))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 22))
def test_many_monkeys(
    application: Application,
    errors: Errors,
    tmp_path: Path,
    data_dir: Path,
    seed: int,
    capfd: pytest.CaptureFixture[str],
) -> None:
    rampage(application, errors, tmp_path, seed, acts=600)
    application.close()
    check_logs(data_dir, "".join(capfd.readouterr()))
