"""What pytest's command line and configuration say of rehearsals. Light: every pytest run imports this."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

GROUP = "harness"
MARKER = (
    "scenario(scenario, *, variant, clock, seed, set, fault, threshold, iam, backend): what the fixture "
    "pipeline rehearses: a scenario's name, the path of its file, or a Scenario"
)
REPORTS = ("failed", "always", "never")
RESETS = ("test", "module", "never")
MODES = ("enforce", "observe", "off")


@dataclass(frozen=True, slots=True)
class Asked:
    """What this pytest run asked for; None leaves it to the scenario, or to the fixture's own default."""

    backend: str | None
    clock: str | None
    backend_clock: str
    seed: int
    runs: Path | None
    iam: str
    report: str
    reset: str
    scenarios: tuple[str, ...]
    allowed: tuple[str, ...]


KEY: pytest.StashKey[Asked] = pytest.StashKey()

# name, default of its ini value, metavar, choices, what it is
_TEXTS: tuple[tuple[str, str, str | None, tuple[str, ...] | None, str], ...] = (
    (
        "backend",
        "",
        "NAME",
        None,
        "who keeps the AWS state: embedded (default), moto, localstack, or the URL of what speaks AWS",
    ),
    ("clock", "", "CLOCK", None, "of pipeline: wall, compressed:N or virtual; the scenario's own otherwise"),
    (
        "backend-clock",
        "compressed:60",
        "CLOCK",
        None,
        "of aws_backend: wall or compressed:N (default compressed:60: SageMaker's minutes take seconds)",
    ),
    ("seed", "1", "N", None, "seed of every random stream (default 1)"),
    ("runs", "", "DIR", None, "where runs are kept (default: runs in pytest's rootdir)"),
    (
        "iam",
        "enforce",
        None,
        MODES,
        "whether policies are enforced (default), observed, or not looked at",
    ),
    (
        "report",
        "failed",
        None,
        REPORTS,
        "of which runs report.html is drawn: of those whose check fails (default), of all, of none",
    ),
    (
        "reset",
        "test",
        None,
        RESETS,
        "when aws_backend is emptied: after each test that used it (default), after each module, never",
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Give *parser* each option twice: `--harness-NAME`, and `harness_NAME` for the configuration file."""
    group = parser.getgroup(GROUP, "rehearsals of AWS pipelines")
    for name, default, metavar, choices, text in _TEXTS:
        shown: dict[str, Any] = {"choices": choices} if choices else {"metavar": metavar}
        group.addoption(f"--harness-{name}", default=None, help=text, **shown)
        parser.addini(_ini(name), text, default=default)
    group.addoption(
        "--harness-scenarios",
        metavar="GLOB",
        action="append",
        default=None,
        help="collect the scenarios in files of this name or path, each variant a test, as 'scenarios/*.py'",
    )
    parser.addini(
        "harness_scenarios", "globs of files with scenarios that are tests", type="linelist", default=[]
    )
    group.addoption(
        "--harness-allow-endpoint",
        metavar="HOST",
        action="append",
        default=[],
        help="let calls go to this address off this machine",
    )


def read_options(config: pytest.Config) -> Asked:
    """Return what was asked for; the command line wins. Raises UsageError for what cannot be."""
    said = {name: str(_said(config, name)) for name, *_ in _TEXTS}
    for name, _, _, choices, _ in _TEXTS:
        if choices and said[name] not in choices:
            raise pytest.UsageError(f"{_ini(name)} is {said[name]!r}; say {', '.join(choices)}")
    if not said["seed"].isdigit():
        raise pytest.UsageError(f"--harness-seed is {said['seed']!r}; say a whole number")
    globs = config.getoption("--harness-scenarios") or config.getini("harness_scenarios")
    return Asked(
        backend=said["backend"] or None,
        clock=_clock("clock", said["clock"]),
        backend_clock=_clock("backend-clock", said["backend-clock"]) or "wall",
        seed=int(said["seed"]),
        runs=config.rootpath / said["runs"] if said["runs"] else None,
        iam=said["iam"],
        report=said["report"],
        reset=said["reset"],
        scenarios=tuple(globs),
        allowed=tuple(config.getoption("--harness-allow-endpoint")),
    )


def _ini(name: str) -> str:
    return f"harness_{name.replace('-', '_')}"


def _said(config: pytest.Config, name: str) -> Any:
    given = config.getoption(f"--harness-{name}")
    return config.getini(_ini(name)) if given is None else given


def _clock(name: str, text: str) -> str | None:
    if not text:
        return None
    from harness.clock import ClockSpec
    from harness.errors import ScenarioError

    try:
        return str(ClockSpec.parse(text))
    except ScenarioError as error:
        raise pytest.UsageError(f"--harness-{name}: {error}") from error
