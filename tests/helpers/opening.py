"""Opening a folder as the window does, but to its end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lacuna.study.model import Opened
from lacuna.study.stream import open_stream


def open_all(paths: Sequence[Path]) -> Opened:
    """Return every patient's every study behind ``paths``; raises as ``open_stream`` does."""
    *_, opened = open_stream(paths)
    return opened
