"""What runs in a rehearsal stays on this machine: the wall around a process of Python."""

import os
import subprocess
import sys

import pytest

from harness.aws.jobs.containers import NAMES

ATTEMPTS = {
    "connection": "socket.socket().connect(('198.51.100.7', 443))",
    "connection, IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    "datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
    "message": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('8.8.8.8', 53))",
    "name": "socket.getaddrinfo('sqs.us-east-1.amazonaws.com', 443)",
    "name, old call": "socket.gethostbyname('sqs.us-east-1.amazonaws.com')",
    "a name like an address": "socket.getaddrinfo('127.0.0.1.example.com', 443)",
    "requests of the library": "urllib.request.urlopen('http://sqs.us-east-1.amazonaws.com/')",
    "bytes": "socket.getaddrinfo(b'leaving.example', 443)",
}
AT_HOME = (
    "listening = socket.create_server(('127.0.0.1', 0))\n"
    "socket.create_connection(('localhost', listening.getsockname()[1])).close()\n"
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.2', 9))\n"
    "left, right = socket.socketpair()\n"
    "socket.getaddrinfo(None, 80), socket.getaddrinfo(socket.gethostname(), 80)\n"
)


def walled(code: str) -> subprocess.CompletedProcess[str]:
    """Run *code* in a process that stays here."""
    before = "import socket, urllib.request\nfrom harness.walls import stay_here\nstay_here()\n"
    return subprocess.run([sys.executable, "-c", before + code], capture_output=True, text=True, check=False)


def test_every_way_out_is_refused_with_the_way_to_go() -> None:
    """Each attempt is an OSError that names the host's refusal; none is a packet."""
    cases = "".join(
        f"try:\n    {attempt}\nexcept OSError as error:\n    print({name!r}, 'stays on it' in str(error))\n"
        for name, attempt in ATTEMPTS.items()
    )
    ended = walled(cases)
    assert ended.stdout.splitlines() == [f"{name} True" for name in ATTEMPTS], ended.stderr


def test_this_machine_is_reached_as_before() -> None:
    """Loopback by address and name, the machine's own name, and pairs of sockets."""
    ended = walled(AT_HOME)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("attempt", ["import ctypes", "open('/dev/null').close()"])
def test_nothing_else_is_its_business(attempt: str) -> None:
    """Other things that Python tells of are let pass."""
    assert walled(attempt).returncode == 0


@pytest.mark.parametrize("hosts", ["", "algo-1=127.77.0.1,localhost=127.0.0.1"])
def test_the_python_of_a_job_stays_here_and_finds_its_instances(hosts: str) -> None:
    """By the hosts file of its container or by what it is told, and nothing else is found."""
    code = (
        "import socket\n"
        "print(socket.getaddrinfo('localhost', 80, socket.AF_INET)[0][4][0])\n"
        "try:\n    socket.getaddrinfo('leaving.example', 80)\n"
        "except OSError as error:\n    print('stays on it' in str(error))\n"
    )
    job = {"PYTHONPATH": str(NAMES), "HARNESS_JOB_NAMES": "algo-1", "HARNESS_JOB_HOSTS": hosts}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | job, capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["127.0.0.1", "True"]
