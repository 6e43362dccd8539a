"""One emulator as a child process: its address before it runs, ready once it answers, and why it died.

The parent binds the port (0: any free one) and hands the listening socket to the child. So the address is
known at once, no other program can take the port in between, and a request that comes too early waits in the
socket's queue instead of failing: to be ready is to have answered one request.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

from harness.backends.shifted_clock import set_shift
from harness.config import ACCESS_KEY, SECRET_KEY, Settings, neutral_environment
from harness.errors import EnvironmentFault
from harness.gateway.chain import Address
from harness.loopback import LOOPBACK, listen_on_loopback
from harness.processes import ChildProcess

# What an emulator that trusts the gateway is told to know it by; made anew for each process.
PASSWORD_VARIABLE = "HARNESS_GATEWAY_PASSWORD"
# The children have no state to save, so there is nothing to wait for when they end.
GRACE_S = 1.0
# After the connection broke: how long the child may take to end, so that its exit code can be named.
LAST_WORDS_S = 2.0


def _no_variables(port: int, scratch: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to run one emulator: `module` is started with `--fd N`, a listening socket, as its arguments."""

    name: str
    distribution: str
    module: str
    ready_path: str
    # (port, scratch directory) -> what the emulator reads from its environment
    variables: Callable[[int, Path], Mapping[str, str]] = _no_variables
    # what it reads instead when it is to let every call pass, whatever the policies say
    without_policies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    python: str = sys.executable
    # how long it may take to answer on a machine of ordinary speed, next to the others
    patience: float = 1.0
    # answer at ready_path -> version; without it that of the distribution beside the harness
    read_version: Callable[[bytes], str] | None = None
    # whether it takes a password (PASSWORD_VARIABLE) for a sign that a call was judged before
    trusts: bool = False


class Emulator:
    """A child process that answers AWS calls on a loopback port; removed without a trace by `close()`.

    With `enforce` False it checks no policy. Its time of day is ahead by what `clock_shift` says, a file as
    in shifted_clock.py, which is made if it is not there.
    """

    def __init__(
        self,
        recipe: Recipe,
        settings: Settings,
        log_dir: Path,
        *,
        port: int = 0,
        enforce: bool = True,
        clock_shift: Path | None = None,
    ) -> None:
        self.name = recipe.name
        self.version = installed_version(recipe.distribution)
        self._recipe = recipe
        self._settings = settings
        self._log_path = log_dir / f"{recipe.name}.log"
        self._port = port
        self._enforce = enforce
        self._clock_shift = clock_shift
        self._password = token_hex(16) if recipe.trusts else ""
        self._address: Address | None = None
        self._child: ChildProcess | None = None

    @property
    def address(self) -> Address:
        """Where it listens, once `spawn()` was called."""
        if self._address is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._address

    @property
    def process(self) -> ChildProcess:
        """The child process, once `spawn()` was called."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child

    def spawn(self) -> None:
        """Start it and return at once. Raises EnvironmentFault for a port in use or a missing interpreter."""
        with listen_on_loopback(self._port, purpose=self.name) as listener:
            port = int(listener.getsockname()[1])
            scratch = Path(tempfile.mkdtemp(prefix=f"harness-{self.name}-"))
            self._child = ChildProcess(
                self.name,
                [*self._command(), "--fd", str(listener.fileno())],
                log_path=self._log_path,
                env=self._environment(port, scratch),
                cwd=scratch,
                scratch=scratch,
                pass_fds=(listener.fileno(),),
                python=self._recipe.python,
            )
            try:
                self._child.start()
            except EnvironmentFault:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
        self._address = Address(self.name, LOOPBACK, port, self._password)

    def _command(self) -> list[str]:
        if self._clock_shift is None:
            return ["-m", self._recipe.module]
        if not self._clock_shift.exists():
            set_shift(self._clock_shift, 0)
        shifted = ["-m", "harness.backends.shifted_clock", str(self._clock_shift.resolve())]
        return [*shifted, self._recipe.module]

    def _environment(self, port: int, scratch: Path) -> dict[str, str]:
        environment = clean_environment(self._settings, scratch) | dict(self._recipe.variables(port, scratch))
        if self._password:
            environment[PASSWORD_VARIABLE] = self._password
        return environment if self._enforce else environment | dict(self._recipe.without_policies)

    def await_ready(self) -> None:
        """Return once it has answered. Raises EnvironmentFault, and has closed it, when it does not."""
        limit_s = self._settings.ready_timeout_s * self._recipe.patience
        try:
            _, answer = fetch(self.address, self._recipe.ready_path, limit_s)
        except TimeoutError as error:
            self.close()
            raise EnvironmentFault(
                f"{self.name} did not answer within {limit_s:g} s; {self.process.last_line()}"
            ) from error
        except (OSError, HTTPException) as error:
            sentence = self._last_words()
            self.close()
            raise EnvironmentFault(sentence) from error
        if self._recipe.read_version is not None:
            self.version = self._recipe.read_version(answer)

    def obituary(self) -> str | None:
        """Return one sentence when it has ended by itself, else None."""
        return self.process.obituary()

    def ask_to_end(self) -> None:
        """Ask it to end and return at once."""
        if self._child is not None:
            self._child.ask_to_end()

    def close(self) -> None:
        """End it with all that it started, and remove its scratch directory."""
        if self._child is not None:
            self._child.terminate(GRACE_S)

    def _last_words(self) -> str:
        """Return why the connection broke: most often the child has ended, and is about to be known to."""
        try:
            self.process.wait(LAST_WORDS_S)
        except TimeoutError:
            return f"{self.name} closed the connection; {self.process.last_line()}"
        return self.process.obituary(" before it answered") or f"{self.name} was asked to end"


def fetch(address: Address, path: str, timeout_s: float) -> tuple[int, bytes]:
    """GET *path* from *address*: (status, body). Raises OSError (so TimeoutError) or HTTPException."""
    connection = HTTPConnection(address.host, address.port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def clean_environment(settings: Settings, scratch: Path) -> dict[str, str]:
    """Return the whole environment of an emulator: the fake credentials, a home of its own, no way out.

    Nothing of the user's AWS settings, proxies or Docker is in it, and what it writes goes to *scratch*.
    """
    return neutral_environment() | {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Both would use the user's Docker, and MiniStack removes containers there that it takes for its own.
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
    }


def installed_version(distribution: str) -> str:
    """Return the version that pip installed, or "not installed"."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
