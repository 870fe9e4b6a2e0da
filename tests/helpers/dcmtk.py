"""dcmtk, where the system has it: a second opinion that shares no code with ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def tool(name: str) -> str:
    """Return a tool's path, or skip the test and say so."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"dcmtk's {name} is not installed (Debian: apt-get install dcmtk)")
    return found


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool, and return what it said; the caller looks at the return code."""
    return subprocess.run(
        [tool(name), *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
