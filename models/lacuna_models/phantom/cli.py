"""``lacuna-models phantom train | follow | export | evaluate | preview``."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacuna_models.api import EngineError
from lacuna_models.phantom.cases import HELD_OUT

if TYPE_CHECKING:
    from lacuna_models.phantom.machine import Machine
    from lacuna_models.phantom.runs import Run

_SEEDS = HELD_OUT // 1_000_000 - 1  # each has a million phantoms of its own
_MOST_PICTURES = 1024
_INTERRUPTED = 130  # as shells have it


def add_parser(subparsers: Any) -> None:
    """Add the verbs to ``lacuna-models``."""
    phantom = subparsers.add_parser("phantom", help="synthetic phantoms and the bundled model")
    verbs = phantom.add_subparsers(dest="phantom_verb", required=True)
    _add_train(verbs)
    _add_follow(verbs)
    _add_export(verbs)
    _add_evaluate(verbs)
    _add_preview(verbs)


def _add_train(verbs: Any) -> None:
    train = verbs.add_parser("train", help="train the bundled model, or its sibling")
    train.add_argument("--out", type=Path, required=True, help="folder of the run, of some 1.3 GB")
    train.add_argument(
        "--minutes",
        type=float,
        help="of training, all in all: what a CPU computes, or a GPU's time; 75 by default",
    )
    train.add_argument("--vision-minutes", type=float, help="of these, on vision; a seventh")
    train.add_argument("--seed", type=int, help="of phantoms, weights and chance; 0 by default")
    train.add_argument("--batch", type=int, help="pictures a step of language; 16 by default")
    train.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    train.add_argument(
        "--sibling", action="store_true", help="train the autoregressive sibling instead"
    )
    train.add_argument(
        "--tower", type=Path, metavar="RUN", help="the sibling takes its vision from this run"
    )
    _add_machine(train)
    train.set_defaults(run=_train)


def _add_follow(verbs: Any) -> None:
    follow = verbs.add_parser("follow", help="teach a run's adapter that the reader is right")
    follow.add_argument("--run", dest="folder", type=Path, required=True)
    follow.add_argument("--minutes", type=float, default=20.0, help="all in all; goes on if begun")
    _add_machine(follow)
    follow.set_defaults(run=_follow)


def _add_machine(verb: Any) -> None:
    verb.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="CUDA if there is some"
    )
    verb.add_argument("--threads", type=int, default=1, help="of a CPU; 1 by default")


def _add_export(verbs: Any) -> None:
    export = verbs.add_parser("export", help="write a run's model as a checkpoint folder")
    export.add_argument("--run", dest="folder", type=Path, required=True)
    export.add_argument("--out", type=Path, required=True)
    export.set_defaults(run=_export)


def _add_evaluate(verbs: Any) -> None:
    evaluate = verbs.add_parser("evaluate", help="measure a checkpoint on held-out phantoms")
    evaluate.add_argument(
        "--model", type=Path, help="checkpoint folder; the bundled one by default"
    )
    evaluate.add_argument("--sibling", type=Path, help="an exported sibling, to compare with")
    evaluate.add_argument("--drafts", type=int, default=500)
    evaluate.add_argument("--infills", type=int, default=500)
    evaluate.add_argument("--questions", type=int, default=500)
    evaluate.add_argument("--steps", type=int, default=100, help="drafts within each budget")
    evaluate.add_argument("--lengths", type=int, default=100, help="drafts of each length")
    evaluate.add_argument("--anchors", type=int, default=125, help="drafts of each kind of change")
    evaluate.add_argument("--plants", type=int, default=300, help="reports with planted errors")
    evaluate.add_argument("--seed", type=int, default=0, help="of the held-out phantoms, 0 to 9")
    evaluate.add_argument("--json", type=Path, help="write the figures there as well")
    evaluate.add_argument("--card", metavar="MACHINE", help="write the folder's README.md: made on")
    evaluate.set_defaults(run=_evaluate)


def _add_preview(verbs: Any) -> None:
    preview = verbs.add_parser("preview", help="draw phantoms on a sheet, and print their reports")
    preview.add_argument("--out", type=Path, required=True, help="a PNG file")
    preview.add_argument("--count", type=int, default=16)
    preview.add_argument("--size", type=int, default=256)
    preview.add_argument("--seed", type=int, default=0)
    preview.set_defaults(run=_preview)


def _spare_cores() -> None:
    """Keep OpenMP from spinning; it reads these when torch is first imported."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")


