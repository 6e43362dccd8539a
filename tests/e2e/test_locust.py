"""The load through a real Locust process: open, honest about itself, and gone when it is over."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from endpoint_server import EndpointServer

from harness.errors import EnvironmentFault
from harness.load import AccessKey, LoadPlan, LoadProgress, run_load
from harness.load_result import percentile
from harness.scenario.workload import Calls, Constant, OpenModel, Payload, Rate, arrivals

LOCUSTFILE = Path(__file__).parents[2] / "locustfiles" / "scenario.py"
ROWS = Payload("rows", [f"{number},2,3" for number in range(5)])


@dataclass(frozen=True)
class Thing:
    """An endpoint or role that has nothing but its name."""

    name: str


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with EndpointServer() as running:
        yield running


def model(endpoint: str, rate: Rate, **fields: object) -> OpenModel:
    fields = {"client": "lean", "payload": ROWS, "arrivals": "uniform"} | fields
    return OpenModel(Thing(endpoint), rate, **fields)  # type: ignore[arg-type]


def plan(server: EndpointServer, directory: Path, *models: OpenModel, **fields: object) -> LoadPlan:
    # The machines that run tests are busy: being late is not what these tests are about.
    limits = {"lag_limit_s": 2.0, "drain_real_s": 1.0, "drain_model_s": 1.0} | fields
    return LoadPlan(server.url, models, directory / "load", time.monotonic(), **limits)  # type: ignore[arg-type]


@pytest.mark.alone
def test_latency_counts_from_the_due_time(server: EndpointServer, tmp_path: Path) -> None:
    """A server that stands still for 0.5 s makes the p99 that the due times say; nothing is held back."""
    # The lean client: boto3 needs 0.1 s of its own for the 100 answers that come at once after the thaw.
    traffic = model("fine", Constant(200, over_s=3), arrivals="poisson", client="lean")
    frozen_after_s, frozen_s = 1.2, 0.5
    load = plan(server, tmp_path, traffic, seed=7)

    result = run_load(
        load,
        tmp_path,
        on_begin=lambda began_at: server.freeze_at(load.clock_zero + began_at + frozen_after_s, frozen_s),
    )

    rows = list(result.rows())
    assert [row.due_at for row in sorted(rows)] == pytest.approx(
        [result.began_at + due for due in arrivals(traffic, 7)], abs=1e-5
    )
    assert (result.completed, result.saturated) == (result.offered, False), result.why
    ((froze, thawed),) = server.freezes
    truth = [
        max(0.0, thawed - at) if froze <= at else 0.0 for at in (load.clock_zero + row.due_at for row in rows)
    ]
    reported = [row.received_at - row.due_at for row in rows if row.received_at is not None]
    # Requests not sent during the freeze would show below it: 10 ms instead of 480. Above it lies what the
    # server and the client need to work off a hundred requests: up to 0.1 s on a machine just busy.
    told, true = percentile(reported, 0.99), percentile(truth, 0.99)
    assert 0.95 * true <= told <= true + 0.2
    held_back = [row for row in rows if froze < load.clock_zero + row.due_at < thawed - 0.1]
    assert max(row.lag_s for row in held_back) < 0.1


CALLER = AccessKey("ASIACALLER", "its-secret", "its-token")


def test_both_clients_from_two_processes(server: EndpointServer, tmp_path: Path) -> None:
    """Each request is sent once, signed as botocore would, with the body and the role it should have."""
    lean = model("fine", Calls(60, over_s=1), name="lean", as_role=Thing("caller"))
    boto3 = model("fine", Calls(40, over_s=1), name="boto3", client="boto3")
    seen: list[LoadProgress] = []
    load = plan(server, tmp_path, lean, boto3, role_keys={"caller": CALLER})

    result = run_load(load, tmp_path, seen.append, processes=2)

    assert (result.completed, result.offered, result.why) == (100, 100, ())
    assert (result.processes, result.client) == (2, "boto3, lean")
    rows = sorted(result.rows())
    assert [row.number for row in rows] == list(range(100))
    assert Counter(row.model for row in rows) == {"lean": 60, "boto3": 40}
    assert {row[9:13] for row in rows} == {(0.25, 0.05, 0.2, 0.001)}
    assert (seen[-1].completed, seen[-1].due, seen[-1].in_flight) == (100, 100, 0)
    assert Counter(request.body for request in server.received) == dict.fromkeys(ROWS.bodies, 20)
    signed_by = Counter(signer_of(request.path, request.headers, request.body) for request in server.received)
    assert signed_by == {"ASIACALLER": 60, "test": 40}
    tokens = Counter(request.headers.get("x-amz-security-token") for request in server.received)
    assert tokens == {"its-token": 60, None: 40}


def signer_of(path: str, headers: dict[str, str], body: bytes) -> str:
    """Return the access key of a request whose signature is right."""
    scope, names, signature = (part.split("=", 1)[1] for part in headers["authorization"].split(", "))
    key = scope.split("/")[0].removeprefix("Credential=")
    signed = {name: headers[name] for name in names.split(";")}
    request = AWSRequest("POST", f"http://{headers['host']}{path}", data=body, headers=signed)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(
        Credentials(key, {"ASIACALLER": "its-secret", "test": "test"}[key]), "sagemaker", "us-east-1"
    )
    assert (
        signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        == signature
    )
    return key


def test_every_request_is_accounted_for(server: EndpointServer, tmp_path: Path) -> None:
    """Refused, dropped and unanswered requests are counted by name; the two latter make the load invalid."""
    load = plan(
        server,
        tmp_path,
        model("fine", Calls(20, over_s=1)),
        model("refuses", Calls(10, over_s=1), client="boto3"),
        model("refuses", Calls(4, over_s=1), name="refuses lean"),
        model("garbles", Calls(2, over_s=1), client="boto3"),
        model("slow", Calls(10, over_s=0.2), max_in_flight=2),
        model("hangs", Calls(3, over_s=1)),
    )

    result = run_load(load, tmp_path)

    came_to = Counter((row.model, row.outcome, row.status, row.error) for row in result.rows())
    assert came_to == {
        ("fine", "ok", 200, ""): 20,
        ("refuses", "failed", 429, "ThrottlingException"): 10,
        ("refuses lean", "failed", 429, "ThrottlingException"): 4,
        ("garbles", "failed", 0, "AttributeError"): 2,
        ("slow", "ok", 200, ""): 2,
        ("slow", "dropped", 0, "MaxInFlight"): 8,
        ("hangs", "unfinished", 0, ""): 3,
    }
    assert (result.offered, result.sent, result.saturated) == (49, 41, True)
    assert [sentence.split(" ", 4)[:3] for sentence in result.why] == [
        ["8", "of", "49"],
        ["Only", "83.7%", "of"],
        ["3", "of", "49"],
    ]


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """Refused connections are failures with a name; the load itself is sound."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        models = (
            model("fine", Calls(5, over_s=0.5)),
            model("fine", Calls(5, over_s=0.5), name="b", client="boto3"),
        )
        load = LoadPlan(url, models, tmp_path / "load", time.monotonic(), lag_limit_s=2.0)
        result = run_load(load, tmp_path)
    assert Counter((row.outcome, row.error) for row in result.rows()) == {
        ("failed", "ConnectionRefusedError"): 5,
        ("failed", "EndpointConnectionError"): 5,
    }
    assert result.why == ()


