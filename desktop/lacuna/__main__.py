"""``python -m lacuna``: the same as the command ``lacuna``."""

from __future__ import annotations

import sys

from lacuna.cli import main

if __name__ == "__main__":
    sys.exit(main())
