"""Sends a scenario's traffic: starts Locust as a child process, lets it begin, watches it, reads its results.

Locust patches the interpreter it runs in, so it never runs in this one; the two meet over files in the
plan's results directory. What workers on other hosts have to say, Locust's master writes there, with wN in
the place of PID. A file is complete when it is there, since it is written under another name first:

    plan.json, payload-N.json    written here        what to send
    ready-PID.json               each client process it can begin
    begin.json                   written here        the model second at which the load begins
    error.json                   the clients         why they cannot begin
    progress-PID.json            each client process counts so far, four times a second
    results-PID.jsonl            each client process one row a request (`load_result.RequestRow`)
    report-PID.json              each client process its own account, the last thing it writes
"""

import importlib.util
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFault, ScenarioError
from harness.load_lost import Untold, untold
from harness.load_plan import BEGIN_FILE, ERROR_FILE, PLAN_FILE, AccessKey, LoadPlan, write_plan
from harness.load_result import LoadResult, ProcessReport, RequestRow, merge
from harness.load_workers import Workers
from harness.processes import ChildProcess

__all__ = ["AccessKey", "LoadPlan", "LoadProgress", "LoadResult", "RequestRow", "run_load"]

PLAN_VARIABLE = "HARNESS_LOAD_PLAN"
# Importing Locust and boto3 takes one second; a machine that is 30 times slower is still waited for.
READY_TIMEOUT_S = 30.0
# How far ahead of "all are ready" the load begins: the clients look for begin.json every 10 ms.
HEAD_START_S = 0.100
POLL_S = 0.050
# What a client process may take over its schedule and drain before it counts as hung.
OVERTIME_S = 15.0
GOODBYE_S = 5.0


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far the load is. `at_s` of `duration_s` model seconds are over; `due` = sent + dropped."""

    at_s: float
    duration_s: float
    due: int = 0
    sent: int = 0
    completed: int = 0
    failed: int = 0
    dropped: int = 0

    @property
    def in_flight(self) -> int:
        """Return how many requests wait for their answer."""
        return self.sent - self.completed - self.failed


def run_load(
    plan: LoadPlan,
    log_dir: Path,
    on_progress: Callable[[LoadProgress], None] = lambda progress: None,
    *,
    processes: int = 1,
    workers: Workers | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    on_begin: Callable[[float], None] = lambda began_at: None,
) -> LoadResult:
    """Send the load of *plan* from *processes* client processes and return what it came to.

    With *workers* it is sent by those instead, which others start, on this host or elsewhere.
    *on_begin* is told the model second at which the load begins, once that is known and before it comes.
    When *should_stop* says so the clients are ended and the result tells how far they got, as saturated.
    Raises EnvironmentFault when the clients do not get ready; a load that ran badly is a result, no error.
    """
    if processes < 1:
        raise ScenarioError(f"The load needs at least 1 client process, not {processes}")
    if (plan.results_dir / PLAN_FILE).exists():
        raise ScenarioError(
            f"{plan.results_dir} already holds a load; give it a results directory of its own"
        )
    plan_file = write_plan(plan)
    processes = processes if workers is None else workers.count
    child = ChildProcess(
        "Locust",
        command(plan, processes, workers),
        log_path=log_dir / "locust.log",
        env=_environment(plan_file),
        cwd=plan.results_dir,
    )
    with child:
        troubles = _await_ready(child, plan, processes, workers, should_stop)
        began_at = max(plan.start_at, _now(plan) + HEAD_START_S * plan.speed)
        if not troubles:
            on_begin(began_at)
            _begin(plan, began_at)
            troubles = _watch(child, plan, began_at, processes, on_progress, should_stop)
    return _collect(plan, began_at, processes, troubles)


def locustfile() -> Path:
    """Return where `locustfiles/scenario.py` is installed; raise EnvironmentFault where it is not."""
    spec = importlib.util.find_spec("locustfiles")
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentFault("The package 'locustfiles' is not installed; install the project with pip")
    return Path(next(iter(spec.submodule_search_locations))) / "scenario.py"


def command(plan: LoadPlan, processes: int, workers: Workers | None = None) -> list[str]:
    """Return the arguments that start Locust for *plan*: as the master of *workers*, where there are some."""
    arguments = [
        "-m",
        "locust",
        "-f",
        str(locustfile()),
        "--headless",
        "--only-summary",
        "--host",
        plan.gateway_url,
    ]
    # One nominal user a process. A stop-timeout of 0, the default, would cut the slowest requests off, and
    # failed requests are a result here, no error of the load's.
    arguments += ["--users", str(processes), "--spawn-rate", str(processes), "--stop-timeout", "5"]
    arguments += ["--exit-code-on-error", "0"]
    if workers is not None:
        arguments += ["--master", "--expect-workers", str(processes)]
        arguments += ["--master-bind-host", workers.host, "--master-bind-port", str(workers.port)]
    elif processes > 1:
        port = str(_free_port())
        arguments += [
            "--processes",
            str(processes),
            "--master-bind-host",
            "127.0.0.1",
            "--master-bind-port",
            port,
        ]
        arguments += ["--master-host", "127.0.0.1", "--master-port", port]
    return arguments


def _environment(plan_file: Path) -> dict[str, str]:
    """Return the child's environment: nothing of the user's AWS or Locust settings may reach the load."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCUST_"))}
    return kept | {
        PLAN_VARIABLE: str(plan_file),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Locust reads ~/.locust.conf as well as the one where it stands.
        "HOME": str(plan_file.parent),
    }


