"""A socket guard. An audit hook sees every use of Python's sockets, however it was reached.

Importing this module arms nothing; ``forbid`` does, for the rest of the process: an audit hook
cannot be taken out again. Use it in a process of its own:

    python -c "from tests.helpers.no_network import forbid; forbid(); ..."
"""

from __future__ import annotations

import socket
import sys

RESOLVING = frozenset(
    {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
)
REACHING = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})
LOCAL = getattr(socket, "AF_UNIX", None)
# urllib3, which pydicom imports where it is installed, asks the system once whether it can do IPv6
# by binding a throw-away socket here. Nothing is sent, and nobody can reach it.
PROBE = ("::1", 0)


class NetworkTouched(BaseException):
    """Something reached for the network. No ``except Exception`` may swallow it."""


def forbid() -> None:
    """Make every resolution, connection and binding raise until the process ends, but AF_UNIX."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in RESOLVING:
        raise NetworkTouched(event)
    if event == "socket.bind" and arguments[1] == PROBE:
        return
    if event in REACHING and getattr(arguments[0], "family", None) != LOCAL:
        raise NetworkTouched(event)
