"""The store's key: 256 random bits in the system's keyring, made when first needed.

Nothing here falls back to a key in a file: beside what it locks it would protect nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from lacuna.errors import UserFacingError

SERVICE, NAME = "Lacuna", "store-key-1"
KEY_BYTES = 32
_PROTECTED = 1  # the priority from which on a backend counts as a safe place


class NoKeyError(UserFacingError):
    """There is no place for a key, or it was refused: nothing can be kept."""


def read_key() -> bytes | None:
    """Return the key, None if none was made yet. May ask the user and block; any thread.

    Raises:
        NoKeyError: there is no keyring, it stays locked, or what it holds is no key.
    """
    import keyring

    found = _asked(lambda: keyring.get_password(SERVICE, NAME))
    if found is None:
        return None
    try:
        key = bytes.fromhex(found)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise NoKeyError("The key in this computer's keyring is damaged.")
    return key


def make_key() -> bytes:
    """Make a key, put it into the keyring, and return it as it came back from there.

    Raises:
        NoKeyError: the keyring does not keep it.
    """
    import keyring

    made = secrets.token_hex(KEY_BYTES)
    _asked(lambda: keyring.set_password(SERVICE, NAME, made))
    key = read_key()
    if key is None:  # such as keyring's own null backend, chosen to switch it off
        raise NoKeyError("This computer's keyring keeps nothing.")
    return key


def _asked(ask: Callable[[], str | None]) -> str | None:
    import keyring

    if keyring.get_keyring().priority < _PROTECTED:
        raise NoKeyError("This computer has no keyring.")
    try:
        return ask()
    except Exception as error:  # a backend is another program's code, and raises what it likes
        raise NoKeyError("This computer's keyring does not answer.") from error