def _await_ready(
    child: ChildProcess,
    plan: LoadPlan,
    processes: int,
    workers: Workers | None,
    should_stop: Callable[[], bool],
) -> list[str]:
    """Return when all client processes can begin, with a reason when the load was stopped before that."""
    patience_s = READY_TIMEOUT_S if workers is None else workers.patience_s
    deadline = time.monotonic() + patience_s
    while (ready := len(_files(plan, "ready-*.json"))) < processes:
        if should_stop():
            return ["The load was stopped before it began."]
        if obituary := child.obituary():
            raise EnvironmentFault(f"The load could not begin: {_said(plan) or obituary}")
        if time.monotonic() > deadline:
            at = "" if workers is None else f" at {workers.host}:{workers.port}"
            raise EnvironmentFault(
                f"Only {ready} of the load's {processes} client processes were ready{at} after "
                f"{patience_s:.0f} s; see {child.log_path}"
            )
        time.sleep(POLL_S)
    return []


def _said(plan: LoadPlan) -> str:
    """Return why the clients say that they cannot begin, empty when they said nothing."""
    path = plan.results_dir / ERROR_FILE
    return "; ".join(json.loads(path.read_text())["why"]) if path.exists() else ""


def _begin(plan: LoadPlan, began_at: float) -> None:
    path = plan.results_dir / BEGIN_FILE
    path.with_suffix(".tmp").write_text(json.dumps({"start_at": began_at}))
    path.with_suffix(".tmp").rename(path)


def _watch(
    child: ChildProcess,
    plan: LoadPlan,
    began_at: float,
    processes: int,
    on_progress: Callable[[LoadProgress], None],
    should_stop: Callable[[], bool],
) -> list[str]:
    """Follow the load to its end; return the reasons why that end is none to trust."""
    ends_at = began_at + plan.duration_s
    deadline = plan.clock_zero + ends_at / plan.speed + plan.drain_s + OVERTIME_S
    while len(_files(plan, "report-*.json")) < processes:
        on_progress(_progress(plan, began_at))
        if obituary := child.obituary():
            return _missing(plan, processes, f"The load ended too early: {obituary}.")
        if should_stop():
            child.terminate()
            return ["The load was stopped before its end."]
        if time.monotonic() > deadline:
            return [f"The load did not end {OVERTIME_S:.0f} s after its last request; see {child.log_path}."]
        time.sleep(POLL_S)
    on_progress(_progress(plan, began_at))
    return _await_goodbye(child)


def _missing(plan: LoadPlan, processes: int, when_all: str) -> list[str]:
    """Return why accounts are missing, *when_all* are; nothing when the last one came meanwhile."""
    there = len(_files(plan, "report-*.json"))
    if not there:
        return [when_all]
    return [_lost(processes - there, processes)] if there < processes else []


def _lost(missing: int, processes: int) -> str:
    return f"{missing} of {processes} client processes ended without an account; see Locust's log."


def _await_goodbye(child: ChildProcess) -> list[str]:
    """Let Locust print its summary into the log; the results are complete by now."""
    try:
        child.wait(GOODBYE_S)
    except TimeoutError:
        child.terminate()
    return []


def _progress(plan: LoadPlan, began_at: float) -> LoadProgress:
    counts: dict[str, int] = {}
    for values in _read_all(_files(plan, "progress-*.json")):
        for name, count in values.items():
            counts[name] = counts.get(name, 0) + count
    at_s = min(max(_now(plan) - began_at, 0.0), plan.duration_s)
    return LoadProgress(at_s, plan.duration_s, **counts)


def _collect(plan: LoadPlan, began_at: float, processes: int, troubles: Sequence[str]) -> LoadResult:
    reports = [ProcessReport.from_json(values) for values in _read_all(_files(plan, "report-*.json"))]
    if len(reports) < processes and not troubles:
        troubles = [_lost(processes - len(reports), processes)]
    # Locust's master ends the test by itself when it has heard nothing of its workers for a while.
    if (cut := sum(not report.finished for report in reports)) and not troubles:
        troubles = [f"{cut} of {processes} client processes were stopped before their end; see Locust's log."]
    ended_at = max((report.ended_at for report in reports), default=_now(plan))
    files = _files(plan, "results-*.jsonl")
    rest = Untold()
    if troubles:  # a load that came to its end has a row for every request
        rest = untold(plan, files, began_at, _now(plan), client_died=len(reports) < processes)
    return merge(
        reports,
        files,
        lag_limit_s=plan.lag_limit_s,
        began_at=began_at,
        ended_at=ended_at,
        troubles=troubles,
        lost_rows=rest.lost,
        never_due=rest.never_due,
    )


def _read_all(files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    return (json.loads(file.read_text()) for file in files)


def _files(plan: LoadPlan, pattern: str) -> list[Path]:
    return sorted(plan.results_dir.glob(pattern))


def _now(plan: LoadPlan) -> float:
    return (time.monotonic() - plan.clock_zero) * plan.speed


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
