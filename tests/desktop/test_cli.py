"""The command line without its model: what needs no torch runs in this process, fast."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import lacuna
from lacuna import ask, cli, draft
from lacuna.errors import UserFacingError
from lacuna.study.load import load_study
from lacuna.study.pixels import image_input
from lacuna.ui.viewer.hanging import hang
from lacuna_models.api import (
    CancelToken,
    Done,
    Fill,
    FillRequest,
    Gap,
    Kept,
    ModelInfo,
    Open,
    Reason,
    SamplerSettings,
    SpanDraft,
    StepEvent,
    TokenDraft,
    TokenState,
)
from lacuna_models.scripted import ScriptedEngine
from tests.desktop.study.builder import dataset, ramp, save
from tests.helpers import demo_studies as demo
from tests.helpers.command import ROOT, python

WORDS = ("No ", "pneumothorax", ".")


class Scribe:
    """An engine that settles one word a step, to watch the command line and not the model."""

    def __init__(self, interrupt_at: int = 0, demonstrator: bool = True) -> None:
        self.info = ModelInfo("Scribe", "ab" * 32, "cpu", "float32", 64, demonstrator, SETTINGS)
        self.interrupt_at = interrupt_at
        self.request: FillRequest | None = None
        self.closed = False

    def fill(
        self, request: FillRequest, cancel: CancelToken | None = None
    ) -> Iterator[StepEvent | Done]:
        self.request = request
        settings = request.settings or self.info.settings
        gap = next(part for part in request.segments if isinstance(part, Gap))
        step, reason = 0, Reason.SETTLED
        for step in range(1, len(WORDS) + 1):
            yield self._event(request, gap, step, settings)
            if step == self.interrupt_at:
                os.kill(os.getpid(), signal.SIGINT)
            if cancel is not None and cancel.is_set():
                reason = Reason.CANCELLED
                break
        kept = Kept(tuple(TokenDraft(word, TokenState.SETTLED, 0.1) for word in WORDS[:step]))
        left = () if step == len(WORDS) else (Open(len(WORDS) - step),)
        fill = Fill(gap.id, (kept, *left), 0.1)
        seed = request.seeds[0]
        yield Done(request.id, 0, seed, reason, (fill,), step, 0.5, settings, ("A note.",))

    def _event(
        self, request: FillRequest, gap: Gap, step: int, settings: SamplerSettings
    ) -> StepEvent:
        tokens = tuple(TokenDraft(word, TokenState.SETTLED, 0.1) for word in WORDS[:step])
        spans = (SpanDraft(gap.id, tokens),)
        return StepEvent(
            request.id, 0, 0, 1, step, settings.steps, spans, len(WORDS), step - 1, 1, 0.25, 0.1
        )

    def close(self) -> None:
        self.closed = True


SETTINGS = SamplerSettings(steps=12)


@pytest.fixture
def scribe(monkeypatch: pytest.MonkeyPatch) -> Scribe:
    engine = Scribe()
    monkeypatch.setattr(draft, "_engine", lambda order: engine)
    return engine


def report(tmp_path: Path, text: str) -> str:
    path = tmp_path / "report.txt"
    path.write_bytes(text.encode())
    return str(path)


Captured = pytest.CaptureFixture[bytes]


def test_only_gaps_change(tmp_path: Path, scribe: Scribe, capsysbinary: Captured) -> None:
    text = "  Ölung \r\n\t[...] 🫁 end\n\n"
    assert cli.main(["draft", "--sample", "--report", report(tmp_path, text)]) == 0
    out, err = capsysbinary.readouterr()
    assert out.decode() == text.replace("[...]", "No pneumothorax.")
    assert err.decode().splitlines() == ["DRAFT. Research use, requires review.", "A note."]
    assert scribe.closed


def test_standard_input_and_a_counted_gap(
    scribe: Scribe, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(b"Pleura: [... 12]\n"))
    monkeypatch.setattr(sys, "stdin", piped)
    assert cli.main(["draft", "--sample", "--report", "-"]) == 0
    assert capsysbinary.readouterr().out == b"Pleura: No pneumothorax.\n"
    assert scribe.request is not None
    gaps = [part.length for part in scribe.request.segments if isinstance(part, Gap)]
    assert gaps == [12]


def test_without_a_report_the_whole_is_drafted(scribe: Scribe, capsysbinary: Captured) -> None:
    assert cli.main(["draft", "--sample", "--seed", "5", "--steps", "7", "--style", "terse"]) == 0
    assert capsysbinary.readouterr().out == b"No pneumothorax.\n"
    request = scribe.request
    assert request is not None
    assert request.seeds == (5,)
    assert request.settings is not None
    assert request.settings.steps == 7
    assert request.prompt.style == "terse"
    assert request.prompt.images[0].pixels.shape == (1024, 1024)


def test_json_says_who_wrote_what(tmp_path: Path, scribe: Scribe, capsysbinary: Captured) -> None:
    path = report(tmp_path, "Heart: [...]")
    assert cli.main(["draft", "--sample", "--report", path, "--json", "--seed", "3"]) == 0
    found = json.loads(capsysbinary.readouterr().out)
    assert found["report"] == "Heart: No pneumothorax."
    assert found["spans"][0] == {"state": "fixed", "author": "typed", "text": "Heart: "}
    assert found["spans"][1]["state"] == "proposed"
    assert found["spans"][1]["author"] == "model"
    assert "".join(span["text"] for span in found["spans"]) == found["report"]
    assert (found["draft"], found["seed"], found["steps"]) == (True, 3, 3)
    assert found["research_use"] == "Research use. Draft, requires review."
    assert found["model"]["hash"] == "ab" * 32
    assert found["settings"]["steps"] == 12
    assert found["warning"] is None


def test_trace_prints_a_line_a_step(scribe: Scribe, capsysbinary: Captured) -> None:
    cli.main(["draft", "--sample", "--trace"])
    steps = [
        line
        for line in capsysbinary.readouterr().err.decode().splitlines()
        if line.startswith("step")
    ]
    assert steps[1] == "step   2/12  settled   1/3  accepted   1  entropy 0.250  No pneumothorax"


def test_a_demonstrator_about_a_patient_means_nothing_and_says_so(
    tmp_path: Path, scribe: Scribe, capsysbinary: Captured
) -> None:
    path = save(tmp_path / "a.dcm", dataset(ramp()))
    assert cli.main(["draft", str(path)]) == 0
    out, err = capsysbinary.readouterr()
    first, rest = out.decode().split("\n", 1)
    assert first == (
        "[Demonstrator model: trained on drawings. About this picture these words mean nothing.]"
    )
    assert rest == "No pneumothorax.\n"
    assert "these words mean nothing" in err.decode()
    cli.main(["draft", str(path), "--json"])
    found = json.loads(capsysbinary.readouterr().out)
    assert "mean nothing" in found["warning"]
    assert found["image"]["origin"] == "patient"
    assert "DOE" not in json.dumps(found)


def test_a_real_model_about_a_patient_gets_no_such_line(
    tmp_path: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "_engine", lambda order: Scribe(demonstrator=False))
    assert cli.main(["draft", str(save(tmp_path / "a.dcm", dataset(ramp())))]) == 0
    assert capsysbinary.readouterr().out == b"No pneumothorax.\n"


def test_of_a_ct_the_model_sees_what_the_window_shows_first_not_the_localiser(
    tmp_path: Path,
) -> None:
    demo.ct(tmp_path, slices=2, size=48, series=1, name="Scout")
    demo.ct(tmp_path, slices=10, size=64, series=2, name="Lung 1.25")
    study = load_study([tmp_path])
    window = hang(study).places[0].window
    assert window is not None
    shown = image_input(study.series[1].images[0], window)
    assert draft.first_picture(study).digest() == shown.digest()


def test_what_the_model_did_not_see_is_said(
    tmp_path: Path, scribe: Scribe, capsysbinary: Captured
) -> None:
    save(tmp_path / "a.dcm", dataset(ramp()))
    save(tmp_path / "b.dcm", dataset(ramp(), InstanceNumber=2))
    (tmp_path / "c.dcm").write_bytes(b"")
    assert cli.main(["draft", str(tmp_path)]) == 0
    err = capsysbinary.readouterr().err.decode()
    assert "The model saw one of 2 images: the one that the window shows first." in err
    assert "c.dcm is empty (0 bytes)." in err


def test_frames_that_the_model_did_not_see_count(
    tmp_path: Path, scribe: Scribe, capsysbinary: Captured
) -> None:
    save(tmp_path / "cine.dcm", dataset(np.stack([ramp()] * 3), NumberOfFrames=3))
    assert cli.main(["draft", str(tmp_path)]) == 0
    assert "one of 3 images:" in capsysbinary.readouterr().err.decode()


def test_what_decoders_print_about_damage_stays_off_the_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(*_: object) -> None:
        os.write(2, b"Corrupt JPEG data")
        raise UserFacingError("It is damaged.")

    monkeypatch.setattr(draft, "image_input", noisy)
    assert cli.main(["draft", "--sample"]) == 2
    assert capfd.readouterr().err == "lacuna: It is damaged.\n"


def test_ctrl_c_keeps_what_had_settled(
    tmp_path: Path, capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "_engine", lambda order: Scribe(interrupt_at=2))
    before = signal.getsignal(signal.SIGINT)
    path = report(tmp_path, "Heart normal. [...]\n")
    assert cli.main(["draft", "--sample", "--report", path]) == 130
    out, err = capsysbinary.readouterr()
    assert out == b"Heart normal. No pneumothorax[... 1]\n"
    assert b"Stopped at step 2." in err
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["draft"], "Give a study, or --sample."),
        (["draft", "--sample", "x"], "Give a study, or --sample."),
        (["draft", "--sample", "--seed", "-1"], "--seed"),
        (["draft", "--sample", "--seed", "1e3"], "whole number"),
        (["draft", "--sample", "--steps", "0"], "from 1 to 1000"),
        (["draft", "--sample", "--style", "chatty"], "chatty"),
        (["draft", "--frobnicate"], "frobnicate"),
        (["draft", "--sample", "--see", "3"], "--see"),
        (["draft", "--sample", "--report", "/nowhere/r.txt"], "r.txt could not be opened"),
        (["draft", "/nowhere/a.dcm"], "a.dcm is not there."),
        (["sample"], "OUT"),
        (["--sample", "a.dcm"], "--sample stands for a study."),
        (["gui", "--sample", "a.dcm"], "--sample stands for a study."),
        (["--data-dir"], "--data-dir: expected one argument."),
        (["draft", "--sample", "--seed", "9" * 5000], "'999999999999999999999999' is not a whole"),
        (["draft", ""], "STUDY: the path is empty."),
        (["draft", "--sample", "--model", ""], "--model: the path is empty."),
        (["draft", "--sample", "--report", ""], "report's file is empty"),
        (["sample", ""], "OUT: the path is empty."),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(
    arguments: list[str], words: str, capsysbinary: Captured
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsysbinary.readouterr()
    assert out == b""
    lines = err.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("lacuna: ")
    assert words in lines[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no gap here", "No gap to fill."),
        (b"\xff\xfe\x00bad [...]", "is not UTF-8 text."),
        (b"x" * (1 << 20) + b"[...]", "is longer than a report"),
        (b"[... 0]", "is not a gap"),
        (b"[... many]", "is not a gap"),
    ],
)
def test_a_bad_report_is_one_sentence(
    tmp_path: Path, content: bytes, words: str, capsysbinary: Captured
) -> None:
    path = tmp_path / "r.txt"
    path.write_bytes(content)
    assert cli.main(["draft", "--sample", "--report", str(path)]) == 2
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert words in err.decode()
    assert err.count(b"\n") == 1


def test_a_bug_is_a_sentence_and_a_log_without_words(
    tmp_path: Path,
    data_dir: Path,
    scribe: Scribe,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: Captured,
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("DOE^Jane was here")

    monkeypatch.setattr(scribe, "fill", broken)
    assert cli.main(["draft", "--sample"]) == 1
    err = capsysbinary.readouterr().err.decode()
    log = data_dir / "logs" / "lacuna.log"
    assert err.count("\n") == 1
    assert str(log) in err
    assert "Traceback" not in err
    written = log.read_text()
    assert "ZeroDivisionError at cli.py:" in written
    assert "DOE" not in written
    other = tmp_path / "elsewhere"
    assert cli.main(["--data-dir", str(other), "draft", "--sample"]) == 1
    assert (other / "logs" / "lacuna.log").exists()


def test_the_version_is_the_project_s(capsysbinary: Captured) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cli.main(["--version"]) == 0
    assert capsysbinary.readouterr().out.decode() == f"lacuna {project['version']}\n"
    assert lacuna.__version__ == project["version"]


def test_help_names_every_verb(capsysbinary: Captured) -> None:
    assert cli.main(["--help"]) == 0
    out = capsysbinary.readouterr().out.decode()
    assert all(verb in out for verb in cli.VERBS)


@pytest.mark.parametrize(
    ("words", "full"),
    [
        ([], ["gui"]),
        (["a.dcm"], ["gui", "a.dcm"]),
        (["--sample"], ["gui", "--sample"]),
        (["--data-dir", "X", "a.dcm"], ["--data-dir", "X", "gui", "a.dcm"]),
        (["--data-dir=X", "doctor"], ["--data-dir=X", "doctor"]),
        (["draft", "gui"], ["draft", "gui"]),
    ],
)
def test_the_window_is_the_verb_that_may_be_left_out(words: list[str], full: list[str]) -> None:
    assert cli._with_verb(words) == full


def test_samples_are_drawn_again(tmp_path: Path, capsysbinary: Captured) -> None:
    assert cli.main(["sample", str(tmp_path / "out")]) == 0
    written = capsysbinary.readouterr().out.decode().splitlines()
    assert [Path(line).parent.name for line in written] == ["chest-phantom", "normal-phantom"]
    (tmp_path / "file").write_text("in the way")
    assert cli.main(["sample", str(tmp_path / "file")]) == 2


def test_the_command_line_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys; from lacuna import ask, cli, draft, draft_output, doctor, settings; "
        "cli.main(['--version']); import lacuna.study.sample; "
        "print(sorted({'torch', 'PySide6', 'transformers'} & set(sys.modules)))"
    )
    assert python(code).stdout.decode().splitlines()[-1] == "[]"


def test_other_wordings_stand_beside_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Captured
) -> None:
    said = {"said": ("The heart is normal.", "Normal heart.", "The heart is large.")}
    engine = ScriptedEngine(default="The heart is normal.")
    monkeypatch.setattr(draft, "_engine", lambda order: engine)
    monkeypatch.setattr(engine, "_texts", lambda segment: said["said"])
    path = report(tmp_path, "Findings: [...]")
    assert cli.main(["draft", "--sample", "--report", path, "--alternatives", "2"]) == 0
    out, err = capsysbinary.readouterr()
    assert out.decode() == "Findings: The heart is normal."
    assert "Gap 1, or: Normal heart." in err.decode()
    assert cli.main(["draft", "--sample", "--report", path, "--alternatives", "3", "--json"]) == 0
    document = json.loads(capsysbinary.readouterr().out)
    proposals = document["alternatives"][0]["proposals"]
    assert [p["text"] for p in proposals] == list(said["said"])


def test_a_question_is_answered_with_its_alternatives(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: Captured
) -> None:
    engine = ScriptedEngine({"answer": ("No.", "No effusion.")})
    monkeypatch.setattr(ask, "_engine", lambda question: engine)
    words = ["ask", "--sample", "--question", "Any effusion?", "--alternatives", "2"]
    assert cli.main(words) == 0
    out, err = capsysbinary.readouterr()
    assert out.decode() == "No.\nNo effusion.\n"
    assert err.decode().startswith("DRAFT.")
    assert engine.closed
    assert cli.main([*words, "--json"]) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert document["question"] == "Any effusion?"
    assert [p["text"] for p in document["proposals"]] == ["No.", "No effusion."]
    assert cli.main(["ask", "--sample", "--question", " "]) == 2
    assert "no question" in capsysbinary.readouterr().err.decode()
