"""Sockets that listen on this machine alone. It imports next to nothing: `harness serve` begins with it."""

import socket

from harness.errors import EnvironmentFault

LOOPBACK = "127.0.0.1"
BACKLOG = 2048  # connections that may wait to be accepted; the kernel's own bound (somaxconn) is mostly 4096


def listen_on_loopback(port: int = 0, *, purpose: str) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; port 0 takes any free one. The caller closes it.

    Raises EnvironmentFault, naming *purpose*, when the port is in use or not allowed.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise EnvironmentFault(
            f"{purpose} cannot listen on {LOOPBACK}:{port} ({error.strerror}); "
            "end the program that holds the port, or choose another one"
        ) from error
    return listener
