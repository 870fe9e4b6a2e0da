"""A checkpoint folder -> a model on a device. Nothing is fetched, nothing foreign is run."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from lacuna_models.adapter_files import adapter_file
from lacuna_models.adapters import Adapters
from lacuna_models.api import EngineError, ModelInfo, SamplerSettings
from lacuna_models.canvas import CanvasSpec
from lacuna_models.images import Pictures
from lacuna_models.lean.choice import suits
from lacuna_models.lean.weights import Weights as LeanWeights
from lacuna_models.lean.weights import fold
from lacuna_models.quantise.scheme import scheme_of
from lacuna_models.steady.rooms import Rooms
from lacuna_models.streaming import UnfitError, pour, skeleton
from lacuna_models.traits import Traits, read_traits
from lacuna_models.vocabulary import Marks, Vocabulary
from lacuna_models.weights import Progress, digest, is_folder, read_json, weight_files

_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")
_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_SETTING_NAMES = {
    "steps": "max_denoising_steps",
    "t_max": "t_max",
    "t_min": "t_min",
    "stability": "stability_threshold",
    "confidence": "confidence_threshold",
}
_CONFIGS = (
    "config.json",
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
)
_LOCAL = {"local_files_only": True, "trust_remote_code": False}
# What upstream raises on files that are not what they should be.
_BROKEN = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    SafetensorError,
)
_LONGEST_CANVAS = 1 << 13  # positions; known are 256, and attention grows with the square
_THOUGHT = "<|channel>thought\n<channel|>"


@dataclass(frozen=True, slots=True)
class ImageMarks:
    """The tokens around and in place of a picture, as text."""

    start: str
    soft: str
    end: str

    def picture(self, tokens: int) -> str:
        """Return a picture of so many soft tokens."""
        return self.start + self.soft * tokens + self.end


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A checkpoint at work. The model holds hidden state: one thread owns it.

    ``marks`` are the names of all special tokens, longest first. ``lean`` holds the weights of
    the lean step as loaded, or None where upstream's decoder is to be used; those of what is at
    work are ``adapters.lean``. ``info.adapter`` names the adapter that was loaded along.
    """

    model: Any
    tokenizer: Any
    vocabulary: Vocabulary
    pictures: Pictures
    canvas: CanvasSpec
    info: ModelInfo
    device: torch.device
    marks: tuple[str, ...]
    image_marks: ImageMarks
    lean: LeanWeights | None
    adapters: Adapters
    shipped: Mapping[str, Path]
    rooms: Rooms | None = None  # the steady step's, on CUDA

    @contextmanager
    def thinking_with(self, adapter: str | None) -> Iterator[None]:
        """Put an adapter to work, None being what is at work; afterwards what was before it.

        One that the checkpoint brings is read when it is first named. Contexts know under which
        adapter they were encoded: none is mixed with another's.

        Raises:
            EngineError: this checkpoint has no such adapter.
        """
        before = self.adapters.active
        if adapter is not None and adapter not in self.adapters.names:
            if adapter not in self.shipped:
                raise EngineError(
                    f"{self.info.name} has no adapter {adapter}.",
                    "Fill without it, or choose another.",
                )
            self.adapters.add(self.shipped[adapter], adapter)
        self.adapters.activate(adapter or before)
        try:
            yield
        finally:
            self.adapters.activate(before)


