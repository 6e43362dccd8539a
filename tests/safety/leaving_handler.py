"""What tries to leave the machine by sockets; a handler's file, which imports what Lambda's Python has."""

import socket

AWS = "sqs.us-east-1.amazonaws.com"
METADATA, ELSEWHERE = "169.254.169.254", "198.51.100.7"


def ways_out() -> int:
    """Return how many ways led off this machine: by a name, by a connection, by a datagram."""
    reached = 0
    for attempt in (_by_name, _by_address, _by_datagram):
        try:
            attempt()
            reached += 1
        except OSError:
            pass
    return reached


def _by_name() -> None:
    socket.create_connection((AWS, 443), 0.5).close()


def _by_address() -> None:
    socket.create_connection((METADATA, 80), 0.5).close()


def _by_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as telling:
        telling.sendto(b"hello", (ELSEWHERE, 514))


def handle(event: object, context: object) -> dict[str, int]:
    """Try to leave from a function."""
    return {"ways": ways_out()}
