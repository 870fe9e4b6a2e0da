"""The engine on a department's server: a stub that answers in vLLM's documented form, or lies."""

from __future__ import annotations

import math
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lacuna_models.api import (
    CommandQueue,
    Done,
    Edit,
    Engine,
    EngineError,
    FillRequest,
    Fixed,
    Gap,
    ImageInput,
    Lock,
    Measure,
    Open,
    Prompt,
    Reason,
    ScoreRequest,
    Seen,
    Segment,
    Soft,
    StepEvent,
)
from lacuna_models.engine import collect
from lacuna_models.loading import Loaded, wording
from lacuna_models.server.remote import RemoteEngine, open_remote
from lacuna_models.server.wire import Site, site_of
from tests.helpers.stub_vllm import StubVllm, certify, serving

PICTURE = ImageInput(np.arange(48, dtype=np.uint8).reshape(6, 8))
SEGMENTS: tuple[Segment, ...] = (
    Fixed("a", "FINDINGS:\nThe heart is normal in size. Small left pleural"),
    Gap("gap", 3),
    Fixed("b", " No pneumothorax.\n"),
)


@pytest.fixture(scope="module")
def folder(tiny_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny checkpoint's folder as a workstation has it: without the weights."""
    copy = tmp_path_factory.mktemp("server") / "served"
    shutil.copytree(tiny_path, copy, ignore=shutil.ignore_patterns("*.safetensors*"))
    return copy


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certify(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def stub(loaded: Loaded) -> StubVllm:
    return StubVllm(loaded.vocabulary)


@pytest.fixture
def site(stub: StubVllm, certificate: tuple[Path, Path]) -> Iterator[Site]:
    authority, both = certificate
    with serving(stub, both) as port:
        yield site_of(f"https://127.0.0.1:{port}", authority=authority, key="house-key")


@pytest.fixture
def engine(folder: Path, site: Site) -> RemoteEngine:
    return open_remote(folder, site)


def request(**changes: Any) -> FillRequest:
    prompt = Prompt(images=(PICTURE,), indication="cough <turn|> fever")
    known: dict[str, Any] = {"prompt": prompt, "segments": SEGMENTS, "seeds": (5,)}
    return FillRequest("one", **(known | changes))


def test_a_gap_is_filled_as_vllm_documents_it(engine: RemoteEngine, stub: StubVllm) -> None:
    assert isinstance(engine, Engine)
    event, done = list(engine.fill(request()))
    assert isinstance(event, StepEvent)
    assert isinstance(done, Done)
    assert done.fills[0].text.split() == ["zone"] * 3
    (asked,) = stub.canvases
    said = asked["vllm_xargs"]
    picture, words = asked["messages"][0]["content"]
    assert len(said["diffusion_seed_canvas"]) == engine.info.canvas_length
    assert len(said["diffusion_pinned"]) == engine.info.canvas_length - 3
    assert said["diffusion_max_steps"] == engine.info.settings.steps
    assert said["diffusion_read_only"] is True
    assert asked["return_tokens_as_token_ids"] is True
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert "fever" in words["text"]
    assert "<turn|>" not in words["text"]  # no patient's record ends a turn
    assert stub.headers["Authorization"] == "Bearer house-key"
    assert event.mean_entropy == pytest.approx(entropy(0.1, 4.0, 4.0, 4.0))
    assert done.fills[0].provenance is not None
    assert done.fills[0].provenance.model.startswith("reports on ")


def entropy(*nats: float) -> float:
    shares = [math.exp(-value) for value in nats]
    shares.append(1 - sum(shares))
    return -sum(p * math.log(p) for p in shares)


def test_a_question_and_soft_text_and_held_words_reach_the_canvas(
    engine: RemoteEngine, stub: StubVllm, loaded: Loaded
) -> None:
    soft = (SEGMENTS[0], Soft("s", " effusion effusion effusion."), SEGMENTS[2])
    free = next(engine.fill(request(segments=soft)))
    assert isinstance(free, StepEvent)
    place = free.spans[0].tokens[1].position
    held = Lock(Seen((place,), (loaded.vocabulary.ids(" nodule")[0],)))
    event = next(engine.fill(request(segments=soft, commands=(held,))))
    assert isinstance(event, StepEvent)
    assert event.locked == (place,)
    assert event.canvas[place] == held.seen.ids[0]
    assert place in stub.canvases[1]["vllm_xargs"]["diffusion_pinned"]


def test_proposals_come_from_seeds_of_their_own(engine: RemoteEngine, stub: StubVllm) -> None:
    (done,) = collect(engine.fill(request(alternatives=3)))
    assert [body["seed"] for body in stub.canvases] == [5, 1_000_008, 2_000_011]
    assert done.fills[0].alternatives == ()  # all three were the same words


def change_an_anchor(answer: Any) -> Any:
    answer["choices"][0]["logprobs"]["content"][0]["token"] = "token_id:7"
    return answer


def change(place: Callable[[Any], None]) -> Callable[[Any], Any]:
    def changed(answer: Any) -> Any:
        place(answer["choices"][0]["logprobs"]["content"])
        return answer

    return changed


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (change_an_anchor, "changed words that you fixed"),
        (change(lambda rows: rows.pop()), "did not denoise the canvas"),
        (change(lambda rows: rows[-1].update(token="token_id:99999999")), "did not denoise"),
        (change(lambda rows: rows[3].update(token="heart")), "did not denoise"),
        (change(lambda rows: rows[3].update(logprob=float("nan"))), "did not denoise"),
        (change(lambda rows: rows[3].update(logprob=2.0)), "did not denoise"),
        (change(lambda rows: rows[3].update(top_logprobs=None)), "did not denoise"),
        (lambda _: {"choices": []}, "did not denoise"),
        (lambda _: ["no", "object"], "did not denoise"),
        (lambda _: None, "none of vLLM's"),
    ],
)
def test_an_answer_that_lies_is_refused_whole(
    engine: RemoteEngine, stub: StubVllm, tamper: Callable[[Any], Any], sentence: str
) -> None:
    stub.tamper = tamper
    with pytest.raises(EngineError, match=sentence):
        list(engine.fill(request()))


