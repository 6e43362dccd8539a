"""What a program on an instance can ask and do: metadata by token, notice, user data, its own shutdown."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.machine import Machine, MachineJob
from harness.scenario import Scenario, Topic, result
from harness.stopping import Stopping

JOB = MachineJob("s", "corrected", "ami-999844e0", 7, 1_000.0, 0.0, "")
SCENARIO = Scenario("s", "S.", [Topic("t")], [result("p", "x").equals(1)])


@dataclass
class Service:
    """A metadata service: *said* by path, the token that is good now, and what was switched off."""

    url: str = ""
    said: dict[str, str] = field(default_factory=dict)
    token: str = "first"
    tokens_given: int = 0
    switched_off: int = 0


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    found = Service(said={"/latest/meta-data/instance-id": "i-1", "/latest/user-data": "#!/bin/sh"})

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            found.tokens_given += 1
            self._answer(200, found.token)

        def do_POST(self) -> None:
            found.switched_off += 1
            self._answer(202, "")

        def do_GET(self) -> None:
            if self.headers["X-aws-ec2-metadata-token"] != found.token:
                self._answer(401, "")
            else:
                text = found.said.get(self.path)
                self._answer(404 if text is None else 200, text or "")

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing: it is no part of what is tested."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"{found.url}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def test_metadata_is_asked_for_with_a_token_that_is_kept(service: Service) -> None:
    """And renewed when it is not good any more."""
    machine = Machine(JOB, SCENARIO)
    assert (machine.instance_id, machine.user_data, machine.metadata("none")) == ("i-1", "#!/bin/sh", None)
    assert service.tokens_given == 1
    service.token = "second"
    assert machine.instance_id == "i-1"
    assert service.tokens_given == 2


def test_work_ends_with_the_notice(service: Service) -> None:
    """It goes on to its end before that, and says which."""
    machine = Machine(JOB, SCENARIO)
    assert machine.interruption() is None
    assert machine.work_model_s(6.0) is True
    service.said["/latest/meta-data/spot/instance-action"] = (
        '{"action": "stop", "time": "2026-11-22T20:00:00Z"}'
    )
    assert machine.work_model_s(60.0) is False
    assert machine.interruption() == {"action": "stop", "time": "2026-11-22T20:00:00Z"}


def test_work_ends_when_the_machine_is_switched_off(service: Service) -> None:
    """SIGTERM, as an operating system sends it."""
    stopping = Stopping()
    machine = Machine(JOB, SCENARIO, stopping)
    stopping.asked = True
    assert machine.stopping
    assert machine.work_model_s(5.0) is False


def test_a_program_switches_its_machine_off(service: Service) -> None:
    """By the machine's own service: nothing is executed."""
    Machine(JOB, SCENARIO).shut_down()
    assert service.switched_off == 1


def test_a_program_knows_its_run(service: Service, tmp_path: Path) -> None:
    """Seed, data and disk; a job is read as it was written."""
    JOB.write(tmp_path / "job.json")
    machine = Machine(MachineJob.read(tmp_path / "job.json"), SCENARIO)
    assert (machine.seed, machine.data, machine.disk) == (7, None, Path.cwd())
    assert machine.scenario is SCENARIO
