"""The containers of one job: a process for each instance, started, heard and ended together.

All of it blocks and is called in worker threads, one at a time.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.aws.jobs.scratch import LAUNCHER, can_contain
from harness.config import NO_TELEMETRY, Credentials
from harness.jobs.layout import ROOT, Layout
from harness.jobs.program import PYTHONS, Program
from harness.processes import ChildProcess

NAMES = Path(__file__).with_name("names")
HOSTS_FILE = Path("/etc/hosts")
LOOPBACK = "lo" if sys.platform == "linux" else "lo0"
# A line of a log without an end is told when it is as long; CloudWatch Logs takes 256 KB an event.
MOST_LINE = 64 * 1024
SIGNALLED = 128


@dataclass(frozen=True, slots=True)
class Wanted:
    """One instance: its host, what runs in it, what is in its environment, and the addresses of all hosts.

    `folder` is its own on this machine. Without *network* it has none, where the machine can do that.
    """

    host: str
    folder: Path
    program: Program
    variables: Mapping[str, str]
    addresses: Mapping[str, str]
    network: bool = True

    @property
    def root(self) -> Path:
        """What is /opt/ml in it."""
        return self.folder / "ml"

    @property
    def layout(self) -> Layout:
        """Where things are for the program in it."""
        return layout_of(self.folder)

    def here(self, path: str) -> Path:
        """Return where *path*, one of the container's below /opt/ml, is on this machine."""
        return Path(Layout(str(self.root)).moved(path))


def layout_of(folder: Path) -> Layout:
    """Return the layout that the program of the instance in *folder* sees."""
    return Layout() if can_contain() else Layout(str(folder / "ml"))


@dataclass(slots=True)
class Container:
    """A process, its output so far heard up to `read`."""

    wanted: Wanted
    child: ChildProcess
    read: int = 0
    rest: bytes = b""
    code: int | None = None
    lines: list[str] = field(default_factory=list)

    def look(self) -> int | None:
        """Take in what it has printed; return its exit code as a container's, None while it runs."""
        if self.code is None:
            code = self.child.poll()
            self._hear(last=code is not None)
            if code is not None:
                self.code = code if code >= 0 else SIGNALLED - code
        return self.code

    def take(self) -> list[str]:
        """Return the lines that were not yet taken."""
        lines, self.lines = self.lines, []
        return lines

    def _hear(self, *, last: bool) -> None:
        try:
            with self.child.log_path.open("rb") as log:
                log.seek(self.read)
                data = log.read()
        except OSError:
            return
        self.read += len(data)
        *whole, self.rest = (self.rest + data).split(b"\n")
        if last or len(self.rest) > MOST_LINE:
            whole, self.rest = [*whole, self.rest], b""
        self.lines += [line.decode("utf-8", "replace").rstrip("\r")[:MOST_LINE] for line in whole if line]


class Cluster:
    """The containers of a job."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._wanted = wanted
        self.containers: list[Container] = []

    def start(self) -> None:
        """Start all of them. Raises EnvironmentFault where the interpreter cannot be run."""
        self.containers = [Container(one, _child(one)) for one in self._wanted]
        for each in self.containers:
            each.child.start()

    def look(self) -> list[int | None]:
        """Return the exit codes, None of those that run."""
        return [each.look() for each in self.containers]

    def ask_to_end(self) -> None:
        """Send each a SIGTERM."""
        for each in self.containers:
            if each.code is None:
                each.child.ask_to_end()

    def kill(self) -> None:
        """End each that still runs, with all that it started; return when they have ended."""
        for each in self.containers:
            if each.code is None:
                each.child.kill()
        for each in self.containers:
            if each.code is None:
                each.child.wait()
                each.look()


def _child(wanted: Wanted) -> ChildProcess:
    contained = can_contain()
    stage = wanted.folder / "opt"
    stage.mkdir()
    hosts = wanted.folder / "hosts"
    hosts.write_text(_hosts(wanted.addresses), encoding="utf-8")
    program, root = wanted.program, wanted.layout.root
    cwd = program.folder or (ROOT if contained else root)
    order = wanted.folder / "container.json"
    order.write_text(
        json.dumps(
            {
                "contained": contained,
                "root": str(wanted.root),
                "hosts": str(hosts),
                "host": wanted.host,
                "stage": str(stage),
                "network": wanted.network,
                "cwd": cwd,
                "command": _command(program),
            }
        ),
        encoding="utf-8",
    )
    return ChildProcess(
        wanted.host,
        (sys.executable, "-I", "-S", str(LAUNCHER), str(order)),
        log_path=wanted.folder / "log",
        env=_environment(wanted, contained=contained),
        cwd=wanted.folder,
    )


def _command(program: Program) -> list[str]:
    if program.function:
        return [sys.executable, "-m", "harness.aws.jobs.calling", program.function]
    first, *rest = program.command
    return [sys.executable if first in PYTHONS else first, *rest]


def _environment(wanted: Wanted, *, contained: bool) -> dict[str, str]:
    home = wanted.folder / "home"
    home.mkdir(exist_ok=True)
    given = dict(wanted.variables)
    paths = [str(NAMES), *filter(None, (wanted.program.folder, given.get("PYTHONPATH", "")))]
    hosts = [f"{name}={address}" for name, address in wanted.addresses.items()]
    named = {"HARNESS_JOB_HOSTS": ",".join(hosts)}  # where the hosts file cannot be the container's own
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONUNBUFFERED": "1",
        "HARNESS_JOB_NAMES": ",".join(wanted.addresses),
        **({} if contained else named),
        **given,
        **NO_TELEMETRY,
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _hosts(addresses: Mapping[str, str]) -> str:
    try:
        machine = HOSTS_FILE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        machine = "127.0.0.1 localhost\n"
    return machine + "\n" + "".join(f"{address} {name}\n" for name, address in addresses.items())


def signing_variables(who: Credentials, gateway_url: str, region: str) -> dict[str, str]:
    """Return what lets every AWS client in a container speak to the gateway alone, as *who*."""
    token = {"AWS_SESSION_TOKEN": who.session_token} if who.session_token else {}
    return {
        "AWS_ACCESS_KEY_ID": who.access_key,
        "AWS_SECRET_ACCESS_KEY": who.secret_key,
        **token,
        "AWS_ENDPOINT_URL": gateway_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def addresses_of(hosts: Sequence[str], job: int) -> dict[str, str]:
    """Return an address of this machine's for each host of job number *job*.

    Linux has all of 127.0.0.0/8; elsewhere all hosts are 127.0.0.1.
    """
    if sys.platform != "linux":
        return dict.fromkeys(hosts, "127.0.0.1")
    base = 64 + job // 250 % 128
    return {name: f"127.{base}.{job % 250 + 1}.{number}" for number, name in enumerate(hosts, 1)}
