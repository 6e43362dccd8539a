"""Which activity of another run stands for which, and what range comes of it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.scaling.activities import ActivityStatus, NotScaledReason, ScalingActivity
from harness.whatif.ranges import Step, like_of, ranges, steps_of

RESOURCE = "endpoint/ranker/variant/AllTraffic"


def steps(*rows: tuple[float, int, int]) -> list[Step]:
    """Return steps of (moment, before, after), each over a minute later."""
    return [Step(f"a{i}", at, before, after, at + 60.0) for i, (at, before, after) in enumerate(rows)]


def activity(status: ActivityStatus, **changes: object) -> ScalingActivity:
    """Return an activity from 1 to 3 that began at 100 and ended at 340."""
    given_fields = {
        "activity_id": "a",
        "resource_id": RESOURCE,
        "description": "",
        "cause": "",
        "status": status,
        "status_message": "",
        "started_at": 100.0,
        "ended_at": 340.0,
        "from_capacity": 1,
        "to_capacity": 3,
        "sentence": "",
    }
    return ScalingActivity(**{**given_fields, **changes})  # type: ignore[arg-type]


def test_growth_at_once_and_step_by_step_are_alike() -> None:
    """1 to 3 at once stands for 1 to 2 and for 2 to 3."""
    slowly, at_once = steps((100, 1, 2), (400, 2, 3)), steps((130, 1, 3))
    assert like_of(slowly, 0, at_once) == like_of(slowly, 1, at_once) == at_once[0]
    assert like_of(at_once, 0, slowly) == slowly[0]


def test_the_second_wave_stands_for_the_second() -> None:
    """The n-th time that a level is left stands for the n-th."""
    here = steps((100, 1, 2), (900, 2, 1), (2000, 1, 2))
    there = steps((150, 1, 3), (950, 3, 1), (2100, 1, 2))
    assert [like_of(here, i, there) for i in range(3)] == there


def test_the_first_step_down_stands_for_the_first() -> None:
    """Also where the other run had grown further: of two that may be meant, the nearer in time."""
    here = steps((100, 1, 4), (1000, 4, 3), (1400, 3, 2))
    there = steps((130, 1, 4), (200, 4, 6), (1030, 6, 5), (1430, 5, 4), (1830, 4, 3), (2230, 3, 2))
    assert like_of(here, 1, there) == there[2]
    assert like_of(here, 2, there) == there[3]


def test_what_comes_after_the_turn_is_another_growth() -> None:
    """A run that grows only in the second wave has nothing that stands for the first."""
    here = steps((100, 1, 2), (900, 2, 1), (2000, 1, 2))
    assert like_of(here, 0, steps((2100, 1, 2))) is None


def test_what_does_not_happen_everywhere_is_uncertain() -> None:
    """The range is that of the runs in which it happens, and it is marked."""
    here = {RESOURCE: steps((100, 1, 2))}
    found = ranges(here, [{RESOURCE: steps((160, 1, 4))}, {RESOURCE: []}], 999.0)[0]
    assert (found.at_low, found.at_high) == (100, 160)
    assert (found.in_service_low, found.in_service_high) == (160, 220)
    assert (found.to_low, found.to_high) == (2, 4)
    assert not found.certain


def test_what_is_over_nowhere_has_no_such_range() -> None:
    """An activity that never completes has no moment at which it is over."""
    step = Step("a", 100.0, 1, 2, None)
    found = ranges({RESOURCE: [step]}, [], 999.0)[0]
    assert found.in_service_low is None
    assert found.in_service_high is None


rows = st.tuples(st.floats(0, 1e4), st.integers(1, 6), st.integers(1, 6)).filter(lambda row: row[1] != row[2])


@given(st.lists(rows, max_size=6), st.lists(rows, max_size=6))
def test_the_nominal_moment_lies_within_its_range(
    here: list[tuple[float, int, int]], there: list[tuple[float, int, int]]
) -> None:
    """Whatever other runs do."""
    nominal, other = steps(*sorted(here)), steps(*there)
    for step, found in zip(nominal, ranges({RESOURCE: nominal}, [{RESOURCE: other}], 0.0), strict=True):
        assert found.at_low <= step.at <= found.at_high
        assert found.to_low <= step.after <= found.to_high


def test_only_what_set_a_capacity_is_a_step() -> None:
    """Not scaled and empty activities are none; one under way has no end yet."""
    kept = [activity(ActivityStatus.SUCCESSFUL), activity(ActivityStatus.IN_PROGRESS, started_at=50.0)]
    left_out = [
        activity(ActivityStatus.SUCCESSFUL, to_capacity=1),
        activity(ActivityStatus.SUCCESSFUL, not_scaled_reasons=(NotScaledReason("AlreadyAtMaxCapacity"),)),
    ]
    found = steps_of([*kept, *left_out], 10.0)
    assert [(step.at, step.done_at) for step in found] == [(40.0, None), (90.0, 330.0)]


def test_a_refused_activity_is_a_step_of_its_own() -> None:
    """It set no capacity, and a range says when it may be refused."""
    found = steps_of(
        [activity(ActivityStatus.FAILED), activity(ActivityStatus.UNFULFILLED, started_at=200.0)]
    )
    assert [(step.refused, step.done_at) for step in found] == [(True, None), (False, None)]


def refused(*moments: float) -> list[Step]:
    """Return steps from 1 to 3 that the service refused."""
    return [Step(f"r{at:g}", at, 1, 3, None, refused=True) for at in moments]


def test_what_is_refused_again_and_again_moves_together() -> None:
    """The first of a spell stands for the first; a later spell is another; it has no moment in service."""
    here, there = refused(100, 160, 220, 900), refused(130, 190, 1000, 1060)
    rows = ranges({RESOURCE: here}, [{RESOURCE: there}], 0.0)
    assert [(row.at_low, row.at_high) for row in rows] == [(100, 130), (160, 190), (220, 250), (900, 1000)]
    assert {row.in_service_high for row in rows} == {None}
    assert all(row.certain for row in rows)


def test_a_refusal_stands_for_no_change() -> None:
    """Where a change went through in the other run, the refusal is not certain."""
    row = ranges({RESOURCE: refused(100)}, [{RESOURCE: steps((120, 1, 3))}], 0.0)[0]
    assert (row.at_high, row.certain) == (100, False)


def test_what_follows_ends_no_sooner_than_what_it_follows() -> None:
    """Ranges of a growth widen until both ends are in order, though another run has no like for the last."""
    here = steps((100, 1, 2), (200, 2, 3), (300, 3, 4))
    rows = ranges({RESOURCE: here}, [{RESOURCE: steps((400, 1, 2), (500, 2, 3))}], 0.0)
    assert [row.at_high for row in rows] == [400, 500, 500]
    assert [row.in_service_high for row in rows] == [460, 560, 560]


def test_what_comes_before_begins_no_later_than_what_comes_after() -> None:
    """A run that does two steps at once says how soon the first of them may be."""
    here = steps((100, 3, 2), (900, 2, 1))
    rows = ranges({RESOURCE: here}, [{RESOURCE: steps((50, 1, 3), (90, 3, 2), (95, 2, 1))}], 0.0)
    assert [row.at_low for row in rows] == [90, 95]
    lows = [row.at_low for row in ranges({RESOURCE: steps(*TURNED)}, [{RESOURCE: steps(*OTHER)}], 0.0)]
    assert lows == sorted(lows)


TURNED = ((100, 1, 5), (1000, 5, 4), (1400, 4, 3), (1800, 3, 2))
OTHER = ((100, 1, 5), (1300, 5, 2), (1350, 2, 6), (1360, 6, 5), (1370, 5, 4), (1380, 4, 1))


@given(st.lists(rows, max_size=6), st.lists(rows, max_size=6))
def test_ranges_of_one_direction_are_in_order(
    here: list[tuple[float, int, int]], there: list[tuple[float, int, int]]
) -> None:
    """Whatever other runs do, what follows in the same direction begins and ends no sooner."""
    nominal = steps(*sorted(here))
    found = ranges({RESOURCE: nominal}, [{RESOURCE: steps(*there)}], 0.0)
    pairs = zip(pairwise(nominal), pairwise(found), strict=True)
    for (one, two), (before, after) in pairs:
        if (one.after > one.before) is (two.after > two.before):
            assert before.at_low <= after.at_low
            assert before.at_high <= after.at_high
