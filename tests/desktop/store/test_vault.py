"""The store: what is kept comes back whole or not at all, and tells nothing to whoever finds it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as NullKeyring

from lacuna.store.keys import NoKeyError, make_key, read_key
from lacuna.store.vault import DamagedError, Vault
from tests.helpers.keyrings import MemoryKeyring

JANE = ("marks", "1.2.3", "0042317", "DOE, Jane")
SECRET = b"12 mm in DOE, Jane"


def kept(folder: Path) -> Path:
    (found,) = folder.glob("*.kept")
    return found


def test_what_is_kept_comes_back_in_another_sitting(tmp_path: Path) -> None:
    Vault(tmp_path / "kept").put(JANE, SECRET)
    again = Vault(tmp_path / "kept")
    assert again.get(JANE) == SECRET
    assert again.get(("marks", "1.2.3", "0042317", "DOE, John")) is None
    again.put(JANE, b"")
    assert Vault(tmp_path / "kept").get(JANE) == b""
    again.remove(JANE)
    assert not list((tmp_path / "kept").iterdir())


def test_a_keyring_that_does_not_answer_can_be_given_up(tmp_path: Path) -> None:
    asked, answered = threading.Event(), threading.Event()

    def never() -> bytes | None:
        asked.set()
        answered.wait()
        return None

    vault = Vault(tmp_path, read=never)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(vault.put, JANE, SECRET)
        assert asked.wait(60)
        vault.give_up()
        with pytest.raises(NoKeyError, match="has not answered"):
            waiting.result(60)
    with pytest.raises(NoKeyError):
        vault.get(JANE) or vault.put(JANE, SECRET)
    answered.set()
    assert not list(tmp_path.iterdir())
    known = Vault(tmp_path)
    known.put(JANE, SECRET)
    known.give_up()
    assert known.get(JANE) == SECRET  # what was unlocked before stays so


def test_nothing_about_a_patient_stands_on_the_disk_in_clear(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.put(JANE, SECRET)
    first, found = kept(tmp_path).read_bytes(), kept(tmp_path)
    vault.put(JANE, SECRET)
    assert found.read_bytes() != first  # never one nonce twice
    everything = found.name.encode() + first + found.read_bytes()
    assert not any(part.encode() in everything for part in (*JANE[1:], "12 mm", "DOE"))
    assert found.stat().st_mode & 0o077 == 0


def test_words_are_not_run_together(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.put(("a", "bc"), b"1")
    assert vault.get(("ab", "c")) is None


@pytest.mark.parametrize("how", ["flip", "cut", "empty", "foreign", "swap"])
def test_a_damaged_file_is_set_aside_and_said_in_a_sentence(tmp_path: Path, how: str) -> None:
    vault = Vault(tmp_path)
    vault.put(JANE, SECRET)
    found, whole = kept(tmp_path), kept(tmp_path).read_bytes()
    vault.put(("other",), b"another's")
    (other,) = set(tmp_path.glob("*.kept")) - {found}
    damaged = {
        "flip": whole[:-1] + bytes([whole[-1] ^ 1]),
        "cut": whole[:20],
        "empty": b"",
        "foreign": b"GIF89a" + whole,
        "swap": other.read_bytes(),
    }[how]
    found.write_bytes(damaged)
    with pytest.raises(DamagedError, match="damaged"):
        vault.get(JANE)
    (aside,) = tmp_path.glob("*.damaged")
    assert aside.read_bytes() == damaged
    assert vault.get(JANE) is None
    vault.put(JANE, b"new")
    assert vault.get(JANE) == b"new"
    assert vault.get(("other",)) == b"another's"
    found.write_bytes(b"")
    with pytest.raises(DamagedError):
        vault.get(JANE)
    assert len(list(tmp_path.glob("*.damaged"))) == 2  # the first one stands, too


def test_what_stood_there_stays_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path)
    vault.put(JANE, SECRET)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="no space left on device"):
        vault.put(JANE, b"newer")
    assert vault.get(JANE) == SECRET
    assert [path.suffix for path in tmp_path.iterdir()] == [".kept"]


@pytest.mark.parametrize("backend", [NoKeyring, NullKeyring])
def test_without_a_keyring_nothing_is_kept_anywhere(tmp_path: Path, backend: type) -> None:
    keyring.set_keyring(backend())
    vault = Vault(tmp_path / "kept")
    assert vault.get(JANE) is None
    for _ in range(2):
        with pytest.raises(NoKeyError, match="keyring"):
            vault.put(JANE, SECRET)
    assert not (tmp_path / "kept").exists()


def test_the_keyring_is_asked_once_and_not_before_it_is_needed(tmp_path: Path) -> None:
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    vault = Vault(tmp_path)
    assert vault.get(JANE) is None
    assert ring.asked == 0
    vault.put(JANE, SECRET)
    asked = ring.asked
    vault.put(JANE, b"more")
    assert vault.get(JANE) == b"more"
    assert ring.asked == asked


def test_a_lost_key_is_said_once_and_its_files_are_left(tmp_path: Path) -> None:
    Vault(tmp_path).put(JANE, SECRET)
    old = kept(tmp_path)
    keyring.set_keyring(MemoryKeyring())
    vault = Vault(tmp_path)
    with pytest.raises(DamagedError, match="key to what was kept is gone"):
        vault.get(JANE)
    assert vault.get(JANE) is None
    vault.put(JANE, b"new")
    assert vault.get(JANE) == b"new"
    assert old.exists()


def test_a_keyring_that_fails_or_holds_nonsense_is_refused() -> None:
    ring = MemoryKeyring()
    keyring.set_keyring(ring)
    assert read_key() is None
    made = make_key()
    assert read_key() == made
    assert len(made) == 32
    ring.kept = dict.fromkeys(ring.kept, "no key")
    with pytest.raises(NoKeyError, match="damaged"):
        read_key()

    class Broken(MemoryKeyring):
        def get_password(self, service: str, username: str) -> str | None:
            raise RuntimeError("the bus is gone")

    keyring.set_keyring(Broken())
    with pytest.raises(NoKeyError, match="does not answer"):
        read_key()


def test_another_key_is_said_once_and_the_old_files_are_left(tmp_path: Path) -> None:
    Vault(tmp_path).put(JANE, SECRET)
    old = kept(tmp_path)
    keyring.set_password("Lacuna", "store-key-1", "ab" * 32)  # as another account's would be
    vault = Vault(tmp_path)
    with pytest.raises(DamagedError, match="does not open what was kept"):
        vault.get(JANE)
    assert vault.get(JANE) is None
    vault.put(JANE, b"new")
    assert old.exists()
    later = Vault(tmp_path)
    assert later.get(("another",)) is None  # the key opens what is new: nothing is to be said
    assert later.get(JANE) == b"new"
