"""The whole tour through the real window, in a process that may not touch a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
CODE = """
import sys
from pathlib import Path
from tests.helpers.no_network import forbid
forbid()
from tests.e2e.screens import run
run(Path(sys.argv[1]))
"""


def test_the_tour_runs_through_without_a_network(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    pictures = sorted((tmp_path / "out").glob("*.png"))
    names = [path.stem.split("-", 1)[1] for path in pictures]
    assert sum(name.startswith("denoising") for name in names) >= 3
    stops = "empty opened locked stopped settled replayed accepted rewritten refused not-a-phantom"
    for stop in stops.split():
        assert stop in names
    for path in pictures:
        assert QImage(str(path)).size().width() == 1600
