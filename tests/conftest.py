"""Fixtures for every test: a throw-away data folder, and a check that no thread stays behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import HealthCheck, settings

from tests.helpers.keyrings import MemoryKeyring

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Processes that a test starts keep nothing: the machine's own keyring is never asked.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
# A spinning OpenMP thread beside a busy machine costs two orders of magnitude a step.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

# The gate tries the same examples each time, asks no clock of a busy machine and leaves no file;
# new examples are sought by the slow counts.
settings.register_profile(
    "gate",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gate")

PATIENCE = 30.0  # seconds that a thread which is ending anyway may take on a busy machine


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test away from the user's own data folder."""
    folder = tmp_path / "lacuna-data"
    monkeypatch.setenv("LACUNA_DATA_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _own_keyring() -> None:
    """Give every test a keyring of its own, in memory."""
    keyring.set_keyring(MemoryKeyring())


@pytest.fixture(autouse=True)
def _no_thread_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread behind; daemon pools of libraries are not ours."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not t.daemon]
    for thread in left:
        thread.join(PATIENCE)  # a library's pool may have been told to end, and not have yet
    left = [thread for thread in left if thread.is_alive()]
    assert not left, f"threads left behind: {left}"


@pytest.fixture(autouse=True)
def _no_engine_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves an engine's QThread running: ``threading`` takes it for a daemon."""
    module = sys.modules.get("lacuna.work.engine_worker")
    if module is None:
        yield
        return
    started: list[Any] = []
    start = module.EngineWorker.start

    def note(worker: Any) -> None:
        started.append(worker)
        start(worker)

    monkeypatch.setattr(module.EngineWorker, "start", note)
    yield
    left = [worker for worker in started if worker.isRunning()]
    assert not left, f"engine threads left behind: {left}"
