"""HTTPS with one host, and with no other: no proxy, no redirect, no certificate that is not right.

Torch-free. An exchange is one connection, read in short waits, so that a cancel is obeyed within
a tenth of a second whatever the server does. What is said of a failure names no content.
"""

from __future__ import annotations

import io
import ipaddress
import json
import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lacuna_models.api import CancelToken, EngineError

CONNECT = 5.0  # seconds until a server must have answered the call
DEADLINE = 120.0  # seconds until an answer must be there, whole
_LOOK = 0.1  # seconds between looks at the cancel token
_CHUNK = 1 << 16
_MOST = 64 << 20  # bytes of an answer; a canvas with its likelihoods takes less than 1 MB


class WaitEndedError(Exception):
    """The cancel token was set while a server was waited for."""


@dataclass(frozen=True, slots=True)
class Site:
    """The one server that may be spoken to.

    Attributes:
        host: its name, as its certificate says.
        port: of HTTPS.
        authority: a PEM file of the hospital's own certificate authority; None is the system's.
        key: what the server asks for as a bearer token; "" where it asks for nothing.
        deadline: seconds until an answer must be there.
    """

    host: str
    port: int = 443
    authority: Path | None = None
    key: str = ""
    deadline: float = DEADLINE

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an HTTP status and its JSON, None where it held none."""

    status: int
    body: Any


def site_of(
    address: str, *, authority: Path | None = None, key: str = "", deadline: float = DEADLINE
) -> Site:
    """Read an address such as https://reports.hospital.local:8000.

    Raises:
        EngineError: it is not one of that form.
    """
    wrong = EngineError(
        "The department server's address must look like https://name:port.",
        "Nothing else may stand in it.",
    )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise wrong from error
    if not (key.isascii() and key.isprintable()):
        raise EngineError("The department server's key must be one line of plain characters.")
    more = parts.username or parts.password or parts.query or parts.fragment
    plain = address.isascii() and address.isprintable() and " " not in address
    if parts.scheme != "https" or not host or more or parts.path not in ("", "/") or not plain:
        raise wrong
    return Site(host, port, authority, key, deadline)


def exchange(
    site: Site, method: str, path: str, body: Any = None, cancel: CancelToken | None = None
) -> Answer:
    """Send one request and return its answer.

    Raises:
        EngineError: no such host, no right certificate, no answer in time, or no HTTP.
        WaitEndedError: ``cancel`` was set meanwhile; the connection is closed, which tells vLLM
            to drop the work.
    """
    _look(cancel)
    secure = _secure(site)
    until = time.monotonic() + site.deadline
    try:
        with (
            socket.create_connection(_place(site), timeout=CONNECT) as bare,
            secure.wrap_socket(bare, server_hostname=site.host) as line,
        ):
            _send(line, _worded(site, method, path, body), cancel)
            return _parsed(site, _received(line, site, until, cancel))
    except ssl.SSLCertVerificationError as error:
        raise EngineError(
            f"The certificate of {site} is not one to be trusted.",
            "Ask who runs it for the hospital's certificate authority, and name its file.",
        ) from error
    except OSError as error:
        raise EngineError(
            f"The department server {site} does not answer.",
            "Ask who runs it, or fill with a model on this computer.",
        ) from error


def _secure(site: Site) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(
            cafile=None if site.authority is None else str(site.authority)
        )
    except (OSError, ssl.SSLError) as error:
        raise EngineError(
            "The file of the hospital's certificate authority could not be read.",
            "Name a PEM file.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _place(site: Site) -> tuple[str, int]:
    """Return the address to connect to: one of this house's network, never one of the internet."""
    try:
        found = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EngineError(
            f"There is no server {site.host} on this network.", "Look at its name."
        ) from error
    places = [str(entry[4][0]) for entry in found]
    if any(ipaddress.ip_address(place.partition("%")[0]).is_global for place in places):
        raise EngineError(
            f"The server {site.host} is on the internet, not on the hospital's network.",
            "Patients' pictures do not leave the house: nothing was sent.",
        )
    return places[0], site.port


def _worded(site: Site, method: str, path: str, body: Any) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    head = [
        f"{method} {path} HTTP/1.1",
        f"Host: {site}",
        "Accept: application/json",
        "Connection: close",
        *([f"Authorization: Bearer {site.key}"] if site.key else []),
        *(["Content-Type: application/json"] if data else []),
        f"Content-Length: {len(data)}",
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode("ascii") + data


def _send(line: ssl.SSLSocket, data: bytes, cancel: CancelToken | None) -> None:
    for start in range(0, len(data), _CHUNK):
        _look(cancel)
        line.sendall(data[start : start + _CHUNK])


def _received(
    line: ssl.SSLSocket, site: Site, until: float, cancel: CancelToken | None
) -> bytearray:
    """Read until the server closes, or has said as much as it announced."""
    line.settimeout(_LOOK)
    data = bytearray()
    while not _whole(data):
        _look(cancel)
        if time.monotonic() > until:
            raise EngineError(
                f"The department server {site} took longer than {site.deadline:g} seconds.",
                "Try again, or fill with a model on this computer.",
            )
        if len(data) > _MOST:
            raise strange(site)
        try:
            part = line.recv(_CHUNK)
        except TimeoutError:
            continue
        if not part:
            break
        data += part
    return data


def _whole(data: bytearray) -> bool:
    """Whether all of an answer of announced length is there; others end with the connection."""
    head, found, _ = bytes(data[:_CHUNK]).partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return len(data) - (len(head) + len(found)) >= int(value.strip()[:12])
    return False


def _look(cancel: CancelToken | None) -> None:
    if cancel is not None and cancel.is_set():
        raise WaitEndedError


class _Read:
    """Stands where ``HTTPResponse`` expects a socket: hands over what was received."""

    def __init__(self, data: bytearray) -> None:
        self._data = data

    def makefile(self, *_arguments: Any, **_options: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


def _parsed(site: Site, data: bytearray) -> Answer:
    response = HTTPResponse(_Read(data))  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read(_MOST)
    except (HTTPException, ValueError) as error:
        raise strange(site) from error
    try:
        known = json.loads(body)
    except (ValueError, RecursionError):
        known = None
    return Answer(response.status, known)


def strange(site: Site) -> EngineError:
    """Return the refusal of an answer that is none."""
    return EngineError(
        f"The department server {site} gave an answer that is none of vLLM's.",
        "Ask who runs it, or fill with a model on this computer.",
    )
