"""What the processes of a test do to the machine, read from /proc."""

import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

LISTEN = "0A"  # /proc/net/tcp, column st
UNCONNECTED = "07"  # /proc/net/udp: a socket that takes datagrams from anybody


def descendants(pid: int) -> set[int]:
    """Return *pid* and every process that descends from it."""
    parents: dict[int, int] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it has ended
            # The name in brackets may hold anything; the fields after it do not.
            parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def holders(ports: set[int]) -> set[int]:
    """Return the processes that listen on one of *ports*."""
    pids = {int(entry) for entry in filter(str.isdigit, os.listdir("/proc"))}
    return {pid for pid in pids if ports & {port for _, port in listening({pid})}}


def listening(pids: set[int]) -> list[tuple[str, int]]:
    """Return (address, port) of every TCP and UDP socket on which one of *pids* can be reached."""
    held = set[str]().union(*(_sockets(pid) for pid in pids))
    found = []
    for table, state in (("tcp", LISTEN), ("tcp6", LISTEN), ("udp", UNCONNECTED), ("udp6", UNCONNECTED)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == state and fields[9] in held:
                host, _, port = fields[1].partition(":")
                found.append((_address(host), int(port, 16)))
    return found


def _address(hexadecimal: str) -> str:
    """Words of four bytes, each in the machine's own order."""
    words = [int(hexadecimal[at : at + 8], 16) for at in range(0, len(hexadecimal), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(struct.pack("=I", word) for word in words))


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # it has ended, or belongs to another user
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(os.readlink(f"/proc/{pid}/fd/{entry}").removeprefix("socket:[").rstrip("]"))
    return found
