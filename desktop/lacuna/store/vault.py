"""A folder of encrypted files, each about one thing. Callable from any thread; free of Qt.

AES-256-GCM with a nonce of its own for each writing. A file's name is a keyed hash (HMAC-SHA-256)
of what it is about: neither names nor contents tell whose studies were read here.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lacuna.errors import UserFacingError
from lacuna.files import write_whole
from lacuna.store.keys import NoKeyError, make_key, read_key

MAGIC = b"LACUNA-STORE-1\n"
SUFFIX = ".kept"
ASIDE = ".damaged"
MAX_BYTES = 256 << 20
_NONCE = 12
_TAG = 16
_TRIES = 100  # files of which one at least should open

About = tuple[str, ...]
Key = TypeVar("Key")  # bytes, or none yet


class DamagedError(UserFacingError):
    """What was kept cannot be read; its file was set aside, so that something new can be kept."""


class Vault:
    """What was kept, by what it is about: a tuple of words.

    Args:
        folder: made when something is first kept; only its owner may read it.
        read: returns the key, None if there is none yet.
        make: makes a key.
    """

    def __init__(
        self,
        folder: Path,
        read: Callable[[], bytes | None] = read_key,
        make: Callable[[], bytes] = make_key,
    ) -> None:
        self._folder, self._read, self._make = folder, read, make
        self._lock = threading.Lock()
        self._key: bytes | None = None
        self._refused: NoKeyError | None = None
        self._answer: Future[Any] | None = None  # the keyring's
        self._over = threading.Event()
        self._lost = False  # there are files, and the key to them is gone
        self._tried = False  # whether the key opens any of the files

    def get(self, about: About) -> bytes | None:
        """Return what was kept, None if nothing was.

        Raises:
            NoKeyError: it cannot be unlocked.
            DamagedError: it is not what was written; the file stands aside.
            UserFacingError: the file cannot be read.
        """
        if not self._files():
            return None  # the keyring is not asked before there is anything to unlock
        path = self._path(about)
        if self._lost:
            self._lost = False
            raise DamagedError(
                "The key to what was kept is gone from this computer's keyring.",
                f"A new one is used from now on; the old files are left in {self._folder}.",
            )
        try:
            with path.open("rb") as stream:
                found = stream.read(MAX_BYTES + 1)
        except FileNotFoundError:
            self._try_key()
            return None
        except OSError as error:
            raise self._failed("read", error) from error
        return self._opened(path, found)

    def put(self, about: About, content: bytes) -> None:
        """Keep something in one piece, in place of what was kept of it: the old or the new is read.

        Raises:
            NoKeyError: there is no key to lock it with.
            UserFacingError: it cannot be written.
        """
        path, nonce = self._path(about), secrets.token_bytes(_NONCE)
        locked = AESGCM(self._unlocked()).encrypt(nonce, content, _bound(path))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, MAGIC + nonce + locked)
        except OSError as error:
            raise self._failed("written", error) from error

    def remove(self, about: About) -> None:
        """Keep nothing of it any more.

        Raises:
            NoKeyError: it cannot be told which file that is.
            UserFacingError: the file cannot be removed.
        """
        try:
            if self._files():
                self._path(about).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("removed", error) from error

    def set_aside(self, about: About) -> DamagedError:
        """Put a file out of the way whose content makes no sense; return what is said of that."""
        return self._aside(self._path(about))

    def give_up(self) -> None:
        """Wait for the keyring no longer: whoever does gets a ``NoKeyError``. Never blocks."""
        self._over.set()
        answer = self._answer
        if answer is not None:
            answer.cancel()

    def _files(self) -> bool:
        return any(self._folder.glob(f"*{SUFFIX}"))

    def _path(self, about: About) -> Path:
        said = b"".join(len(part).to_bytes(4) + part for part in (one.encode() for one in about))
        name = hmac.new(self._unlocked(), said, hashlib.sha256).hexdigest()[:32]
        return self._folder / f"{name}{SUFFIX}"

    def _unlocked(self) -> bytes:
        """Return the key. The keyring is asked once: a refusal holds for the sitting."""
        with self._lock:
            if self._refused is not None:
                raise self._refused
            if self._key is None:
                try:
                    key = self._asked(self._read)
                    if key is None:
                        self._lost, self._tried = self._files(), True
                        key = self._asked(self._make)
                    self._key = key
                except NoKeyError as refusal:
                    self._refused = refusal
                    raise
            return self._key

    def _asked(self, ask: Callable[[], Key]) -> Key:
        """Ask on a thread that nobody has to wait for: its owner may never answer the keyring.

        Raises:
            NoKeyError: it refused, or was given up.
        """
        answer = self._answer = Future[Key]()
        if self._over.is_set():
            answer.cancel()
        asking = threading.Thread(target=_put, args=(answer, ask), daemon=True)
        asking.start()
        try:
            return answer.result()
        except CancelledError:
            raise NoKeyError("This computer's keyring has not answered.") from None

    def _try_key(self) -> None:
        """Say once a sitting that the key is another one: by its names nothing is found.

        Raises:
            DamagedError: it opens none of the files.
        """
        if self._tried:
            return
        self._tried = True
        files = sorted(self._folder.glob(f"*{SUFFIX}"), key=_changed, reverse=True)[:_TRIES]
        if files and not any(self._fits(path) for path in files):
            raise DamagedError(
                "The key in this computer's keyring does not open what was kept.",
                f"It is used from now on; the old files are left in {self._folder}.",
            )

    def _fits(self, path: Path) -> bool:
        try:
            self._decrypted(path, path.read_bytes())
        except (OSError, InvalidTag, ValueError):
            return False
        return True

    def _decrypted(self, path: Path, found: bytes) -> bytes:
        head = len(MAGIC) + _NONCE
        locked = AESGCM(self._unlocked())
        return locked.decrypt(found[len(MAGIC) : head], found[head:], _bound(path))

    def _opened(self, path: Path, found: bytes) -> bytes:
        head = len(MAGIC) + _NONCE
        if not found.startswith(MAGIC) or not head + _TAG <= len(found) <= MAX_BYTES:
            raise self._aside(path)
        try:
            return self._decrypted(path, found)
        except InvalidTag:
            raise self._aside(path) from None

    def _aside(self, path: Path) -> DamagedError:
        place = path.with_suffix(ASIDE)
        for number in range(2, 100):
            if not place.exists():
                break
            place = path.with_suffix(f".{number}{ASIDE}")
        try:
            path.replace(place)
        except OSError as error:
            return DamagedError(
                "What was kept with this study is damaged.", self._failed("moved", error).message
            )
        return DamagedError(
            "What was kept with this study is damaged, and could not be read.",
            f"It was set aside, as a {ASIDE} file, in {self._folder}.",
        )

    def _failed(self, act: str, error: OSError) -> UserFacingError:
        reason = (error.strerror or "no reason").lower()
        return UserFacingError(
            f"What is kept with this study could not be {act}: {reason}.",
            f"Look at {self._folder}.",
        )


def _put(answer: Future[Key], ask: Callable[[], Key]) -> None:
    try:
        found = ask()
    except BaseException as error:  # noqa: BLE001  it belongs to whoever asked, bug or not
        if answer.set_running_or_notify_cancel():
            answer.set_exception(error)
    else:
        if answer.set_running_or_notify_cancel():
            answer.set_result(found)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another window has removed it
        return 0.0


def _bound(path: Path) -> bytes:
    """Return what is locked in with a content: under another's name it does not open."""
    return MAGIC + path.name.encode()
