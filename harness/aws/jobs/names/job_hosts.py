"""Addresses for the names of a job's instances, in Python's sockets."""

import socket
from typing import Any

_addresses: dict[str, str] = {}
_getaddrinfo, _gethostbyname = socket.getaddrinfo, socket.gethostbyname
_Socket = socket.socket


def install(hosts: str) -> None:
    """Let Python's sockets find *hosts*: "algo-1=127.77.0.1,algo-2=127.77.0.2"."""
    _addresses.update(
        (name, address) for name, _, address in (one.partition("=") for one in hosts.split(","))
    )
    socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
    for name in ("connect", "connect_ex", "bind"):
        call = getattr(_Socket, name)
        setattr(_Socket, name, lambda self, address, call=call: call(self, _at(address)))


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what socket.getaddrinfo does, of an instance's address for its name."""
    return _getaddrinfo(_known(host), *args, **kwargs)


def gethostbyname(hostname: Any) -> Any:
    """Return an instance's address for its name."""
    return _gethostbyname(_known(hostname))


def _known(host: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return _addresses.get(name, host) if isinstance(name, str) else host


def _at(address: Any) -> Any:
    return (_known(address[0]), *address[1:]) if isinstance(address, tuple) and address else address
