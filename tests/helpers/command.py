"""Runs the real ``lacuna`` command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUARDED = "import sys; from tests.helpers.no_network import forbid; forbid(); "
RUN = "from lacuna.cli import main; sys.exit(main(sys.argv[1:]))"

Done = subprocess.CompletedProcess[bytes]


def lacuna(*arguments: object, stdin: bytes = b"", offline: bool = False) -> Done:
    """Run the command; ``offline`` puts the socket guard in front of it."""
    start = ["-c", GUARDED + RUN] if offline else ["-m", "lacuna"]
    return _python(*start, *map(str, arguments), stdin=stdin)


def python(code: str) -> Done:
    """Run code in a process that sees the same source roots."""
    return _python("-c", code)


def _python(*arguments: str, stdin: bytes = b"") -> Done:
    return subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=600,
        check=False,
    )


def environment() -> dict[str, str]:
    """Return this process's environment, with the source roots to import from."""
    roots = [str(ROOT / name) for name in ("desktop", "models", "resources")] + [str(ROOT)]
    before = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": os.pathsep.join(roots + ([before] if before else []))}
