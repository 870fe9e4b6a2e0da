"""An adapter that a checkpoint brings: a request names it, and nothing of it stays behind."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lacuna_models.api import EngineError, FillRequest, Fixed, Gap, Prompt, SamplerSettings
from lacuna_models.engine import DiffusionEngine, collect
from lacuna_models.loading import load
from tests.models.test_adapters import write_adapter

# Upstream's own: PEFT asks a model for what transformers has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

REQUEST = FillRequest(
    "r",
    Prompt(indication="cough"),
    (Fixed("a", "The heart "), Gap("g", 12)),
    settings=SamplerSettings(steps=4),
)


@pytest.fixture(scope="module")
def folder(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("brings") / "model"
    shutil.copytree(tiny_path, folder)
    write_adapter(tiny_path, folder / "reader", seed=5)
    known = json.loads((folder / "lacuna.json").read_text("utf-8"))
    (folder / "lacuna.json").write_text(json.dumps({**known, "adapters": ["reader"]}), "utf-8")
    return folder


def test_a_request_switches_it_on_for_itself_only(folder: Path) -> None:
    engine = DiffusionEngine(load(folder, device="cpu"))
    assert engine.info.adapters == ("reader",)
    plain, read, again = (
        collect(engine.fill(replace(REQUEST, adapter=name)))[0].fills[0]
        for name in (None, "reader", None)
    )
    assert plain.text == again.text != read.text
    assert plain.provenance is not None
    assert read.provenance is not None
    assert (plain.provenance.adapter, read.provenance.adapter) == (None, "reader")


def test_a_stopped_run_leaves_the_model_as_it_was(folder: Path) -> None:
    engine = DiffusionEngine(load(folder, device="cpu"))
    plain = collect(engine.fill(REQUEST))[0].fills[0].text
    events = engine.fill(replace(REQUEST, adapter="reader"))
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert collect(engine.fill(REQUEST))[0].fills[0].text == plain


@pytest.mark.parametrize("names", [["nobody"], ["../reader"], "reader", [3]])
def test_a_folder_that_does_not_bring_it_is_refused(folder: Path, names: object) -> None:
    before = (folder / "lacuna.json").read_text("utf-8")
    try:
        (folder / "lacuna.json").write_text(json.dumps({"adapters": names}), "utf-8")
        with pytest.raises(EngineError, match="adapters that it does not bring"):
            load(folder, device="cpu")
    finally:
        (folder / "lacuna.json").write_text(before, "utf-8")
