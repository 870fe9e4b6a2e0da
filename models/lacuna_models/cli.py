"""``lacuna-models``: make, measure and export models. A verb imports torch when it is run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lacuna_models import folder_cli
from lacuna_models.api import EngineError
from lacuna_models.bench import cli as bench
from lacuna_models.evaluate import cli as evaluate
from lacuna_models.phantom import cli as phantom


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; return 0, or 2 after one sentence on stderr where it was refused."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except EngineError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lacuna-models", description="Make, measure and export Lacuna's models."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    phantom.add_parser(verbs)
    bench.add_parser(verbs)
    evaluate.add_parser(verbs)
    folder_cli.add_parser(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
