"""A training run: a folder with its recipe, how far it has come, and its weights.

The folder holds cached pictures and soft tokens, ``state-*.safetensors`` (weights and momenta) and
``run.json`` (recipe and progress).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, ClassVar, Self

from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lacuna_models.api import EngineError
from lacuna_models.phantom.faster import hasten
from lacuna_models.phantom.files import read_state, write_state, written_whole
from lacuna_models.phantom.machine import Machine
from lacuna_models.phantom.model import Shape, make_config, make_model
from lacuna_models.phantom.optimise import Optimiser
from lacuna_models.phantom.pictures import training_seeds
from lacuna_models.phantom.tasks import GREY_GAPS, PLANTED_SHARE
from lacuna_models.phantom.tokenizer import train_tokenizer
from lacuna_models.phantom.vision import Reader

_OURS = ("pictures-*", "soft-tokens-*", "state-*", "*.partial*", "*.log", ".*")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides a run's outcome. ``vision_minutes`` are part of ``minutes``."""

    minutes: float = 75.0
    vision_minutes: float = 10.0
    seed: int = 0
    pictures: int = 32_000
    held_out: int = 400
    shape: Shape = field(default_factory=Shape)
    batch_pictures: int = 16
    vision_batch: int = 32
    save_every: float = 180.0  # seconds on the wall


@dataclass(slots=True)
class Progress:
    """How far a run has come; seconds, by the machine's clock, and steps of each phase."""

    vision_seconds: float = 0.0
    vision_steps: int = 0
    language_seconds: float = 0.0
    language_steps: int = 0
    reader_seconds: float = 0.0
    reader_steps: int = 0

    def seconds(self, phase: str) -> float:
        """Return what a phase has used."""
        return float(getattr(self, f"{phase}_seconds"))

    def steps(self, phase: str) -> int:
        """Return the steps that a phase has taken."""
        return int(getattr(self, f"{phase}_steps"))

    def spend(self, phase: str, seconds: float) -> None:
        """Set what a phase has used."""
        setattr(self, f"{phase}_seconds", seconds)

    def step(self, phase: str) -> None:
        """Count a step of a phase."""
        setattr(self, f"{phase}_steps", self.steps(phase) + 1)


