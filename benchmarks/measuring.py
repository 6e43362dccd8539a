"""How the benchmarks measure: processes on a core each, their CPU time, quiet moments, turns, nginx and wrk.

CPU time a request is what is compared: requests a second depend on what else the machine does. All that is
compared takes its turn in each repeat (`in_turns`), so that a noisy minute meets everybody alike, and a ratio
is taken within a repeat (`results.ratios`) before the median over the repeats.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.results import machine_busy_s
from harness.errors import EnvironmentFault

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[1]
SERVER_CORE, CLIENT_CORE = 0, 1
QUIET_WAIT_S = 10.0
"""How long a sample waits for the machine to be idle before it is taken all the same."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_HOW_TO_GET = {"nginx": "nginx-light", "wrk": "wrk", "gcc": "gcc"}


@dataclass(frozen=True, slots=True)
class Running:
    """A process of ours and the port it listens on."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One wrk run: what it counted, and the server's CPU microseconds a request."""

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


def need(*programs: str) -> None:
    """Raise EnvironmentFault, with how to get it, where one of *programs* is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            package = _HOW_TO_GET.get(program, program)
            raise EnvironmentFault(f"{program} is not installed; on Debian: apt-get install {package}.")


def in_turns(works: Mapping[str, Callable[[], T]], repeats: int, *, quiet: bool = True) -> dict[str, list[T]]:
    """Call each of *works* once a repeat and return what each gave; with *quiet*, wait for an idle moment.

    Every second repeat goes the other way round, so that none always follows the same one.
    """
    found: dict[str, list[T]] = {name: [] for name in works}
    for repeat in range(repeats):
        for name in list(works) if repeat % 2 == 0 else reversed(list(works)):
            if quiet:
                await_quiet()
            found[name].append(works[name]())
    return found


def await_quiet(most_s: float = QUIET_WAIT_S, *, share: float = 0.05) -> bool:
    """Return True after half a second in which the machine was idle, False after *most_s* without one."""
    until, cores = time.monotonic() + most_s, os.cpu_count() or 1
    while time.monotonic() < until:
        began, busy = time.monotonic(), machine_busy_s()
        time.sleep(0.5)
        if machine_busy_s() - busy < share * cores * (time.monotonic() - began):
            return True
    return False


# ---- CPU time ----


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of *pid* and all below it so far, with those of its children that ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / _TICKS_PER_S
    return own + sum(cpu_s(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Return the processes that *pid* has started and that run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # the thread ended meanwhile
            found += map(int, (task / "children").read_text(encoding="utf-8").split())
    return found


def cpu_of(command: Sequence[str], **more: object) -> tuple[float, float]:
    """Run *command* to its end; return its CPU seconds (all below it included) and its wall seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, **more)  # type: ignore[call-overload]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise EnvironmentFault(f"{' '.join(command)} ended with {process.returncode}.")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began


# ---- processes ----


def pin(core: int) -> None:
    """Keep this process on the *core*-th of the cores it may use, where it has several."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core % len(cores)]})


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int, *, core: int = SERVER_CORE) -> Iterator[Running]:
    """Run *command* pinned to *core*, once it listens on *port*; end it and all below it afterwards."""
    process = subprocess.Popen(
        command,
        preexec_fn=lambda: pin(core),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await_port(port, process)
        yield Running(port, process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def await_port(port: int, process: "subprocess.Popen[bytes]", most_s: float = 20.0) -> None:
    """Return when *port* takes connections; raise EnvironmentFault if *process* ends or *most_s* pass."""
    until = time.monotonic() + most_s
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise EnvironmentFault(f"{process.args!r} does not listen on port {port}.")


# ---- nginx and wrk ----

_NGINX = """daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/{name}-body;
  client_body_buffer_size 64k; proxy_temp_path {folder}/{name}-proxy;
  fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi; scgi_temp_path {folder}/{name}-scgi;
  server {{ listen 127.0.0.1:{port} backlog=1024; {body} }} }}
"""
_PROXY = """location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; }} }}
    upstream up {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000;"""


def nginx_static(
    folder: Path, answer: str, *, name: str = "static", core: int = SERVER_CORE
) -> AbstractContextManager[Running]:
    """Run nginx, one worker, that answers each request with the JSON *answer* (no single quote in it)."""
    body = "location / { default_type application/json; return 200 '" + answer + "'; }"
    return _nginx(folder, name, body, core)


def nginx_proxy(
    folder: Path, upstream: int, *, name: str = "proxy", core: int = SERVER_CORE
) -> AbstractContextManager[Running]:
    """Run nginx, one worker, as reverse proxy before the port *upstream*."""
    return _nginx(folder, name, _PROXY.format(upstream=upstream), core)


def _nginx(folder: Path, name: str, body: str, core: int) -> AbstractContextManager[Running]:
    need("nginx")
    port, config = free_port(), folder / f"{name}.conf"
    config.write_text(_NGINX.format(folder=folder, name=name, port=port, body=body), encoding="utf-8")
    return running(["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"], port, core=core)


@dataclass(frozen=True, slots=True)
class Posted:
    """One of the requests that wrk sends in turn."""

    path: str
    headers: Mapping[str, str]
    body: str
    method: str = "POST"


def wrk_script(path: Path, requests: Sequence[Posted]) -> Path:
    """Write the script at *path* that has wrk send *requests* in turn; return *path*."""
    lines = ["local calls, at = {}, 0", "init = function()"]
    for number, each in enumerate(requests, 1):
        sent = ", ".join(
            f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in each.headers.items()
        )
        # Lua reads these escapes as JSON does, for what is ASCII.
        method, target, body = (json.dumps(part) for part in (each.method, each.path, each.body))
        lines.append(f"calls[{number}] = wrk.format({method}, {target}, {{{sent}}}, {body})")
    lines += ["end", "request = function() at = at % #calls + 1; return calls[at] end"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def wrk(
    server: Running, script: Path, *, seconds: int, connections: int = 32, core: int = CLIENT_CORE
) -> Sample:
    """Load *server* for whole *seconds*; return what it cost, raise EnvironmentFault if a request failed."""
    need("wrk")
    before = cpu_s(server.pid)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: pin(core),
    )
    used = cpu_s(server.pid) - before
    if done.returncode or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise EnvironmentFault(f"wrk saw errors on port {server.port}: {done.stdout}{done.stderr}")
    requests = int(re.findall(r"(\d+) requests in", done.stdout)[0])
    if not requests:
        raise EnvironmentFault(
            f"Port {server.port} answered nothing in {seconds} s: the machine is too busy."
        )
    rps = float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])
    return Sample(
        requests, rps, _quantile_ms(done.stdout, 50), _quantile_ms(done.stdout, 99), used / requests * 1e6
    )


def _quantile_ms(told: str, percent: int) -> float:
    value, unit = re.findall(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", told)[0]
    return float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]
