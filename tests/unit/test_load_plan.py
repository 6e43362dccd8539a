"""The plan of a load: what it refuses, and that the clients read what the harness wrote."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.load_plan import AccessKey, LoadPlan, read_plan, write_plan
from harness.scenario.workload import Constant, OpenModel, Payload, Ramp, schedule


@dataclass(frozen=True)
class Thing:
    """An endpoint or role that has nothing but its name."""

    name: str


ROWS = Payload(
    "rows",
    (b"\x00\xff", "1,2"),
    "application/octet-stream",
    accept="text/csv",
    pick="seeded",
    numbered=True,
    attributes={"kind": "row"},
    groups=3,
)
LIVE = OpenModel(Thing("live"), Ramp(1, 9, 30), payload=ROWS, as_role=Thing("caller"), client="lean")
BATCH = OpenModel(Thing("batch"), Constant(2, 60), payload=ROWS)


def plan(directory: Path, **fields: object) -> LoadPlan:
    given = {
        "gateway_url": "http://127.0.0.1:4566",
        "models": (LIVE, BATCH),
        "results_dir": directory,
        "clock_zero": 12.5,
        "seed": "s",
        "speed": 60.0,
        "role_keys": {"caller": AccessKey("AKIACALLER", "secret")},
    }
    return LoadPlan(**given | fields)  # type: ignore[arg-type]


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    """The clients get the same schedule, the same bodies and the same keys."""
    sent = plan(tmp_path, start_at=90.0, drain_real_s=2.0)
    got = read_plan(write_plan(sent))
    assert list(schedule(got.models, got.seed)) == list(schedule(sent.models, sent.seed))
    assert [one.payload for one in got.models] == [ROWS, ROWS]
    assert [got.key_of(one) for one in got.models] == [AccessKey("AKIACALLER", "secret"), AccessKey()]
    assert replace(got, models=sent.models) == sent


def test_a_shared_payload_is_written_once(tmp_path: Path) -> None:
    """Two models of one pool do not double its megabytes."""
    write_plan(plan(tmp_path))
    assert [path.name for path in tmp_path.glob("payload-*")] == ["payload-0.json"]


def test_a_load_lasts_as_long_as_its_longest_model(tmp_path: Path) -> None:
    """Models run side by side."""
    assert plan(tmp_path).duration_s == 60


def test_the_drain_is_never_shorter_than_real_sockets_need(tmp_path: Path) -> None:
    """At 60 model seconds a second 60 model seconds pass in one: the real limit holds then."""
    assert (plan(tmp_path).drain_s, plan(tmp_path, speed=1.0).drain_s) == (5.0, 60.0)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"models": ()}, "no workload"),
        ({"models": (BATCH, BATCH)}, "two models are called 'batch'"),
        ({"models": (LIVE, replace(BATCH, payload=Payload("rows", ("1",))))}, "different payloads"),
        ({"role_keys": {}}, "as_role 'caller'"),
        ({"speed": 0.0}, "speed"),
        ({"lag_limit_s": float("nan")}, "lag_limit_s"),
        ({"gateway_url": "http://198.51.100.7:80"}, "not on this machine"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(tmp_path: Path, fields: dict[str, object], says: str) -> None:
    """The message names what is wrong before anything is started."""
    with pytest.raises(ScenarioError, match=says):
        plan(tmp_path, **fields)


def test_a_remote_gateway_must_be_allowed_by_name(tmp_path: Path) -> None:
    """What the user has allowed is allowed in the client processes too."""
    remote = plan(tmp_path, gateway_url="http://198.51.100.7:80", allowed_endpoints=("198.51.100.7",))
    assert read_plan(write_plan(remote)).gateway_url == "http://198.51.100.7:80"


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"models": [{"payload": "gone.json"}]}'])
def test_a_damaged_plan_is_refused(tmp_path: Path, damage: str) -> None:
    """A plan that cannot be read is one sentence, no traceback."""
    (tmp_path / "plan.json").write_text(damage)
    with pytest.raises(ScenarioError, match=r"plan\.json cannot be read"):
        read_plan(tmp_path / "plan.json")


def test_a_damaged_body_is_refused(tmp_path: Path) -> None:
    """A pool whose bodies are no base64 is not sent as something else."""
    path = write_plan(plan(tmp_path))
    pool = json.loads((tmp_path / "payload-0.json").read_text())
    (tmp_path / "payload-0.json").write_text(json.dumps(pool | {"bodies": ["*"]}))
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_plan(path)
