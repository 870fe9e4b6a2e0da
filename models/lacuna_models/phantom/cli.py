"""``lacuna-models phantom train | export | evaluate | preview``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import Any

from lacuna_models.api import EngineError


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
    train = verbs.add_parser("train", help="train the bundled model, on one thread")
    train.add_argument("--out", type=Path, required=True, help="folder of the run, of some 1.3 GB")
    train.add_argument("--minutes", type=float, default=75.0, help="of training, all in all")
    train.add_argument("--vision-minutes", type=float, default=None, help="of these, on vision")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    train.add_argument(
        "--sibling", action="store_true", help="train the autoregressive sibling instead"
    )
    train.add_argument(
        "--tower", type=Path, metavar="RUN", help="the sibling takes its vision from this run"
    )
    train.set_defaults(run=_train)


def _add_follow(verbs: Any) -> None:
    follow = verbs.add_parser("follow", help="teach a run's adapter that the reader is right")
    follow.add_argument("--run", dest="folder", type=Path, required=True)
    follow.add_argument("--minutes", type=float, default=20.0, help="all in all; goes on if begun")
    follow.set_defaults(run=_follow)


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
    from lacuna_models.phantom.train import Recipe, train

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    minutes = arguments.minutes
    vision = arguments.vision_minutes if arguments.vision_minutes is not None else minutes * 0.145
    if not 0 < vision <= minutes:
        raise EngineError("Vision needs some of the minutes, and at most all of them.")
    if arguments.sibling:
        return _train_sibling(arguments, vision)
    if arguments.tower is not None:
        raise EngineError("Only a sibling takes its vision from another run.", "Add --sibling.")
    recipe = Recipe(minutes=minutes, vision_minutes=vision, seed=arguments.seed)
    train(arguments.out, recipe, resume=arguments.resume)
    return 0


def _train_sibling(arguments: argparse.Namespace, vision: float) -> int:
    from lacuna_models.phantom.sibling_train import SiblingRecipe, train_sibling

    recipe = SiblingRecipe(minutes=arguments.minutes, vision_minutes=vision, seed=arguments.seed)
    train_sibling(arguments.out, recipe, resume=arguments.resume, tower=arguments.tower)
    return 0


def _follow(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.phantom.following import follow

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.minutes <= 0:
        raise EngineError("An adapter needs some minutes.")
    follow(arguments.folder, arguments.minutes)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    _spare_cores()
    from lacuna_models.phantom.export import export
    from lacuna_models.phantom.following import export_adapter
    from lacuna_models.phantom.sibling_train import export_sibling, is_sibling, open_sibling
    from lacuna_models.phantom.train import open_run

    if is_sibling(arguments.folder):
        sibling = open_sibling(arguments.folder)
        export_sibling(sibling, arguments.out)
        print(f"{arguments.out}: sibling, {sibling.progress.language_steps} steps of language")
        return 0
    run = open_run(arguments.folder)
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
