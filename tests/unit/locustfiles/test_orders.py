"""What a worker on another host is told: the plan as it is here, at its own gateway and on its own clock."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.load_plan import AccessKey, LoadPlan
from harness.scenario.workload import Constant, OpenModel, Payload
from locustfiles.orders import Ahead, Orders, packed
from locustfiles.schedule import Share, share_of


class Named:
    """An endpoint, or a role, that has nothing but its name."""

    name = "caller"


MODEL = OpenModel(
    Named(), Constant(40, 2), as_role=Named(), payload=Payload("rows", [b"\x00\xff", "2"]), name="calls"
)
KEYS = {"caller": AccessKey("ASIA", "secret", "token")}
PLAN = LoadPlan("http://127.0.0.1:4566", (MODEL,), Path("there"), clock_zero=100.0, seed=5, role_keys=KEYS)
ORDERS = Orders(Share(1, 3), packed(PLAN), told=True)


def test_orders_arrive_as_they_were_given() -> None:
    """What goes over the wire is plain values, and comes back as it was."""
    assert Orders.from_message(ORDERS.to_message()) == ORDERS


def test_the_plan_arrives_whole() -> None:
    """Keys, bodies that are no text, and each request of the schedule with its moment."""
    plan = ORDERS.plan(None, (), 0.0)
    assert (plan.gateway_url, plan.clock_zero, plan.role_keys) == (PLAN.gateway_url, 100.0, KEYS)
    assert plan.models[0].payload == MODEL.payload
    shares = [list(share_of(plan, Share(index, 3))) for index in range(3)]
    assert sorted(due for share in shares for due in share) == list(share_of(PLAN, Share()))


def test_a_worker_has_its_own_way_to_the_gateway_and_its_own_clock() -> None:
    """Its address wins; on a clock 7 s ahead the same moment has a number larger by 7."""
    plan = ORDERS.plan("http://10.0.0.1:4566", ("10.0.0.1",), 7.0)
    assert (plan.gateway_url, plan.clock_zero) == ("http://10.0.0.1:4566", 107.0)


def test_a_gateway_elsewhere_must_be_allowed() -> None:
    """Nothing leaves the machine because a master says so."""
    with pytest.raises(ScenarioError, match=r"--allow-endpoint 10\.0\.0\.1"):
        ORDERS.plan("http://10.0.0.1:4566", (), 0.0)


def test_a_file_from_the_master_stays_in_its_folder(tmp_path: Path) -> None:
    """A name that leads out of it is cut to its last part."""
    files = {str(tmp_path / "outside.json"): "{}", **ORDERS.files}
    assert Orders(Share(), files, told=True).plan(None, (), 0.0).seed == PLAN.seed
    assert not list(tmp_path.iterdir())


@given(
    difference=st.one_of(st.just(0.0), st.floats(-1e6, 1e6)),
    trips=st.lists(st.tuples(st.floats(1e-5, 0.2), st.floats(1e-5, 0.2)), min_size=1, max_size=30),
)
def test_the_clocks_differ_by_what_is_said_within_half_a_round_trip(
    difference: float, trips: list[tuple[float, float]]
) -> None:
    """However slow each way is; and clocks that may be the same are taken for the same."""
    ahead = Ahead()
    for there, back in trips:
        asked = 1_000.0 + difference
        ahead.heard(asked, 1_000.0 + there, asked + there + back)
    sure = min(there + back for there, back in trips) / 2
    assert abs(ahead.seconds - difference) <= sure * (2 if ahead.seconds == 0.0 else 1) + 1e-6
    if difference == 0.0:
        assert ahead.seconds == 0.0
