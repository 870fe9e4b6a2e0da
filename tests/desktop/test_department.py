"""`lacuna draft --server`: off until the settings allow a host; then the words come from there."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lacuna import cli
from lacuna_models.loading import wording
from lacuna_phantom import checkpoint_path
from tests.helpers.stub_vllm import StubVllm, certify, serving

REPORT = "Findings:\nThe heart is normal in size. [... 2]\n"


@pytest.fixture
def stub(tmp_path: Path, data_dir: Path) -> Iterator[StubVllm]:
    stub = StubVllm(wording(checkpoint_path()).vocabulary)
    stub.writes = " normal"
    authority, both = certify(tmp_path)
    with serving(stub, both) as port:
        data_dir.mkdir(parents=True)
        (data_dir / "settings.toml").write_text(
            f"server = 'https://127.0.0.1:{port}'\nserver_authority = '{authority}'\n"
        )
        yield stub


def draft(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    class Terminal:
        buffer = io.BytesIO(REPORT.encode())

    monkeypatch.setattr(sys, "stdin", Terminal)
    return cli.main(["draft", "--sample", "--report", "-", "--server", *words])


def test_the_servers_words_stand_between_those_that_are_fixed(
    stub: StubVllm, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert draft(monkeypatch, "--model", str(checkpoint_path())) == cli.DONE
    said = capfdbinary.readouterr().out.decode()
    assert "The heart is normal in size. normal normal\n" in said
    assert len(stub.canvases) == 1


def test_without_a_host_in_the_settings_none_is_spoken_to(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert draft(monkeypatch, "--model", str(checkpoint_path())) == cli.REFUSED
    assert "No department server is allowed" in capfd.readouterr().err


def test_what_is_served_must_be_known(
    stub: StubVllm, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert draft(monkeypatch) == cli.REFUSED
    assert "folder of the served checkpoint" in capfd.readouterr().err
    assert stub.asked == []


@pytest.mark.parametrize("line", ["server = 'http://reports.local'", "server = 3"])
def test_a_plain_http_host_is_refused_in_the_settings(
    data_dir: Path,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    data_dir.mkdir(parents=True)
    (data_dir / "settings.toml").write_text(line)
    assert draft(monkeypatch) == cli.REFUSED
    assert "server must be an address that begins with https://" in capfd.readouterr().err
