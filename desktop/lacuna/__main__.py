"""``python -m lacuna``: the same as the command ``lacuna``."""

from __future__ import annotations

import sys

from lacuna.cli import main
from lacuna.study import decoder_child
from lacuna.study.decoder_process import FROZEN_VERB

if __name__ == "__main__":
    if sys.argv[1:] == [FROZEN_VERB]:
        decoder_child.main()  # a frozen program has no Python to start one with
    else:
        sys.exit(main())