def test_a_client_that_dies_is_named(server: EndpointServer, tmp_path: Path) -> None:
    """A killed client process makes the run invalid; the rows until then are kept."""
    load = plan(server, tmp_path, model("fine", Constant(100, over_s=30)))

    def kill_later(began_at: float) -> None:
        (ready,) = load.results_dir.glob("ready-*.json")
        threading.Timer(1.2, os.kill, (json.loads(ready.read_text())["process"], signal.SIGKILL)).start()

    result = run_load(load, tmp_path, on_begin=kill_later)
    assert "The load ended too early: Locust was ended by SIGKILL" in result.why[0]
    assert result.completed > 20


def test_a_load_can_be_stopped(server: EndpointServer, tmp_path: Path) -> None:
    """Told to stop, both processes write their accounts and end; the result says that it is not whole."""
    load = plan(server, tmp_path, model("fine", Constant(100, over_s=30)))
    begun: list[float] = []
    result = run_load(
        load,
        tmp_path,
        processes=2,
        on_begin=lambda began_at: begun.append(time.monotonic()),
        should_stop=lambda: bool(begun) and time.monotonic() > begun[0] + 1.0,
    )
    assert result.why[0] == "The load was stopped before its end."
    assert [sentence.split(" ", 1)[1] for sentence in result.why[1:]] == ["of 3000 requests never came due."]
    assert (result.processes, result.unfinished) == (2, 0)
    assert 20 < result.completed < 1_000