def _train(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.phantom.runs import Recipe
    from lacuna_models.phantom.sibling_train import SiblingRecipe, train_sibling
    from lacuna_models.phantom.train import train

    if arguments.tower is not None and not arguments.sibling:
        raise EngineError("Only a sibling takes its vision from another run.", "Add --sibling.")
    if arguments.tower is not None and arguments.resume:
        raise EngineError("A run takes its vision when it begins.", "Leave out --tower.")
    chosen = _chosen(arguments)
    out, resume, tower = arguments.out, arguments.resume, arguments.tower

    def work(machine: Machine) -> str:
        if arguments.sibling:
            run: Run = train_sibling(out, SiblingRecipe(**chosen), resume, tower, machine)
        else:
            run = train(out, Recipe(**chosen), resume, machine)
        done = run.progress
        return f"{out}: {done.vision_steps} steps of vision, {done.language_steps} of language"

    sibling = " --sibling" if arguments.sibling else ""
    return _watched(arguments, out, f"train --resume --out {out}{sibling}", work)


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what the flags say of a recipe, the rest as in the run that is taken up.

    Raises:
        EngineError: a flag makes no sense, or differs from what the run was begun with.
    """
    from lacuna_models.phantom.runs import saved_run

    saved = ((saved_run(arguments.out) if arguments.resume else None) or {"recipe": {}})["recipe"]
    _refuse_changes(arguments, saved)
    minutes = _first(arguments.minutes, saved.get("minutes"), 75.0)
    vision = _first(arguments.vision_minutes, saved.get("vision_minutes"), minutes * 0.145)
    batch, seed = _first(arguments.batch, 16), _first(arguments.seed, 0)
    if not 0 < minutes < math.inf:
        raise EngineError("Training needs some minutes, and not for ever.")
    if not 0 < vision <= minutes:
        raise EngineError("Vision needs some of the minutes, and at most all of them.")
    if not 0 <= seed < _SEEDS:
        raise EngineError(f"The seed of a run is one of 0 to {_SEEDS - 1}.")
    if not 1 <= batch <= _MOST_PICTURES:
        raise EngineError(f"A step takes 1 to {_MOST_PICTURES} pictures.")
    sizes = {"batch_pictures": batch, "vision_batch": 2 * batch}
    return {"minutes": minutes, "vision_minutes": vision, "seed": seed, **sizes}


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _refuse_changes(arguments: argparse.Namespace, saved: dict[str, Any]) -> None:
    """Refuse to go on with another seed, batch or share of vision than a run was begun with."""
    given = {
        "seed": arguments.seed,
        "batch_pictures": arguments.batch,
        "vision_minutes": arguments.vision_minutes,
    }
    for name, value in given.items():
        if value is not None and value != saved.get(name, value):
            flag = "batch" if name == "batch_pictures" else name.replace("_", "-")
            raise EngineError(
                f"The run in {arguments.out} was begun with --{flag} {saved[name]}.",
                f"Leave out --{flag}, or begin another run.",
            )


def _follow(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.phantom.following import follow

    if not 0 < arguments.minutes < math.inf:
        raise EngineError("An adapter needs some minutes, and not for ever.")
    folder, minutes = arguments.folder, arguments.minutes

    def work(machine: Machine) -> str:
        run = follow(folder, minutes, machine)
        return f"{folder}: {run.progress.reader_steps} steps of the adapter"

    return _watched(arguments, folder, f"follow --run {folder} --minutes {minutes:g}", work)


def _watched(
    arguments: argparse.Namespace, folder: Path, again: str, work: Callable[[Machine], str]
) -> int:
    """Train on the machine that the flags name, and say what came of it; Ctrl+C is no error."""
    from lacuna_models.phantom.display import pick_display
    from lacuna_models.phantom.machine import pick_machine

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.threads < 1:
        raise EngineError("Training needs a thread.")
    display = pick_display()
    try:
        done = work(pick_machine(arguments.device, arguments.threads, display))
    except KeyboardInterrupt:
        display.end()
        begun = (folder / "run.json").is_file()
        rest = f"Go on with: lacuna-models phantom {again}" if begun else "Nothing was learnt yet."
        print(f"Stopped. {rest}", file=sys.stderr)
        return _INTERRUPTED
    finally:
        display.end()
    print(done)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.phantom.export import export
    from lacuna_models.phantom.following import export_adapter
    from lacuna_models.phantom.runs import Run
    from lacuna_models.phantom.sibling_train import SiblingRun, export_sibling, is_sibling

    if is_sibling(arguments.folder):
        sibling = SiblingRun.open(arguments.folder)
        export_sibling(sibling, arguments.out)
        print(f"{arguments.out}: sibling, {sibling.progress.language_steps} steps of language")
        return 0
    run = Run.open(arguments.folder)
    export(run.model, run.tokenizer, run.recipe.shape, arguments.out, run.summary())
    adapter = export_adapter(run, arguments.out)
    print(
        f"{arguments.out}: {run.progress.language_steps} steps of language, "
        f"{run.progress.reader_steps if adapter else 'no'} steps of the adapter"
    )
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.loading import load
    from lacuna_models.phantom.card import model_card
    from lacuna_models.phantom.evaluation.measure import Plan, evaluate
    from lacuna_phantom import checkpoint_path

    plan = Plan(**{name: getattr(arguments, name) for name in Plan.__dataclass_fields__})
    folder = arguments.model or checkpoint_path()
    loaded = load(folder, device="cpu")
    card = evaluate(loaded, plan, arguments.sibling, _tell)
    print(card.markdown())
    if arguments.json is not None:
        arguments.json.write_text(card.json() + "\n", encoding="utf-8")
    if arguments.card is not None:
        (folder / "README.md").write_text(model_card(folder, card, plan, arguments.card), "utf-8")
    return 0


def _tell(what: str, done: int, count: int) -> None:
    """Tell on stderr how far a part is, ten times."""
    if done == count or done % max(1, count // 10) == 0:
        print(f"{what}: {done} of {count}", file=sys.stderr, flush=True)


def _preview(arguments: argparse.Namespace) -> int:
    from lacuna_models.phantom.preview import preview

    if arguments.count < 1 or arguments.size < 32:
        raise EngineError("A sheet needs at least one phantom, of at least 32 pixels.")
    sheet = preview(arguments.out, arguments.count, arguments.size, arguments.seed)
    for number, report in enumerate(sheet, 1):
        print(f"--- {number}\n{report}\n")
    return 0
