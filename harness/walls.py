"""Keeps a process of somebody's Python on this machine: its sockets reach loopback, and no name is looked up.

What programs, models, functions and jobs run is the user's own code. Its AWS clients are led to the
gateway by their environment; this stops what names an address of its own, or AWS's, before a packet leaves.
It holds for Python and for libraries that use Python's sockets, and is no wall against malice: code in C goes
round it. docs/explanation/safety.md says how to close the network as well.

Only the standard library is used, and little of it: function environments of any Python read this file.
"""

import _socket  # and not socket, which takes ten times as long to import
import sys
from typing import Any

_LOOKS_UP = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_HERE = {"", "localhost", "::1", "0.0.0.0", "::"}


def stay_here(*names: str) -> None:
    """Refuse from now on, in this process and for good, every address and name that is not this machine's.

    *names* are found in its hosts file, and are loopback there.

    What tries gets a PermissionError, or where it looks up a name a gaierror: OSErrors that say who refused.
    """
    _HERE.update(names)
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _SENDS:
        address = arguments[1] if len(arguments) > 1 else None
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise PermissionError(_refusal(address[0]))
    elif event in _LOOKS_UP and not _is_here(arguments[0]):
        raise _socket.gaierror(_socket.EAI_FAIL, _refusal(arguments[0]))


def _is_here(host: Any) -> bool:
    if host is None:
        return True
    name = _text(host)
    if name in _HERE or name.endswith(".localhost"):
        return True
    if name.startswith("127.") and name.replace(".", "").isdigit():
        return True
    return name == _socket.gethostname().lower()


def _text(host: Any) -> str:
    return (host.decode("latin-1") if isinstance(host, (bytes, bytearray)) else str(host)).lower()


def _refusal(host: Any) -> str:
    return (
        f"{_text(host)} is not on this machine, and what runs in a rehearsal stays on it: speak to the "
        "gateway (AWS_ENDPOINT_URL), and give files to the run with --data"
    )
