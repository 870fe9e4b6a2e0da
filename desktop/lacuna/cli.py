"""The command line: ``lacuna [gui] | draft | ask | ...``. No Qt, and no torch until needed.

Exit codes: 0 done, 2 refused with one sentence, 130 stopped with Ctrl+C, 1 a bug, which is logged.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lacuna.arguments import VERBS, parser
from lacuna.errors import Cancelled, UserFacingError
from lacuna.log import Log
from lacuna.paths import AppPaths, locate
from lacuna.terminal import fill_closed_descriptors, give_up_output, one_line, say
from lacuna.verbs import DONE, INTERRUPTED, REFUSED, RUN
from lacuna_models.api import EngineError

BUG = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. No error leaves this function."""
    words = list(sys.argv[1:] if argv is None else argv)
    fill_closed_descriptors()
    try:
        arguments = parser().parse_args(_with_verb(words))
        return RUN[arguments.verb](arguments)
    except (UserFacingError, EngineError) as error:
        say(f"lacuna: {one_line(str(error))}")
        return REFUSED
    except (KeyboardInterrupt, Cancelled):
        return INTERRUPTED
    except BrokenPipeError:
        give_up_output()  # whoever read it has gone
        return DONE
    except SystemExit as finished:  # --help and --version
        return finished.code if isinstance(finished.code, int) else DONE
    except Exception as error:  # noqa: BLE001  the last resort: a sentence, and the log
        return _bug(error, locate(_data_dir(words)))


def _bug(error: Exception, paths: AppPaths) -> int:
    log = Log(paths.logs)
    log.bug(error)
    log.close()
    where = f" Where it happened is in {log.path}." if log.path.exists() else ""
    say(f"lacuna: Something went wrong that should not.{where}")
    return BUG


def _with_verb(words: Sequence[str]) -> list[str]:
    """Put ``gui`` where the verb was left out; global options may stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("--data-dir"):
        at += 1 if "=" in words[at] else 2
    if at > len(words):  # --data-dir without its folder
        return list(words)
    known = at < len(words) and words[at] in (*VERBS, "--version", "-h", "--help")
    return list(words) if known else [*words[:at], "gui", *words[at:]]


def _data_dir(words: Sequence[str]) -> Path | None:
    """Find --data-dir without argparse, for when that is what failed."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--data-dir="):
            return Path(word.partition("=")[2])
        if word == "--data-dir" and following:
            return Path(following)
    return None
