"""What runs on an instance of EC2: the program of its image, in a process of its own.

Started as `python -m harness.machine JOB.json` with the folder that is the instance's disk as its working
directory. Nothing in its environment holds a credential or a region: as on EC2, both come from the instance
metadata service, at AWS_EC2_METADATA_SERVICE_ENDPOINT.
"""

import json
import os
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from harness.stopping import Stopping

if TYPE_CHECKING:
    from harness.scenario import Scenario

TOKEN_LASTS_S = 21_600
# The notice is looked for this often while a program waits: AWS advises every 5 seconds.
LOOK_EVERY_S = 5.0
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class MachineJob:
    """Which program to run; `clock_zero` is model second 0 on this machine's monotonic clock."""

    scenario: str
    variant: str
    image: str
    seed: int
    speed: float
    clock_zero: float
    data: str

    def write(self, path: Path) -> None:
        """Write the job for `main` to read."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "MachineJob":
        """Return the job that `write` wrote."""
        return cls(**json.loads(path.read_text()))


class Machine:
    """What the program of a `MachineImage` gets: the instance it runs on.

    `disk` is its root volume: it is still there after a stop, and gone with the instance. A plain boto3
    client made in the program finds endpoint and credentials as on EC2; `client` does that and names the
    region. `scenario`, `seed` and `data` are those of the run.
    """

    def __init__(self, job: MachineJob, scenario: "Scenario", stopping: Stopping | None = None) -> None:
        self._job = job
        self._stopping = stopping or Stopping()
        self._service = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"].rstrip("/")
        self._token = ""
        self.scenario = scenario
        self.seed = job.seed
        self.data = Path(job.data) if job.data else None
        self.disk = Path.cwd()

    @property
    def stopping(self) -> bool:
        """Whether the machine is being switched off: SIGTERM, as an operating system sends it."""
        return self._stopping.look()

    @property
    def instance_id(self) -> str:
        """Its id."""
        return self.metadata("instance-id") or ""

    @property
    def user_data(self) -> str:
        """What it was launched with, "" for nothing."""
        return self._get("/latest/user-data") or ""

    def metadata(self, path: str) -> str | None:
        """Return what the metadata service has at *path* ("spot/instance-action"), None for nothing."""
        return self._get(f"/latest/meta-data/{path}")

    def interruption(self) -> dict[str, str] | None:
        """Return the notice of a spot interruption ({"action": "terminate", "time": ...}), None before it."""
        found = self.metadata("spot/instance-action")
        return None if found is None else dict(json.loads(found))

    def client(self, service: str, **options: Any) -> Any:
        """Return boto3's own client of *service*, in the instance's region; it finds credentials itself."""
        import boto3

        region = self.metadata("placement/region")
        return boto3.client(service, **{"region_name": region} | options)  # type: ignore[call-overload]

    def now(self) -> float:
        """Return model seconds since the run began."""
        return (time.monotonic() - self._job.clock_zero) * self._job.speed

    def wait_model_s(self, seconds: float) -> None:
        """Wait *seconds* of model time, less when the machine is switched off meanwhile."""
        self._stopping.sleep(seconds / self._job.speed)

    def work_model_s(self, seconds: float) -> bool:
        """Let *seconds* of model time pass as work does; False as soon as an interruption is noticed."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            self.wait_model_s(min(left, LOOK_EVERY_S))
            if self.stopping or self.interruption() is not None:
                return False
        return True

    def shut_down(self) -> None:
        """Switch the machine off, as `shutdown -h now` does on EC2; nothing is executed on this one."""
        with _open(Request(f"{self._service}/_harness/shutdown", method="POST")):
            pass

    def _get(self, path: str) -> str | None:
        if not self._token:
            ask = Request(f"{self._service}/latest/api/token", method="PUT")
            ask.add_header("X-aws-ec2-metadata-token-ttl-seconds", str(TOKEN_LASTS_S))
            with _open(ask) as answer:
                self._token = answer.read().decode()
        request = Request(self._service + path, headers={"X-aws-ec2-metadata-token": self._token})
        try:
            with _open(request) as answer:
                return str(answer.read().decode())
        except HTTPError as error:
            if error.code == 401:  # a token lasts six hours of model time
                self._token = ""
                return self._get(path)
            if error.code == 404:
                return None
            raise


def main(argv: list[str]) -> int:
    """Run the job in the file argv[0]; return 0, or 1 when its program raised."""
    from harness.scenario import find

    job = MachineJob.read(Path(argv[0]))
    stopping = Stopping()
    stopping.listen()
    scenario = find(job.scenario).resolve(job.variant)
    image = next(one for one in scenario.machine_images if one.id == job.image)
    try:
        image.program(Machine(job, scenario, stopping))
    except Exception:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
