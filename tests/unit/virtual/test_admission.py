"""Invocations in bulk: the compiled loop decides as the account does one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, LogNormal, Uniform
from harness.errors import ScenarioError
from harness.functions.allocation import ProvisionedChanged
from harness.functions.concurrency import Account
from harness.functions.settings import FunctionSettings, Reuse
from harness.virtual.admission import Change, play_calls
from harness.virtual.calls import Calls, Fate, Fates
from harness.virtual.driver import Engine

# Compiled once, in one worker.
pytestmark = pytest.mark.xdist_group("compiled")

TARGETS = (("f", ""), ("f", "live"), ("f", "1"), ("g", ""), ("g", "2"))
BOTH = (Engine.REFERENCE, Engine.EXACT)


def account(settings: FunctionSettings, reserved: int | None, provisioned: tuple[int, int, int]) -> Account:
    """Return f with an alias live and g; concurrency provisioned on live, on a version of g, and unused."""
    made = Account(settings, seed=3)
    for name in ("f", "g", "h"):
        made.put_function(name, 0.0)
        made.point_alias(name, "live", "1", 0.0)
    made.set_reserved("f", reserved, 0.0)
    for target, count in zip((("f", "live"), ("g", "2"), ("h", "live")), provisioned, strict=True):
        if count:
            made.set_provisioned(*target, count, 0.0)
    return made


def same(one: Fates, other: Fates) -> None:
    """Every array of both is the same, floats to the last bit."""
    for name in Fates.__dataclass_fields__:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


SETTINGS = st.builds(
    FunctionSettings,
    account_concurrency=st.just(112),
    allocation_time=st.sampled_from((Constant(0.5), Constant(5.0))),
    init_time=st.sampled_from((Constant(0.0), Constant(0.4), LogNormal(0.2, 0.9))),
    idle_lifetime=st.sampled_from((Constant(600.0), Uniform(0.5, 5.0))),
    environment_reuse=st.sampled_from(Reuse),
)
CALLS = st.lists(
    st.tuples(
        st.sampled_from((0.0, 0.0, 0.001, 0.05, 0.3, 2.0)),
        st.integers(0, len(TARGETS) - 1),
        st.sampled_from((0.001, 0.05, 0.5, 3.0, 30.0)),
        st.booleans(),
    ),
    max_size=120,
)
CHANGES = st.lists(
    st.tuples(st.sampled_from((0.2, 1.0, 4.0, 9.0)), st.sampled_from((None, 0, 3, 12)), st.integers(1, 6)),
    max_size=3,
)


@given(
    SETTINGS,
    st.sampled_from((None, 0, 4, 12)),
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    CALLS,
    CHANGES,
    st.booleans(),
)
def test_the_compiled_loop_decides_as_the_account(
    settings: FunctionSettings,
    reserved: int | None,
    provisioned: tuple[int, int, int],
    calls: list[tuple[float, int, float, bool]],
    changes: list[tuple[float, int | None, int]],
    in_turn: bool,
) -> None:
    """Whatever arrives and changes: the same fates, cold starts and concurrency, invocation by invocation."""
    at = np.cumsum([gap for gap, *_ in calls])
    given_calls = Calls(
        TARGETS,
        at,
        np.array([span for _, _, span, _ in calls]),
        target=np.array([which for _, which, *_ in calls], np.int32),
        dies=np.array([dies for *_, dies in calls], np.bool_),
        in_turn=in_turn,
    )
    what: list[Change] = []
    for moment, count, environments in changes:
        what.append((moment, lambda one, now, count=count: one.set_reserved("f", count, now)))
        if provisioned[1]:
            what.append((moment, lambda one, now, n=environments: one.set_provisioned("g", "2", n, now)))
    played = [
        play_calls(account(settings, reserved, provisioned), given_calls, engine=engine, changes=what)
        for engine in BOTH
    ]
    same(*played)


@pytest.mark.parametrize("engine", BOTH)
def test_more_cold_starts_than_were_drawn_at_first(engine: Engine) -> None:
    """A thousand at once, each with an environment of its own, and then no more for a moment."""
    some = Account(FunctionSettings(account_concurrency=5_000), seed=1)
    some.put_function("f", 0.0)
    fates = play_calls(some, Calls([("f", "")], np.full(1_200, 5.0), np.full(1_200, 50.0)), engine=engine)
    assert np.bincount(fates.fate).tolist() == [0, 1_000, 0, 200]


@pytest.mark.parametrize("engine", BOTH)
def test_the_rate_of_short_invocations(engine: Engine) -> None:
    """Reserved 2: 20 a second, though hardly two run at once."""
    at = np.arange(40) / 40.0
    some = account(FunctionSettings(init_time=Constant(0.0)), 2, (0, 0, 0))
    fates = play_calls(some, Calls([("f", "")], at, np.full(40, 0.001)), engine=engine)
    assert np.bincount(fates.fate, minlength=7).tolist() == [19, 1, 0, 0, 0, 0, 20]
    some = account(FunctionSettings(init_time=Constant(0.0), account_concurrency=100), None, (0, 0, 0))
    at = np.arange(1_100) / 2_000.0
    fates = play_calls(some, Calls([("g", "")], at, np.full(1_100, 1e-4)), engine=engine)
    assert np.bincount(fates.fate, minlength=7)[Fate.RATE] == 100


@pytest.mark.parametrize("engine", BOTH)
def test_nothing_arrives_after_the_end(engine: Engine) -> None:
    """What comes later is not counted, changes of then do not happen, and events are told in between."""
    told: list[object] = []
    some = account(FunctionSettings(allocation_time=Constant(2.0)), None, (1, 0, 0))
    calls = Calls([("f", "live")], np.array([0.0, 3.0, 9.0]), np.full(3, 5.0))
    late: list[Change] = [(8.0, lambda one, now: one.set_reserved("f", 0, now))]
    fates = play_calls(some, calls, until_s=5.0, engine=engine, tell=told.append, changes=late)
    assert fates.fate.tolist() == [Fate.COLD, Fate.PROVISIONED, Fate.WARM]
    assert fates.of_function.tolist() == [1, 2, 0]
    assert [each.allocated for each in told if isinstance(each, ProvisionedChanged)] == [0, 1]


def test_few_are_played_one_by_one_and_many_compiled() -> None:
    """The account counts those that it plays itself."""
    for count, counted in ((10, True), (20_000, False)):
        some = account(FunctionSettings(), None, (0, 0, 0))
        play_calls(some, Calls([("g", "")], np.arange(count) * 1.0, np.full(count, 0.1)))
        assert bool(some.metrics.of("g")) is counted


def test_when_each_one_ends() -> None:
    """After Init and its duration; one that was throttled ends as it comes."""
    some = account(FunctionSettings(init_time=Constant(0.5)), 1, (0, 0, 0))
    calls = Calls([("f", "")], np.array([0.0, 1.0, 4.0]), np.full(3, 2.0))
    fates = play_calls(some, calls)
    assert fates.runs.tolist() == [True, False, True]
    assert fates.ends(calls).tolist() == [2.5, 1.0, 6.0]


@pytest.mark.parametrize(
    ("at", "spans", "which", "words"),
    [
        ([0.0, 1.0], [1.0], [0, 0], "differ in number"),
        ([1.0, 0.5], [1.0, 1.0], [0, 0], "ascending"),
        ([-1.0, 0.5], [1.0, 1.0], [0, 0], "ascending"),
        ([0.0, math.inf], [1.0, 1.0], [0, 0], "finite"),
        ([0.0, 1.0], [1.0, 0.0], [0, 0], "more than 0 seconds"),
        ([0.0, 1.0], [1.0, 1.0], [0, 1], "none of targets"),
    ],
)
def test_calls_that_cannot_be(at: list[float], spans: list[float], which: list[int], words: str) -> None:
    """Arrays that do not fit together, or hold what no invocation can have."""
    with pytest.raises(ScenarioError, match=words):
        Calls([("f", "")], np.array(at), np.array(spans), target=np.array(which, np.int32))


@pytest.mark.parametrize("engine", BOTH)
def test_spans_are_taken_in_turn(engine: Engine) -> None:
    """The second call is throttled; the third takes the span, and the end, of the second."""
    some = account(FunctionSettings(init_time=Constant(0.0)), 1, (0, 0, 0))
    spans, dies = np.array([2.0, 5.0, 7.0]), np.array([False, True, False])
    calls = Calls([("f", "")], np.array([0.0, 1.0, 4.0]), spans, dies=dies, in_turn=True)
    fates = play_calls(some, calls, engine=engine)
    assert fates.ends(calls).tolist() == [2.0, 1.0, 9.0]
    assert fates.deaths(calls).tolist() == [False, False, True]


def test_no_calls_are_fine() -> None:
    """Nothing happens."""
    some = account(FunctionSettings(), None, (0, 0, 0))
    assert len(play_calls(some, Calls([("f", "")], np.empty(0), np.empty(0))).fate) == 0


def test_an_alias_with_weights_is_not_for_this() -> None:
    """Which version runs is drawn as each one comes."""
    some = account(FunctionSettings(), None, (0, 0, 0))
    some.point_alias("f", "live", "1", 0.0, {"2": 0.5})
    with pytest.raises(ScenarioError, match="has weights"):
        play_calls(some, Calls([("f", "live")], np.empty(0), np.empty(0)))