class Run:
    """One training run in a folder; one thread uses it."""

    recipe_type: ClassVar[type[Recipe]] = Recipe
    kind: ClassVar[str] = "training run"
    other: ClassVar[str] = "It holds a sibling's run: only train --sibling goes on with it."

    def __init__(
        self, folder: Path, recipe: Recipe, progress: Progress, machine: Machine | None = None
    ) -> None:
        self.folder = folder
        self.recipe = recipe
        self.progress = progress
        self.machine = machine or Machine()
        self.tokenizer: PreTrainedTokenizerFast = train_tokenizer()
        self.model = self._make_model()
        hasten(self.model)
        self.reader = Reader(recipe.shape.hidden)
        self.model.to(self.machine.device)
        self.reader.to(self.machine.device)
        self.seeds = training_seeds(recipe.seed, recipe.pictures)

    def _make_model(self) -> PreTrainedModel:
        return make_model(make_config(self.recipe.shape, self.tokenizer), self.recipe.seed)

    @classmethod
    def owns(cls, recipe: Mapping[str, Any]) -> bool:
        """Return whether a saved recipe is of this kind of run; a sibling's names what is told."""
        return "told" not in recipe

    @classmethod
    def begin(cls, folder: Path, recipe: Recipe, machine: Machine | None = None) -> Self:
        """Return a new run.

        Raises:
            EngineError: the folder holds a run, or what is no run's, or cannot be made.
        """
        if saved_run(folder) is not None:
            raise EngineError(f"{folder} holds a training run already.", "Go on with --resume.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(f"{folder} cannot be made ({error.strerror}).") from error
        strange = sorted(f.name for f in folder.iterdir() if not _ours(f.name))
        if strange:
            remedy = "Name a new or an empty folder."
            raise EngineError(f"{folder} holds other files, such as {strange[0]}.", remedy)
        return cls(folder, recipe, Progress(), machine)

    @classmethod
    def open(cls, folder: Path, machine: Machine | None = None) -> Self:
        """Return a run with its latest weights.

        Raises:
            EngineError: the folder holds none of this kind, or a damaged one.
        """
        saved = saved_run(folder)
        if saved is None:
            raise EngineError(f"{folder} holds no {cls.kind}.", "Start one without --resume.")
        if not cls.owns(saved["recipe"]):
            raise EngineError(f"{folder} holds no {cls.kind}.", cls.other)
        try:
            shape = Shape(**saved["recipe"].pop("shape"))
            recipe = cls.recipe_type(**saved["recipe"], shape=shape)
            progress = Progress(**saved["progress"])
        except (KeyError, TypeError) as error:
            raise _damaged(folder) from error
        run = cls(folder, recipe, progress, machine)
        run.load("language" if progress.language_steps else "vision")
        return run

    @classmethod
    def enter(
        cls, folder: Path, recipe: Recipe, resume: bool, machine: Machine | None = None
    ) -> Self:
        """Begin a run, or open one and give it the recipe's minutes; sets torch's threads."""
        if not resume:
            run = cls.begin(folder, recipe, machine)
        else:
            run = cls.open(folder, machine)
            run.recipe = replace(run.recipe, minutes=recipe.minutes)
        run.machine.start()
        return run

    def weights(self) -> dict[str, nn.Parameter]:
        """Return all weights by their names in the files of the run."""
        named = {f"w.{name}": weight for name, weight in self.model.named_parameters()}
        return named | {f"r.{name}": weight for name, weight in self.reader.named_parameters()}

    def save(
        self, phase: str, optimiser: Optimiser, weights: Mapping[str, Tensor] | None = None
    ) -> None:
        """Write weights (all of them by default) and momenta, then the progress vouching for them.

        Raises:
            EngineError: they could not be written; the checkpoint before stands.
        """
        write_state(self._state(phase), weights or self.weights(), optimiser.state())
        self.write_progress()

    def load(self, phase: str, weights: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Take up a phase's weights, all of them by default; return its momenta."""
        return read_state(self._state(phase), weights or self.weights())

    def _state(self, phase: str) -> Path:
        return self.folder / f"state-{phase}.safetensors"

    def write_progress(self) -> None:
        """Write how far the run has come."""
        text = json.dumps({"recipe": asdict(self.recipe), "progress": asdict(self.progress)})
        with written_whole(self.folder / "run.json") as partial:
            partial.write_text(text + "\n", encoding="utf-8")

    def summary(self) -> dict[str, Any]:
        """Return what the model card tells of this run."""
        recipe = self.recipe
        return {
            "minutes": recipe.minutes,
            "vision_minutes": recipe.vision_minutes,
            "seed": recipe.seed,
            "pictures": recipe.pictures,
            "grey_share": GREY_GAPS,
            "planted_share": PLANTED_SHARE,
            "parameters": sum(w.numel() for w in self.model.parameters()),
            **{name: round(value) for name, value in asdict(self.progress).items()},
        }


def saved_run(folder: Path) -> dict[str, Any] | None:
    """Return what a folder says of its run, whichever kind; None: it holds none.

    Raises:
        EngineError: its ``run.json`` is no training run's.
    """
    path = folder / "run.json"
    try:
        saved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        whole = saved["recipe"].keys() >= {f.name for f in fields(Recipe)}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EngineError(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder) from error
    if not whole:
        raise _damaged(folder)
    return saved


def _damaged(folder: Path) -> EngineError:
    return EngineError(f"{folder / 'run.json'} is no training run's.", "Name another folder.")


def _ours(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _OURS)
