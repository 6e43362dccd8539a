"""Locust workers that are started by hand, on this host or on others, and come to the master of a run."""

import shlex
from dataclasses import dataclass

from harness.config import is_loopback
from harness.errors import ScenarioError

# Locust's own default (its documentation, "Distributed load generation").
MASTER_PORT = 5557
# Whoever starts a container on another host, or types the command there, has this long.
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Workers:
    """*count* workers that come to Locust's master at *host*:*port*, within `patience_s` real seconds.

    *gateway_port* is where they find the gateway on the same host, 0 for any free port of 127.0.0.1. Raises
    ScenarioError for a host off loopback without one: workers on other hosts must be told the address.
    """

    count: int
    host: str = "127.0.0.1"
    port: int = MASTER_PORT
    gateway_port: int = 0
    patience_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ScenarioError(f"The load needs at least 1 worker, not {self.count}")
        if not self.gateway_port and not is_loopback(self.host):
            raise ScenarioError(
                f"Workers that come to {self.host} must know the gateway's port; add --gateway-port PORT"
            )

    @property
    def also_at(self) -> tuple[str, int] | None:
        """Return where the gateway must listen besides 127.0.0.1, None when that is enough."""
        return None if self.host == "127.0.0.1" else (self.host, self.gateway_port)

    def command(self, gateway_url: str) -> str:
        """Return what starts one worker, on a host that has the package, with the addresses as seen there.

        The locustfile comes from the master (Locust's documentation, "Distributed load generation": `-f -`).
        """
        url = gateway_url if self.also_at is None else f"http://{self.host}:{self.gateway_port}"
        words = ["locust", "-f", "-", "--worker", "--master-host", self.host]
        words += [] if self.port == MASTER_PORT else ["--master-port", str(self.port)]
        words += ["--host", url] + ([] if is_loopback(self.host) else ["--allow-endpoint", self.host])
        return shlex.join(words)


def options_of(workers: Workers | None) -> list[str]:
    """Return the options of `harness run` that ask for *workers*."""
    if workers is None:
        return []
    words = ["--load-workers", str(workers.count)]
    if (workers.host, workers.port) != ("127.0.0.1", MASTER_PORT):
        words += ["--load-master", f"{workers.host}:{workers.port}"]
    return words + (["--gateway-port", str(workers.gateway_port)] if workers.gateway_port else [])


def workers_of(count: int | None, master: str, gateway_port: int) -> Workers | None:
    """Return the workers that the command line asks for, None where the load is sent from here.

    *master* is HOST or HOST:PORT. Raises ScenarioError for what is neither.
    """
    if count is None:
        if master or gateway_port:
            raise ScenarioError("--load-master and --gateway-port are for --load-workers; say how many")
        return None
    host, colon, port = master.partition(":")
    if colon and not (port.isdigit() and 0 < int(port) < 65_536):
        raise ScenarioError(f"--load-master {master}: {port!r} is no port; give HOST or HOST:PORT")
    return Workers(count, host or "127.0.0.1", int(port or MASTER_PORT), gateway_port)