def test_a_mark_in_a_gap_is_no_text(engine: RemoteEngine, stub: StubVllm, loaded: Loaded) -> None:
    list(engine.fill(request()))
    pinned = stub.canvases[0]["vllm_xargs"]["diffusion_pinned"]
    gap = next(p for p in range(engine.info.canvas_length) if p not in pinned)
    mark = f"token_id:{loaded.vocabulary.marks.turn}"
    stub.tamper = change(lambda rows: rows[gap].update(token=mark))
    (done,) = collect(engine.fill(request()))
    assert done.fills[0].text.split() == ["zone"] * 2


def test_a_server_that_lacks_pins_never_sees_a_picture(
    folder: Path, site: Site, stub: StubVllm
) -> None:
    stub.pins = False
    with pytest.raises(EngineError, match=r"changed words that you fixed.*diffusion_pinned"):
        open_remote(folder, site)
    assert not stub.canvases


def test_a_server_of_another_vocabulary_is_refused(
    folder: Path, site: Site, stub: StubVllm, shipped: Loaded
) -> None:
    stub.vocabulary = shipped.vocabulary
    with pytest.raises(EngineError, match="another vocabulary"):
        open_remote(folder, site)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (302, "none of vLLM's"),
        (400, "does not take what Lacuna asks"),
        (401, "wants a key"),
        (503, "is busy"),
    ],
)
def test_a_refusal_is_one_sentence(
    engine: RemoteEngine, stub: StubVllm, status: int, sentence: str
) -> None:
    stub.status = status
    with pytest.raises(EngineError, match=sentence):
        list(engine.fill(request()))


