"""What is remembered between sittings: frozen, in a TOML file, strict both ways."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from lacuna.errors import UserFacingError
from lacuna.files import write_whole

ZOOM = range(14, 25)  # px of the report's type
STEPS = range(1, 1001)
DPI = range(20, 1001)
IMAGE_TOKENS = range(1, 1121)
STYLES = ("full", "terse", "detailed")


@dataclass(frozen=True, slots=True)
class Settings:
    """Attributes, None meaning what the checkpoint or the bundle says.

    model: a checkpoint folder; None is the bundled demonstrator.
    adapter: an adapter folder.
    device: auto, cpu, cuda, cuda:1, mps, ...
    steps: most denoising steps of a run, 1 to 1000.
    style: how a draft is worded.
    follow: whether the model's sentences follow the reader's words against the picture.
    theme: dark for reading rooms, light for lit ones.
    reduced_motion: no fades, four repaints a second.
    report_zoom: size of the report's type, 14 to 24 px.
    image_tokens: tokens that an image takes of the model's context; None goes by the rule.
    screen_dpi: device-independent pixels an inch of the screen that images are read on, measured
        by the reader; None takes the screen's word.
    keys: the reader's own keys and mouse buttons on the image side, by the names of what they do.
    server: the one department server that may be spoken to, https://name:port; None is none.
    server_authority: a file of the hospital's certificate authority, in PEM.
    server_key: a file that holds the key that the server asks for.
    """

    model: str | None = None
    adapter: str | None = None
    device: str = "auto"
    steps: int | None = None
    style: Literal["full", "terse", "detailed"] = "full"
    follow: bool = True
    theme: Literal["dark", "light"] = "dark"
    reduced_motion: bool = False
    report_zoom: int = 16
    image_tokens: int | None = None
    screen_dpi: float | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    server: str | None = None
    server_authority: str | None = None
    server_key: str | None = None

    def __post_init__(self) -> None:
        for name in ("model", "adapter"):
            value = getattr(self, name)
            _require(value is None or _named(value), name, "a folder")
        for name in ("server_authority", "server_key"):
            value = getattr(self, name)
            _require(value is None or _named(value), name, "a file")
        secure = self.server is None or (_named(self.server) and self.server.startswith("https://"))
        _require(secure, "server", "an address that begins with https://")
        _require(_named(self.device), "device", "a device, or auto")
        steps = self.steps
        _require(steps is None or _whole(steps, STEPS), "steps", "1 to 1000")
        _require(self.style in STYLES, "style", "full, terse or detailed")
        _require(type(self.follow) is bool, "follow", "true or false")
        _require(self.theme in ("dark", "light"), "theme", "dark or light")
        _require(type(self.reduced_motion) is bool, "reduced_motion", "true or false")
        _require(_whole(self.report_zoom, ZOOM), "report_zoom", "14 to 24")
        tokens = self.image_tokens
        _require(tokens is None or _whole(tokens, IMAGE_TOKENS), "image_tokens", "1 to 1120")
        dpi = self.screen_dpi
        fine = type(dpi) in (int, float) and DPI.start <= dpi < DPI.stop  # type: ignore[operator]
        _require(dpi is None or fine, "screen_dpi", "a number of pixels an inch, 20 to 1000")
        keys = self.keys
        words = isinstance(keys, Mapping) and all(
            type(part) is str for pair in keys.items() for part in pair
        )
        _require(words, "keys", "a table of keys by the names of commands")


def _named(value: object) -> bool:
    """Whether it is text that a file can hold: a path may have bytes that are no UTF-8."""
    return type(value) is str and value != "" and value.encode("utf-8", "ignore").decode() == value


def _whole(value: object, allowed: range) -> bool:
    return type(value) is int and value in allowed


def _require(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise UserFacingError(f"The setting {name} must be {wanted}.", "Correct it or remove it.")


def load_settings(path: Path) -> Settings:
    """Read settings; a missing file means the defaults.

    Raises:
        UserFacingError: the file is unreadable, no TOML, or holds something unknown or wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise UserFacingError("The settings file could not be read.", f"Look at {path}.") from error
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserFacingError("The settings file is damaged.", f"Mend or delete {path}.") from error
    known = {one.name for one in fields(Settings)}
    for name in found:
        _require(name in known, name, "one that Lacuna knows")
    return Settings(**found)


def save_settings(settings: Settings, path: Path) -> None:
    """Write settings in one piece: another reader sees the old file or the new one.

    Raises:
        UserFacingError: the folder cannot be written to.
    """
    values = {name: value for name, value in asdict(settings).items() if value not in (None, {})}
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        reason = f"The settings could not be saved: {(error.strerror or 'no reason').lower()}."
        raise UserFacingError(reason, f"Look at {path.parent}.") from error


def _toml(value: Any) -> str:
    """Return a TOML value: JSON's spelling, but for DEL, which TOML wants escaped, and tables."""
    if isinstance(value, Mapping):
        pairs = (f"{_toml(str(name))} = {_toml(own)}" for name, own in value.items())
        return "{" + ", ".join(pairs) + "}"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