def load(
    path: Path,
    *,
    device: str = "auto",
    dtype: str | None = None,
    adapter: Path | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Load a checkpoint folder.

    ``device`` is auto, cpu, cuda (cuda:1, ...) or mps; ``dtype`` float32, bfloat16 or float16, None
    for float32 on a CPU and the file's own elsewhere. ``progress`` gets a stage in words and how
    much of all the loading is done, 0..1.

    Raises:
        EngineError: anything wrong with the folder, the device or the adapter, in one sentence.
    """
    tell = progress or (lambda stage, fraction: None)
    tell("Reading the checkpoint", 0.0)
    place = pick_device(device)
    config = _config(path)
    files = [*weight_files(path)]
    if adapter is not None:
        files.append(adapter_file(adapter))
    traits = read_traits(path)
    digested = digest(files, lambda stage, fraction: tell(stage, 0.05 + 0.35 * fraction))
    _go_offline()
    with _quiet():
        _check_config(path)
        tell("Loading the tokenizer", 0.4)
        tokenizer = _tokenizer(path)
        pictures = _pictures(path, traits)
        model = _model(
            path,
            weight_files(path),
            place,
            _dtype(dtype, place, config),
            lambda share: tell("Loading the model", 0.5 + 0.4 * share),
        )
        lean = fold(model) if suits(model) else None
        adapters = Adapters(model, lean)
        if adapter is not None:
            tell("Loading the adapter", 0.9)
            adapters.activate(adapters.add(adapter))
    vocabulary = Vocabulary(
        tokenizer, model.config.text_config.vocab_size, _marks(model, tokenizer)
    )
    loaded = Loaded(
        model=model,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        pictures=pictures,
        canvas=_canvas(model, tokenizer, vocabulary, traits),
        info=_info(model, traits, digested, place, adapter, pictures),
        device=place,
        marks=_mark_names(tokenizer),
        image_marks=_image_marks(model, tokenizer),
        lean=lean,
        adapters=adapters,
        shipped=traits.adapters,
        rooms=Rooms(model) if place.type == "cuda" else None,
    )
    tell("Ready", 1.0)
    return loaded


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """What of a checkpoint folder is not its weights: enough to lay a report out with.

    ``marks`` are the names of all special tokens, longest first.
    """

    vocabulary: Vocabulary
    canvas: CanvasSpec
    settings: SamplerSettings
    marks: tuple[str, ...]
    demonstrator: bool


def wording(path: Path) -> Wording:
    """Read a checkpoint folder that may lack its weights; the model is elsewhere.

    Raises:
        EngineError: anything wrong with the folder, in one sentence.
    """
    _config(path)
    traits = read_traits(path)
    _go_offline()
    with _quiet():
        _check_config(path)
        tokenizer = _tokenizer(path)
        try:
            model = _bare(path, torch.bfloat16)
        except _BROKEN as error:
            raise EngineError(f"config.json in {path.name} is damaged.") from error
    vocabulary = Vocabulary(
        tokenizer, model.config.text_config.vocab_size, _marks(model, tokenizer)
    )
    return Wording(
        vocabulary=vocabulary,
        canvas=_canvas(model, tokenizer, vocabulary, traits),
        settings=_settings(model),
        marks=_mark_names(tokenizer),
        demonstrator=traits.demonstrator,
    )


def pick_device(name: str) -> torch.device:
    """Return a device by name; ``auto`` takes cuda, then mps, then the CPU.

    Raises:
        EngineError: a device that this computer does not have.
    """
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in has.items() if there))
    kind, colon, index = name.partition(":")
    numbered = index.isascii() and index.isdecimal() and len(index) < 4
    there = has.get(kind, False) and (numbered if colon else True)
    count = torch.cuda.device_count() if kind == "cuda" else 1
    if not there or int(index or 0) >= count:
        raise EngineError(f"This computer has no device {name}.", "Choose auto or cpu.")
    return torch.device(name)


def _go_offline() -> None:
    """Keep the hub libraries off the network; they read these when they are imported."""
    for name in _OFFLINE:
        os.environ[name] = "1"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep upstream's progress bars and remarks off the terminal while loading."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _config(path: Path) -> dict[str, Any]:
    """Return config.json after refusing what is no checkpoint of ours."""
    if not is_folder(path):
        raise EngineError(f"There is no checkpoint folder {path}.", "Choose a folder that exists.")
    config = read_json(path / "config.json")
    kind = config.get("model_type")
    if kind != "diffusion_gemma":
        raise EngineError(
            f"{path.name} is a checkpoint of another kind ({kind}).",
            "Lacuna works with DiffusionGemma checkpoints.",
        )
    for name in _CONFIGS:
        if (path / name).exists() and "auto_map" in read_json(path / name):
            raise EngineError(f"{path.name} asks to run code of its own; Lacuna never does that.")
    return config


def _check_config(path: Path) -> None:
    """Refuse a config.json that upstream cannot read, before anything else trips over it."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import DiffusionGemmaConfig

    damaged = EngineError(f"config.json in {path.name} is damaged.")
    try:
        config = DiffusionGemmaConfig.from_pretrained(str(path), local_files_only=True)
    except (*_BROKEN, StrictDataclassError) as error:
        raise damaged from error
    marks = (config.boi_token_id, config.image_token_id, config.eoi_token_id)
    if not all(_within(mark, range(config.text_config.vocab_size)) for mark in marks):
        raise damaged
    if not _within(config.canvas_length, range(1, _LONGEST_CANVAS + 1)):
        raise damaged


def _within(value: object, allowed: range) -> bool:
    return type(value) is int and value in allowed


def _tokenizer(path: Path) -> Any:
    from transformers import AutoTokenizer

    if not (path / "tokenizer.json").is_file():
        raise EngineError(f"{path.name} has no tokenizer.", "Copy its tokenizer.json as well.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path), **_LOCAL)
    except _BROKEN as error:
        raise EngineError(f"The tokenizer of {path.name} is damaged.") from error
    except Exception as error:
        # The tokenizers library raises bare Exception for a file that it cannot read.
        if type(error) is not Exception:
            raise
        raise EngineError(f"The tokenizer of {path.name} is damaged.") from error
    if not tokenizer.chat_template:
        raise EngineError(f"{path.name} has no chat template.", "Copy its chat_template.jinja.")
    _try_template(tokenizer, path)
    return tokenizer


def _try_template(tokenizer: Any, path: Path) -> None:
    """Refuse a template that does not run, before the first fill trips over it."""
    from jinja2 import TemplateError

    content = [{"type": "image"}, {"type": "text", "text": "."}]
    chat = [{"role": "user", "content": content}]
    try:
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    except (*_BROKEN, TemplateError) as error:
        raise EngineError(f"The chat template of {path.name} is damaged.") from error


def _pictures(path: Path, traits: Traits) -> Pictures:
    # The plain image processor, not AutoProcessor: that one needs torchvision for videos.
    from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

    try:
        processor = Gemma4ImageProcessorPil.from_pretrained(str(path), local_files_only=True)
        pictures = Pictures(processor, square=traits.demonstrator)
        pictures.tokens_of_a_square()  # a first picture, so that nonsense shows here
    except _BROKEN as error:
        raise EngineError(f"{path.name} has no usable image processor settings.") from error
    return pictures


def _dtype(name: str | None, device: torch.device, config: dict[str, Any]) -> torch.dtype:
    if name is not None:
        if name not in _DTYPES:
            raise EngineError(f"There is no precision {name}.", f"Choose {', '.join(_DTYPES)}.")
        return _DTYPES[name]
    own = config.get("dtype") or config.get("torch_dtype")
    return torch.float32 if device.type == "cpu" else _DTYPES.get(str(own), torch.bfloat16)


def _model(
    path: Path,
    files: Sequence[Path],
    device: torch.device,
    dtype: torch.dtype,
    tell: Callable[[float], None],
) -> Any:
    try:
        model = _bare(path, dtype)
        pour(model, files, device, dtype, tell)
    except torch.OutOfMemoryError as error:
        raise EngineError(
            f"{path.name} does not fit this device's memory.", "Choose another device or precision."
        ) from error
    except (*_BROKEN, UnfitError) as error:
        raise EngineError(f"The weights of {path.name} do not fit its config.json.") from error
    return model.eval()


def _bare(path: Path, dtype: torch.dtype) -> Any:
    """Return the model without weights, with its generation settings."""
    from transformers import DiffusionGemmaConfig

    config = DiffusionGemmaConfig.from_pretrained(str(path), local_files_only=True)
    model = skeleton(config, dtype, scheme_of(path))
    _read_generation_settings(model, path)
    return model


def _read_generation_settings(model: Any, path: Path) -> None:
    """Read generation_config.json, or what config.json says in its place, as upstream does."""
    model.adjust_generation_fn(
        generation_config=None,
        from_auto_class=False,
        from_pipeline=False,
        pretrained_model_name_or_path=str(path),
        cache_dir=None,
        force_download=False,
        proxies=None,
        token=None,
        revision="main",
        subfolder="",
        **_LOCAL,
    )


def _marks(model: Any, tokenizer: Any) -> Marks:
    """Return end and padding ids; those of generation_config rule, config.json's may be fewer."""
    said = model.generation_config.eos_token_id
    if said is None:
        said = model.config.text_config.eos_token_id
    ends = frozenset([said] if isinstance(said, int) else said or [])
    if not ends:
        raise EngineError("This checkpoint does not say which token ends a reply.")
    pad = model.generation_config.pad_token_id
    if pad is None:
        pad = model.config.text_config.pad_token_id or 0
    known = range(model.config.text_config.vocab_size)
    if not all(_within(mark, known) for mark in (*ends, pad)):
        raise EngineError("This checkpoint ends its replies with tokens that it does not have.")
    turn = tokenizer.convert_tokens_to_ids("<turn|>")
    return Marks(pad=pad, turn=turn if turn in ends else min(ends), ends=ends)


def _settings(model: Any) -> SamplerSettings:
    config = model.generation_config
    values = {ours: getattr(config, theirs, None) for ours, theirs in _SETTING_NAMES.items()}
    if config.sampler_config is not None:
        values["entropy_bound"] = config.sampler_config.entropy_bound
    return SamplerSettings(**{name: value for name, value in values.items() if value is not None})


def _canvas(model: Any, tokenizer: Any, vocabulary: Vocabulary, traits: Traits) -> CanvasSpec:
    return CanvasSpec(
        length=int(model.config.canvas_length),
        default_gap=traits.default_gap,
        paragraph_gap=traits.paragraph_gap,
        elastic=traits.elastic,
        preamble=thought_preamble(tokenizer, vocabulary),
        **traits.search,
    )


def thought_preamble(tokenizer: Any, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the ids that the model writes itself before its words: an empty thought channel.

    Early templates of the real checkpoint end the prompt with that channel; later ones leave it to
    the model, as the first tokens of the canvas. Those are held there instead of being guessed:
    the reader never sees them, and no step is spent on them.
    """
    template = str(tokenizer.chat_template)
    if "<|channel>" not in template:
        return ()
    chat = [{"role": "user", "content": [{"type": "text", "text": "."}]}]
    prompt = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    if prompt.rstrip().endswith("<channel|>"):
        return ()
    return tuple(tokenizer(_THOUGHT, add_special_tokens=False)["input_ids"])


def _info(
    model: Any,
    traits: Traits,
    digested: str,
    device: torch.device,
    adapter: Path | None,
    pictures: Pictures,
) -> ModelInfo:
    return ModelInfo(
        name=traits.name,
        hash=digested,
        device=str(device),
        dtype=str(model.dtype).removeprefix("torch."),
        canvas_length=int(model.config.canvas_length),
        demonstrator=traits.demonstrator,
        settings=_settings(model),
        adapter=adapter.name if adapter is not None else None,
        tokens_per_image=pictures.tokens_of_a_square(),
        image_budgets=pictures.budgets,
        certainty=traits.certainty,
        adapters=tuple(traits.adapters),
        bounds=traits.bounds,
    )


def _mark_names(tokenizer: Any) -> tuple[str, ...]:
    added = tokenizer.added_tokens_decoder.values()
    return tuple(sorted((t.content for t in added if t.special), key=len, reverse=True))


def _image_marks(model: Any, tokenizer: Any) -> ImageMarks:
    config = model.config
    ids = [config.boi_token_id, config.image_token_id, config.eoi_token_id]
    return ImageMarks(*tokenizer.convert_ids_to_tokens(ids))
