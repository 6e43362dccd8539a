"""Lets Python find the instances of a job by their names, where /etc/hosts cannot be the container's.

Python imports this file at its start when its folder is on PYTHONPATH. The names and their addresses are in
the variable HARNESS_JOB_HOSTS ("algo-1=127.77.0.1,algo-2=127.77.0.2"). What resolves names in C does not come
by here.
"""

import os
import socket
from typing import Any

_ADDRESSES = dict(
    one.split("=", 1) for one in os.environ.get("HARNESS_JOB_HOSTS", "").split(",") if "=" in one
)
_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname
_Socket = socket.socket


def _known(host: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return _ADDRESSES.get(name, host) if isinstance(name, str) else host


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what socket.getaddrinfo does, of an instance's address for its name."""
    return _getaddrinfo(_known(host), *args, **kwargs)


def gethostbyname(hostname: Any) -> Any:
    """Return an instance's address for its name."""
    return _gethostbyname(_known(hostname))


def _at(address: Any) -> Any:
    return (_known(address[0]), *address[1:]) if isinstance(address, tuple) and address else address


if _ADDRESSES:
    socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
    for _name in ("connect", "connect_ex", "bind"):
        _call = getattr(_Socket, _name)
        setattr(_Socket, _name, lambda self, address, _call=_call: _call(self, _at(address)))
