"""What a run is made with, and what each of its phases needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.aws.permission import Mode
from harness.clock import Clock, ClockSpec
from harness.config import Credentials, Settings
from harness.cost.prices import PriceTable
from harness.gateway.inject import OWN_CALLS
from harness.journal import Finding
from harness.load_workers import Workers
from harness.recorder import Recorder
from harness.scenario import Program, Scenario
from harness.scenario.workload import Client
from harness.store import KEEP
from harness.thresholds import Crossing
from harness.view import View

# Where nobody listens (the discard port): a model is built before the gateway serves, and must reach no AWS.
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose for a run; None leaves it to the scenario."""

    seed: int = 1
    clock: ClockSpec | None = None
    data: Path | None = None
    client: Client | None = None
    processes: int = 1
    workers: Workers | None = None  # who sends the load instead of processes here
    scenario_path: str = ""
    faults: tuple[str, ...] = ()  # as the command line gave them; a scenario's own are not among them
    iam: Mode = Mode.ENFORCE
    sets: tuple[str, ...] = ()  # PATH=VALUE, as the command line gave them; the scenario has them already
    prices: PriceTable | None = None  # the user's own, in place of the project's
    report: bool = True  # whether report.html is drawn
    index: bool = False  # whether the command leaves an index of its runs
    ui: int | None = None  # the port of the live view, 0 for a free one; None without a view
    baseline: str | None = None  # what the run is compared with; None: the run before it, where there is one
    fail_on_worse: bool = False  # whether a run that is worse than its baseline ends the command with 1
    keep: int = KEEP  # how many runs of a scenario stay when this one has ended, 0 for all
    findings: tuple[Finding, ...] = ()  # what was found before the run, say by an audit


@dataclass(slots=True)
class RunContext:
    """One run: its parts that live as long as it does.

    `url` is the gateway's once it serves, `entrances` are those of the VPC endpoints by their ids. `act_as`
    gives the credentials of an AWS service where the gateway looks at permissions. `check()` raises when the
    run cannot go on (a dead emulator). `crossing` is the threshold that ended the load early, if one did.
    """

    scenario: Scenario
    options: Options
    settings: Settings
    view: View
    directory: Path
    clock: Clock
    recorder: Recorder
    url: str = NOWHERE
    entrances: dict[str, str] = field(default_factory=dict)
    act_as: Callable[[str], Credentials] | None = None
    check: Callable[[], None] = lambda: None
    crossing: Crossing | None = None

    @property
    def logs(self) -> Path:
        """The folder for the logs of every child process."""
        return self.directory / "logs"

    def url_for(self, program: Program) -> str:
        """Return the address that *program* calls: the gateway's, or that of its VPC endpoint."""
        return self.url if program.via is None else self.entrances[program.via.id]

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of *service* through the gateway, whose calls no fault hits."""
        from harness.sessions import client

        options = {"user_agent_extra": OWN_CALLS} | options
        return client(service, self.url, region=self.settings.region, **options)