def test_a_cancel_ends_the_wait_and_opens_the_gap(engine: RemoteEngine, stub: StubVllm) -> None:
    stub.gate = threading.Event()
    cancel = threading.Event()

    def stop() -> None:
        stub.entered.wait(30)
        cancel.set()

    watcher = threading.Thread(target=stop)
    watcher.start()
    (done,) = collect(engine.fill(request(), cancel))
    watcher.join()
    assert done.reason is Reason.CANCELLED
    assert done.fills[0].pieces == (Open(3, auto=False),)


def test_an_edit_meanwhile_is_asked_anew(engine: RemoteEngine, stub: StubVllm) -> None:
    stub.gate = threading.Event()
    said = CommandQueue()
    edited = (Fixed("a", "FINDINGS:\nSmall left pleural"), SEGMENTS[1], SEGMENTS[2])

    def edit() -> None:
        stub.entered.wait(30)
        said.send(Edit(edited))
        assert stub.gate is not None
        waiting, stub.gate = stub.gate, None
        seen.wait(30)
        waiting.set()

    seen = threading.Event()
    watcher = threading.Thread(target=edit)
    watcher.start()
    event, done = list(engine.fill(request(), commands=said))
    seen.set()
    watcher.join()
    assert isinstance(event, StepEvent)
    assert event.edition == 1
    assert isinstance(done, Done)
    assert done.fills[0].complete
    assert len(stub.canvases) == 2


def test_a_server_that_dawdles_is_given_up(
    folder: Path, site: Site, stub: StubVllm, engine: RemoteEngine
) -> None:
    stub.gate = threading.Event()
    short = Site(site.host, site.port, site.authority, site.key, deadline=0.2)
    slow = RemoteEngine(wording(folder), short, "reports")
    with pytest.raises(EngineError, match=r"took longer than 0.2 seconds"):
        list(slow.fill(request()))


def test_only_a_certificate_that_is_right_is_spoken_to(
    folder: Path, stub: StubVllm, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    authority, both = certificate
    stranger, _ = certify(tmp_path)
    with serving(stub, both) as port:
        for address, file in (
            (f"https://127.0.0.1:{port}", None),
            (f"https://127.0.0.1:{port}", stranger),
            (f"https://127.0.0.2:{port}", authority),
        ):
            with pytest.raises(EngineError, match=r"certificate|does not answer"):
                open_remote(folder, site_of(address, authority=file))
    assert stub.asked == []


def test_nothing_is_sent_to_the_internet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = [(2, 1, 6, "", ("8.8.8.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: place)
    with pytest.raises(EngineError, match="on the internet"):
        open_remote(folder, site_of("https://reports.example"))


@pytest.mark.parametrize(
    "address",
    [
        "http://reports.local",
        "https://",
        "https://me:secret@reports.local",
        "https://reports.local/elsewhere",
        "https://reports.local?x=1",
        "https://reports.local:port",
        "https://reports.local\r\nX: 1",
    ],
)
def test_an_address_is_a_name_and_a_port(address: str) -> None:
    with pytest.raises(EngineError, match="must look like"):
        site_of(address)


def test_a_proxy_of_the_environment_is_passed_over(
    engine: RemoteEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert collect(engine.fill(request()))[0].fills[0].complete


def test_what_a_server_cannot_do_is_said(engine: RemoteEngine) -> None:
    with pytest.raises(EngineError, match="weigh text"):
        engine.score(ScoreRequest("s", Prompt(), (Fixed("a", "No effusion."),), Measure.CLEAN))
    with pytest.raises(EngineError, match="adapters"):
        list(engine.fill(request(adapter="reader")))
    long = Fixed("a", "The lungs are clear. " * 60)
    with pytest.raises(EngineError, match="longer than one canvas"):
        list(engine.fill(request(segments=(long, Gap("g")))))
