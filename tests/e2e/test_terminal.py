"""What a terminal does to the real command: closed streams, full disks, Ctrl+C."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lacuna.log import NAME, Event
from tests.e2e import drive
from tests.helpers.command import environment, lacuna

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="redirections and signals of a POSIX shell"),
]
FULL = Path("/dev/full")


def in_shell(words: str, redirections: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``lacuna WORDS`` in a shell, with some of its streams sent elsewhere."""
    command = f"{shlex.quote(sys.executable)} -m lacuna {words} {redirections}"
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, env=environment(), timeout=600, check=False
    )


@pytest.mark.parametrize(
    ("words", "redirections", "said"),
    [
        ("draft --sample --report -", "<&-", "Standard input is closed."),
        ("draft --sample --steps 1", ">&-", "Standard output is closed."),
        ("draft nowhere.dcm", "2>&-", ""),
    ],
)
def test_a_closed_stream_is_refused_in_one_sentence(
    words: str, redirections: str, said: str
) -> None:
    done = in_shell(words, redirections)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert b"went wrong" not in done.stderr
    assert done.stdout == b""


def test_without_standard_error_the_report_still_comes() -> None:
    done = in_shell("draft --sample --steps 1", "2>&-")
    assert done.returncode == 0
    assert done.stdout.strip()


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_sentence() -> None:
    done = in_shell("doctor", f">{FULL}")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("lacuna: The output could not be written: no space")
    assert done.stderr.count(b"\n") == 1


def started(data_dir: Path) -> bool:
    """Whether the window stands: by then it heeds Ctrl+C."""
    log = data_dir / "logs" / NAME
    return log.is_file() and Event.STARTED.value in log.read_text(encoding="utf-8")


def test_ctrl_c_closes_the_window(data_dir: Path) -> None:
    """It used to be swallowed by whatever slot or paint it happened to fall into."""
    command = [sys.executable, "-m", "lacuna", "gui"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE) as running:
        try:
            drive.wait_for(lambda: started(data_dir), "the window")
            running.send_signal(signal.SIGINT)
            said = running.communicate(timeout=600)[1]
        finally:
            running.kill()
    assert running.returncode in (0, 130)
    assert b"Traceback" not in said


def test_a_data_folder_that_cannot_be_made_is_no_reason_to_stop(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    done = lacuna("--data-dir", blocked / "data", "draft", "--sample", "--steps", 1)
    assert done.returncode == 0, done.stderr.decode()