def test_locust_that_cannot_start_is_an_environment_fault(
    server: EndpointServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the client cannot even load, the error carries its last words."""
    monkeypatch.setattr("harness.load.command", lambda *_: ["-m", "locust", "-f", "gone.py"])
    load = plan(server, tmp_path, model("fine", Calls(1, over_s=1)))
    with pytest.raises(EnvironmentFault, match=r"exit code 1; .*gone\.py"):
        run_load(load, tmp_path)


def scenario_file(directory: Path, rate: str) -> Path:
    """Write a scenario whose only traffic is *rate*, on the endpoint of an installed one."""
    path = directory / "small.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from harness.scenario import Calls, Idle, OpenModel, find\n"
        "whole = find('endpoint-autoscaling-5')\n"
        f"traffic = OpenModel(whole.resources[0], {rate}, client='lean', arrivals='uniform', name='fine')\n"
        "scenario = replace(whole, workload=[traffic], faults=[])\n"
    )
    return path


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def locust(server: EndpointServer) -> Iterator[Start]:
    """Start Locust by itself; whatever becomes of the test, none is left running."""
    started: list[subprocess.Popen[str]] = []
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCUST_"))}

    def start(*arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", LOCUSTFILE, *map(str, arguments)],
            env=kept | {"AWS_ENDPOINT_URL": server.url, "AWS_PROFILE": "not-there"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("rate", "code", "says"),
    [("Calls(30, over_s=1)", 0, "offered 30, sent 30"), ("Idle(1)", 4, "The load sent no request at all")],
)
def test_locust_by_itself(locust: Start, tmp_path: Path, rate: str, code: int, says: str) -> None:
    """The locustfile runs a scenario without the harness; a run without requests is no success."""
    process = locust("--headless", "--scenario", scenario_file(tmp_path, rate), "--clock", "wall")
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, says in output) == (code, True), output


@pytest.mark.long
def test_master_and_worker(server: EndpointServer, locust: Start, tmp_path: Path) -> None:
    """A master tells its workers what to send, waits for their accounts, and all end with success."""
    port = str(free_port())
    scenario = scenario_file(tmp_path, "Calls(31, over_s=1)")
    common = ("--headless", "--scenario", scenario, "--clock", "wall", "--master-host", "127.0.0.1")
    workers = [locust("--worker", "--master-port", port, *common[-2:]) for _ in range(2)]
    master = locust("--master", "--master-bind-port", port, "--expect-workers", "2", *common)
    output, _ = master.communicate(timeout=40)
    assert (master.returncode, "offered 31, sent 31" in output) == (0, True), output
    assert [process.wait(10) for process in workers] == [0, 0]
    assert len(server.received) == 31


@pytest.mark.long
def test_the_web_page_starts_a_load(server: EndpointServer, locust: Start, tmp_path: Path) -> None:
    """Started from its web page, Locust sends the schedule once and stops, ready for another start."""
    port = free_port()
    scenario = scenario_file(tmp_path, "Calls(12, over_s=0.5)")
    process = locust("--web-host", "127.0.0.1", "--web-port", port, "--scenario", scenario, "--clock", "wall")
    page = f"http://127.0.0.1:{port}"
    for start in (1, 2):
        wait_for(lambda: fetch(f"{page}/swarm", b"user_count=1&spawn_rate=1")["success"])
        wait_for(lambda start=start: len(server.received) == 12 * start)
        wait_for(lambda: fetch(f"{page}/stats/requests")["state"] == "stopped")
        assert fetch(f"{page}/stats/requests")["stats"][0]["num_requests"] == 12
    process.terminate()
    assert process.wait(20) == 0


def fetch(url: str, form: bytes | None = None) -> dict[str, object]:
    with urlopen(url, form, timeout=5) as answer:
        return dict(json.loads(answer.read()))


def wait_for(done: object) -> None:
    """Ask *done* until it says yes, for 20 s at most."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if done():  # type: ignore[operator]
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come in time")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
