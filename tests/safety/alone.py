"""Runs a command in a network of its own, every way out of which leads here: to be watched, to go nowhere.

`unshare --user --map-root-user --net python alone.py REPORT COMMAND...` gives the command a loopback device
and a default route into a tunnel that this file reads. So what would have left is not only stopped but seen:
REPORT is a JSON list with a line for each packet to another machine and each question to a name server. An
address of IPv6 has no way at all: what is tried there fails and is not seen.
"""

import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress

# linux/if_tun.h, linux/sockios.h, linux/route.h
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCADDRT, SIOCSIFADDR, SIOCSIFFLAGS, SIOCGIFFLAGS = 0x890B, 0x8916, 0x8914, 0x8913
IFF_UP, IFF_RUNNING, RTF_UP = 0x1, 0x40, 0x1
TUNNEL = "harness0"
ADDRESS = "198.18.0.1"  # of a network for benchmarks (RFC 2544), which no test of ours uses
DNS_PORT = 53
UDP = 17


def main(report: str, command: list[str]) -> int:
    """Run *command*, write what it tried to *report*, and return its exit code."""
    seen: list[str] = []
    _up("lo")
    tunnel = _tunnel()
    for number, server in enumerate(_name_servers()):
        _address_of(f"lo:{number}", server)
    names = _name_server()
    over, told = os.pipe()
    watcher = threading.Thread(target=_watch, args=(tunnel, names, over, seen))
    watcher.start()
    code = subprocess.run(command, check=False).returncode
    os.write(told, b".")
    watcher.join()
    with open(report, "w", encoding="utf-8") as file:
        json.dump(seen, file)
    return code


def _watch(tunnel: int, names: socket.socket, over: int, seen: list[str]) -> None:
    """Note what arrives until *over* says that there is no more; what had been sent by then is read first."""
    while True:
        ready, _, _ = select.select([tunnel, names, over], [], [])
        if tunnel in ready and (packet := _packet(os.read(tunnel, 65_536))):
            seen.append(packet)
        if names in ready:
            question, asker = names.recvfrom(65_536)
            seen.append(f"name {_asked(question)}")
            names.sendto(_unknown(question), asker)
        if ready == [over]:
            return


def _packet(data: bytes) -> str:
    """Return what is to be told of an IP packet, "" for what the kernel itself says to find neighbours."""
    if data[0] >> 4 == 6:
        to = socket.inet_ntop(socket.AF_INET6, data[24:40])
        return "" if to.startswith("ff") else f"packet {to}"
    to = socket.inet_ntop(socket.AF_INET, data[16:20])
    header = (data[0] & 15) * 4
    port = int.from_bytes(data[header + 2 : header + 4], "big") if len(data) >= header + 4 else 0
    if data[9] == UDP and port == DNS_PORT:
        return f"name {_asked(data[header + 8 :])}"
    return "" if to.startswith("224.") else f"packet {to}:{port}"


def _asked(question: bytes) -> str:
    """Return the name that is asked for: labels with their lengths before them (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while at < len(question) and (length := question[at]):
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "backslashreplace"))
        at += 1 + length
    return ".".join(labels)


def _unknown(question: bytes) -> bytes:
    """Return the answer that there is no such name."""
    return question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:]


def _name_servers() -> list[str]:
    """Return the name servers of this machine that are not on loopback already."""
    with suppress(OSError), open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
        words = [line.split() for line in file if line.startswith("nameserver")]
        return [
            each[1] for each in words if len(each) > 1 and "." in each[1] and not each[1].startswith("127.")
        ]
    return []


def _name_server() -> socket.socket:
    """Return what answers all of them, and resolvers on loopback: there is no such name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", DNS_PORT))
    return server


def _tunnel() -> int:
    """Return the other end of the default route."""
    tunnel = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", TUNNEL.encode(), IFF_TUN | IFF_NO_PI))
    _address_of(TUNNEL, ADDRESS)
    _up(TUNNEL)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name = ctypes.create_string_buffer(TUNNEL.encode())
        # struct rtentry: pad, destination, gateway, mask, flags, pads, metric, device, mtu, window, irtt
        route = struct.pack(
            "L16s16s16sHhLPhPLLH",
            *(0, _address("0.0.0.0"), bytes(16), _address("0.0.0.0"), RTF_UP, 0, 0, 0, 0),
            *(ctypes.addressof(name), 0, 0, 0),
        )
        fcntl.ioctl(control, SIOCADDRT, route)
    return tunnel


def _up(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh22x", device.encode(), 0))
        flags = struct.unpack("16sh22x", asked)[1] | IFF_UP | IFF_RUNNING
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", device.encode(), flags))


def _address_of(device: str, ip: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16s16s8x", device.encode(), _address(ip)))


def _address(ip: str) -> bytes:
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(ip))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1], sys.argv[2:]))
