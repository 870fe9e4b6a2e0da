"""The department's server, if the settings allow one: off until somebody writes it down there.

The settings name the one host that may be spoken to; nothing on a command line can name another.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lacuna.errors import UserFacingError
from lacuna.settings import Settings
from lacuna_models.api import Engine

_LONGEST_KEY = 4096  # characters


@dataclass(frozen=True, slots=True)
class Department:
    """The server that is allowed.

    Attributes:
        address: such as https://reports.hospital.local:8000.
        folder: the served checkpoint's files; its weights may be missing.
        authority: the file of the hospital's certificate authority, None for the system's.
        key: the file that holds what the server asks for, None where it asks for nothing.
    """

    address: str
    folder: Path
    authority: Path | None = None
    key: Path | None = None

    def open(self) -> Engine:
        """Try the server out, without a picture, and return it as an engine. Imports torch.

        Raises:
            UserFacingError, EngineError: anything wrong with it or with what was written of it.
        """
        from lacuna_models.server.remote import open_remote
        from lacuna_models.server.wire import site_of

        site = site_of(self.address, authority=self.authority, key=self._read_key())
        return open_remote(self.folder, site)

    def _read_key(self) -> str:
        if self.key is None:
            return ""
        try:
            with self.key.open(encoding="ascii") as stream:
                return stream.read(_LONGEST_KEY).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserFacingError(
                "The file with the department server's key could not be read.",
                "Look at server_key in the settings.",
            ) from error


def allowed(settings: Settings, model: Path | None) -> Department:
    """Return the server that the settings allow, with the folder of what it serves.

    Raises:
        UserFacingError: they allow none, or nobody says what it serves.
    """
    if settings.server is None:
        raise UserFacingError(
            "No department server is allowed on this computer.",
            "Whoever looks after it writes server = 'https://name:port' into the settings file.",
        )
    folder = model or (None if settings.model is None else Path(settings.model))
    if folder is None:
        raise UserFacingError(
            "The folder of the served checkpoint is missing.",
            "Name it with --model; it needs no weights.",
        )
    files = (settings.server_authority, settings.server_key)
    authority, key = (None if name is None else Path(name) for name in files)
    return Department(settings.server, folder, authority, key)
