"""Where data lies on this system. Nothing is created here: whoever writes makes the folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import PlatformDirs

ENVIRONMENT = "LACUNA_DATA_DIR"


@dataclass(frozen=True, slots=True)
class AppPaths:
    """``data`` holds the reader's work, ``logs`` the log, ``settings`` is a TOML file."""

    data: Path
    logs: Path
    settings: Path


def locate(override: Path | None = None) -> AppPaths:
    """Return the paths: under ``override`` or the variable LACUNA_DATA_DIR, else the system's."""
    chosen = override or _from_environment()
    if chosen is not None:
        root = chosen.expanduser().absolute()
        return AppPaths(root, root / "logs", root / "settings.toml")
    dirs = PlatformDirs("Lacuna", appauthor=False)
    return AppPaths(
        Path(dirs.user_data_dir),
        Path(dirs.user_log_dir),
        Path(dirs.user_config_dir) / "settings.toml",
    )


def _from_environment() -> Path | None:
    value = os.environ.get(ENVIRONMENT)
    return Path(value) if value else None
