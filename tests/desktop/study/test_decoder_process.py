"""The process that decodes what may kill it: it dies alone, comes back, leaves nobody behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from pydicom.encaps import encapsulate

from lacuna.errors import UserFacingError
from lacuna.study import decoder_process
from lacuna.study.decoder_process import DecodeError, DecoderProcess
from lacuna.study.load import load_study
from lacuna.study.pixels import read_pixels
from tests.desktop.study.builder import save
from tests.helpers import synthetic

ROWS, COLUMNS = 9, 14
REQUEST = {
    "rows": ROWS,
    "columns": COLUMNS,
    "samples": 1,
    "planar": 0,
    "photometric": "MONOCHROME2",
    "syntax": "1.2.840.10008.1.2.4.70",
    "allocated": 16,
    "stored": 16,
    "signed": 0,
}


@pytest.fixture
def process() -> Iterator[DecoderProcess]:
    one = DecoderProcess()
    yield one
    pid = one.pid
    one.close()
    assert pid is None or not psutil.pid_exists(pid)


@pytest.fixture(scope="module", autouse=True)
def _none_left() -> Iterator[None]:
    yield
    decoder_process.close()


def pixels(seed: int = 0) -> np.ndarray:
    return synthetic.noise("u2", (ROWS, COLUMNS), seed)


def frame(values: np.ndarray) -> bytes:
    return synthetic._lossless(values.astype(np.int64), 16)


def decoded(process: DecoderProcess, values: np.ndarray) -> np.ndarray:
    return np.frombuffer(process.decode(REQUEST, frame(values)), "<u2").reshape(values.shape)


def test_one_process_decodes_frame_after_frame(process: DecoderProcess) -> None:
    pids = set()
    for seed in range(5):
        assert np.array_equal(decoded(process, pixels(seed)), pixels(seed))
        pids.add(process.pid)
    assert len(pids) == 1


def test_it_starts_with_the_first_frame_and_ends_on_close(process: DecoderProcess) -> None:
    assert process.pid is None
    decoded(process, pixels())
    pid = process.pid
    assert pid is not None
    process.close()
    assert not psutil.pid_exists(pid)
    assert np.array_equal(decoded(process, pixels()), pixels())  # and may begin anew


def test_nonsense_is_refused_and_the_next_frame_decodes(process: DecoderProcess) -> None:
    for bad in (b"", b"\xff\xd8", frame(pixels())[:60], os.urandom(500)):
        with pytest.raises(DecodeError):
            process.decode(REQUEST, bad)
        assert np.array_equal(decoded(process, pixels()), pixels())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal on this system")
def test_it_comes_back_after_it_was_killed(process: DecoderProcess) -> None:
    decoded(process, pixels())
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    psutil.Process(process.pid)  # a zombie until it is waited for
    failures = 0
    for _ in range(2):
        try:
            assert np.array_equal(decoded(process, pixels()), pixels())
        except DecodeError:
            failures += 1  # it may have died after it was looked at
    assert failures <= 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal on this system")
def test_it_is_ended_when_it_hangs() -> None:
    process = DecoderProcess(patience=0.3)
    for _ in range(50):  # a start takes longer than this patience on a busy machine
        try:
            decoded(process, pixels())
            break
        except DecodeError:
            process = DecoderProcess(patience=process._patience * 2)
    assert process.pid is not None
    hung = process.pid
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(DecodeError, match="ended"):
        decoded(process, pixels())
    assert not psutil.pid_exists(hung)
    process.close()


def test_many_threads_share_it(process: DecoderProcess) -> None:
    wrong = []

    def work(seed: int) -> None:
        if not np.array_equal(decoded(process, pixels(seed)), pixels(seed)):
            wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def ended(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it may go between two looks
        return True


def test_it_does_not_outlive_its_parent() -> None:
    code = (
        "import os, numpy as np\n"
        "from tests.desktop.study import test_decoder_process as t\n"
        "from lacuna.study.decoder_process import DecoderProcess\n"
        "p = DecoderProcess(); t.decoded(p, t.pixels()); print(p.pid, flush=True); os._exit(1)\n"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    child = int(done.stdout)
    until = time.monotonic() + 60
    while not ended(child):
        assert time.monotonic() < until, "the decoder is still there"
        threading.Event().wait(0.02)


def test_a_damaged_lossless_file_is_one_sentence(tmp_path: Path) -> None:
    good = synthetic.lossless_jpeg(pixels())
    whole = frame(pixels())
    rng = np.random.default_rng(4)
    for trial in range(40):
        damaged = bytearray(whole)
        for at in rng.integers(2, len(whole), 6):
            damaged[at] = int(rng.integers(256))
        good.PixelData = encapsulate([bytes(damaged)])
        path = save(tmp_path / f"d{trial}.dcm", good)
        image = load_study([path]).series[0].images[0]
        with contextlib.suppress(UserFacingError):  # anything else escapes, and fails
            assert read_pixels(image).shape == (ROWS, COLUMNS)
    path = synthetic.write("lossless-jpeg-16", tmp_path)
    assert read_pixels(load_study([path]).series[0].images[0]).max() == 65535
