"""Names that lead elsewhere: of scenarios and what is in them, of roles, of runs."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.commands.entry import main
from harness.errors import ScenarioError
from harness.run.results import write_policies
from harness.scenario import Bucket, Endpoint, Function, Model, Program, Queue, Role, Scenario, Table, Topic
from harness.store.row import JOURNAL

CLIMBS = [
    "../x",
    "..",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "a\0b",
    "x\n",
    "",
    ".",
    "a b",
    "$(id)",
    "`id`",
    "a;b",
    "\x1b[2J",
]


def _function(name: str) -> Function:
    return Function(name, SimpleNamespace, Role("r", "lambda.amazonaws.com"))  # type: ignore[arg-type]


def _program(name: str) -> Program:
    return Program(name, lambda _context: None)


def _model(name: str) -> Model:
    return Model(name, build=lambda _context: b"", role=Role("r"))


def _endpoint(name: str) -> Endpoint:
    return Endpoint(name, _model("m"), service_time_s=1.0)


def _scenario(name: str) -> Scenario:
    return Scenario(name=name, description="", resources=[], workload=[], expectations=[])


MAKERS = (_scenario, _program, _model, _endpoint, _function, Role, Queue, Topic, Bucket, Table)
# IAM takes these two, and wherever they are a file's they are followed by .json.
TAKEN = ((Role, "."), (Role, ".."))


@pytest.mark.parametrize(("make", "name"), [one for one in product(MAKERS, CLIMBS) if one not in TAKEN])
def test_no_declared_thing_is_called_by_a_path(make: Callable[[str], object], name: str) -> None:
    """Names become files, folders, addresses and command lines: what AWS would not take is refused."""
    with pytest.raises(ScenarioError):
        make(name)


@pytest.mark.parametrize("role", ["../outside", "a/b", "/tmp/x", "..", "a\0b"])
def test_a_policy_is_written_where_policies_are(tmp_path: Path, role: str) -> None:
    """Roles may have been made by a client, which an emulator let call them anything."""
    run = tmp_path / "run"
    run.mkdir()
    write_policies(run, [(role, "{}")])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in files] == [run / "policy"]
    assert [path.suffix for path in files] == [".json"]


@pytest.mark.parametrize("scenario", ["..", "../elsewhere", "a/../../elsewhere", "{here}/elsewhere"])
@pytest.mark.parametrize("more", [[], ["--prune", "--keep", "1"]])
def test_runs_elsewhere_are_neither_listed_nor_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scenario: str, more: list[str]
) -> None:
    """`harness runs NAME` is about what is below the folder of runs."""
    (tmp_path / "runs").mkdir()
    for number in range(3):
        run = tmp_path / "elsewhere" / str(number)
        run.mkdir(parents=True)
        (run / JOURNAL).write_bytes(b"")
    name = scenario.replace("{here}", str(tmp_path))
    assert main(["runs", name, "--runs", str(tmp_path / "runs"), "--json", *more]) == 2
    assert "No run of" in json.loads(capsys.readouterr().out)["error"]
    assert len(list((tmp_path / "elsewhere").iterdir())) == 3
