"""Arrivals and schedules: exact, seeded, in order, and the same after a journey through JSON."""

import json
import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lone_handlers import echo

from harness.errors import ScenarioError
from harness.scenario import Alias, Function, HttpApi, Role
from harness.scenario.messaging import Queue, Topic
from harness.scenario.rates import Calls, Constant, Idle, Ramp, Rate, Stages
from harness.scenario.workload import OpenModel, Payload, arrivals, from_json, schedule, to_json


@dataclass(frozen=True)
class Thing:
    """An endpoint or role that has nothing but its name."""

    name: str


RANKER = Thing("ranker")
spans = st.floats(0.5, 50)
ramps = st.builds(Ramp, st.floats(0, 10), st.floats(0, 10), spans)
rates = st.lists(st.one_of(ramps, st.builds(Idle, spans)), min_size=1, max_size=4).map(Stages)


def model(rate: Rate, **fields: object) -> OpenModel:
    return OpenModel(RANKER, rate, **fields)  # type: ignore[arg-type]


def test_calls_are_exact() -> None:
    """1,050 calls over 900 s are 1,050, equally spaced, 70 in each minute."""
    dues = list(arrivals(model(Calls(1_050, over_s=900), arrivals="uniform"), 1))
    assert len(dues) == 1_050
    assert [sum(60 * minute <= due < 60 * minute + 60 for due in dues) for minute in range(15)] == [70] * 15


@given(st.integers(1, 1_500), st.floats(0.1, 100_000))
def test_any_count_of_calls_is_exact(count: int, over_s: float) -> None:
    """No rounding adds or loses a call."""
    assert sum(1 for _ in arrivals(model(Calls(count, over_s), arrivals="uniform"), 0)) == count


@given(rates, st.sampled_from(["poisson", "uniform"]), st.integers())
def test_arrivals_are_in_order_and_within_the_load(rate: Stages, kind: str, seed: int) -> None:
    """Every due time lies within the load and none before the one before it."""
    dues = list(arrivals(model(rate, arrivals=kind), seed))
    assert all(0 <= due <= rate.duration_s * (1 + 1e-9) for due in dues)
    assert all(early <= late for early, late in pairwise(dues))


@given(rates)
def test_uniform_arrivals_follow_the_integral(rate: Stages) -> None:
    """There are as many uniform arrivals as the integral says, to the nearest whole."""
    count = sum(1 for _ in arrivals(model(rate, arrivals="uniform"), 0))
    assert abs(count - rate.integral(rate.duration_s)) <= 0.5 + 1e-6


def test_poisson_arrivals_have_the_rate_of_a_ramp() -> None:
    """Over 200 seeds the mean count is within four standard errors of the integral, in each half."""
    ramp = Ramp(1, 9, 20)
    counts = [[due < 10 for due in arrivals(model(ramp), seed)] for seed in range(200)]
    for half, expected in ((True, ramp.integral(10)), (False, ramp.integral(20) - ramp.integral(10))):
        mean = statistics.fmean(dues.count(half) for dues in counts)
        assert abs(mean - expected) < 4 * math.sqrt(expected / 200)


def test_poisson_gaps_are_exponential() -> None:
    """At a constant rate the gaps' standard deviation equals their mean."""
    dues = list(arrivals(model(Constant(100, 100)), 3))
    gaps = [late - early for early, late in pairwise(dues)]
    assert statistics.fmean(gaps) == pytest.approx(0.01, rel=0.05)
    assert statistics.stdev(gaps) == pytest.approx(statistics.fmean(gaps), rel=0.05)


def test_the_same_seed_gives_the_same_arrivals() -> None:
    """A seed fixes the arrivals; another seed or another name gives others."""
    one, named = model(Constant(5, 60)), model(Constant(5, 60), name="other")
    assert list(arrivals(one, 7)) == list(arrivals(one, 7))
    assert list(arrivals(one, 7)) != list(arrivals(one, 8))
    assert list(arrivals(one, 7)) != list(arrivals(named, 7))


def test_idle_stages_stay_empty() -> None:
    """Nothing is due while the rate is 0, and the traffic goes on afterwards."""
    rate = Stages([Constant(20, 10), Idle(100), Constant(20, 10)])
    dues = list(arrivals(model(rate), 1))
    assert not [due for due in dues if 10 < due < 110]
    assert dues[-1] > 110


def test_over_s_cuts_the_rate_off() -> None:
    """A model may last shorter than its rate; what it sends until then stays the same."""
    ramp = Ramp(0, 10, 100)
    cut = model(ramp, over_s=40)
    assert cut.duration_s == 40
    assert list(arrivals(cut, 1)) == [due for due in arrivals(model(ramp), 1) if due <= 40]


def test_over_s_drops_stages_that_never_come() -> None:
    """Stages after the model's end leave no piece behind."""
    cut = model(Stages([Constant(1, 10), Constant(2, 10)]), over_s=10)
    assert len(cut.pieces) == 1


def test_over_s_gives_an_endless_rate_its_length() -> None:
    """A rate without an end takes the model's."""
    assert len(list(arrivals(model(Constant(2), over_s=30, arrivals="uniform"), 0))) == 60


def test_a_schedule_merges_its_models() -> None:
    """Requests of all models come in the order they are due, numbered through and in each model."""
    fast = model(Calls(6, 6), arrivals="uniform", name="fast")
    slow = model(Calls(2, 6), arrivals="uniform", name="slow")
    dues = list(schedule([fast, slow], 0))
    assert [due.number for due in dues] == list(range(8))
    assert [due.at for due in dues] == sorted(due.at for due in dues)
    assert [due.nth for due in dues if due.model == 1] == [0, 1]
    assert [due.nth for due in dues if due.model == 0] == list(range(6))


def test_a_round_robin_payload_takes_turns() -> None:
    """Request n takes body n modulo the pool's size."""
    pool = Payload("rows", ("a", b"b", "c"))
    assert [pool.bodies[pool.choose(nth, 0)] for nth in range(4)] == [b"a", b"b", b"c", b"a"]


def test_a_seeded_payload_takes_all_bodies() -> None:
    """A seeded pool draws each body about equally often, and the same again for the same seed."""
    pool = Payload("rows", tuple("abcd"), pick="seeded")
    drawn = [pool.choose(nth, 5) for nth in range(4_000)]
    assert drawn == [pool.choose(nth, 5) for nth in range(4_000)]
    assert all(900 < drawn.count(index) < 1_100 for index in range(4))


def test_a_numbered_payload_tells_its_bodies_apart() -> None:
    """The number stands where the body has room for it; in any other payload it is plain text."""
    bodies = ('{"id": "{{number}}"}', "{{number}}/{{number}}", "poison")
    numbered = Payload("p", bodies, numbered=True)
    assert [numbered.body(n, 1) for n in (3, 4, 5)] == [b'{"id": "3"}', b"4/4", b"poison"]
    assert Payload("p", bodies).body(1, 1) == b"{{number}}/{{number}}"


@pytest.mark.parametrize(
    ("target", "kind", "aws_name"),
    [(RANKER, "endpoint", "ranker"), (Topic("t", fifo=True), "topic", "t.fifo"), (Queue("q"), "queue", "q")],
)
def test_a_model_knows_what_it_sends_to(target: Any, kind: str, aws_name: str) -> None:
    """Also after the journey through JSON."""
    sent = OpenModel(target, Constant(1, 1), payload=Payload("p", ["x"], attributes={"a": "b"}, groups=2))
    got = from_json(json.loads(json.dumps(to_json(sent))), sent.payload)
    assert [(one.target, one.aws_name) for one in (sent, got)] == [(kind, aws_name)] * 2


def test_only_boto3_sends_messages() -> None:
    """The lean client speaks InvokeEndpoint alone."""
    with pytest.raises(ScenarioError, match="only boto3 sends messages"):
        OpenModel(Topic("t"), Constant(1, 1), client="lean")


def test_a_function_is_called_by_its_name_and_an_api_by_its_route() -> None:
    """Both ways of invoking, with either client; it is the same load when it was written and read."""
    score = Function("score", echo, Role("runs"), aliases=(Alias("live"),))
    for target, kind, name, route in (
        (score, "function", "score", ""),
        (score.alias("live"), "function", "score:live", ""),
        (HttpApi("api", score, "PUT /x"), "api", "api", "PUT /x"),
    ):
        invocation: Any = "Event" if kind == "function" else "RequestResponse"
        sent = OpenModel(target, Constant(1, 1), client="lean", invocation=invocation)
        got = from_json(json.loads(json.dumps(to_json(sent))), sent.payload)
        for one in (sent, got):
            found = (one.target, one.aws_name, one.route, one.invocation)
            assert found == (kind, name, route, invocation)


def test_only_functions_are_invoked_by_event() -> None:
    """Everything else has but one way."""
    with pytest.raises(ScenarioError, match="only a function is invoked by 'Event'"):
        OpenModel(RANKER, Constant(1, 1), invocation="Event")
    with pytest.raises(ScenarioError, match="invocation"):
        OpenModel(RANKER, Constant(1, 1), invocation="Later")  # type: ignore[arg-type]


def test_a_payload_does_not_show_its_bodies() -> None:
    """Messages that name a payload do not print megabytes of rows."""
    assert "secret" not in repr(Payload("rows", ["secret"]))


@given(rates, st.sampled_from(["poisson", "uniform"]), st.sampled_from([None, Thing("caller")]))
def test_json_keeps_the_arrivals(rate: Stages, kind: str, role: Thing | None) -> None:
    """A model read back from JSON is due at the same moments, to the last bit."""
    sent = model(rate, arrivals=kind, as_role=role, client="lean", max_in_flight=7)
    back = from_json(json.loads(json.dumps(to_json(sent))), sent.payload)
    assert list(arrivals(back, 1)) == list(arrivals(sent, 1))
    assert (back.label, back.client, back.role_name, back.max_in_flight) == (
        sent.label, "lean", sent.role_name, 7
    )  # fmt: skip


@pytest.mark.parametrize(
    "damage", [{"pieces": None}, {"pieces": [[1]]}, {"max_in_flight": "x"}, {"pieces": [["a", 1, 1]]}]
)
def test_damaged_json_is_refused(damage: dict[str, object]) -> None:
    """What is not a workload raises a ScenarioError, whichever way it is broken."""
    good = to_json(model(Constant(1, 1)))
    with pytest.raises(ScenarioError, match="not readable"):
        from_json(good | damage, Payload("p", ("1",)))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"client": "curl"}, "client"),
        ({"arrivals": "bursty"}, "arrivals"),
        ({"over_s": 0}, "over_s"),
        ({"over_s": 61}, r"over_s \(61\) is longer than its rate \(60\)"),
        ({"max_in_flight": 0}, "max_in_flight"),
        ({"rate": Constant(1)}, "over_s is missing"),
        ({"rate": Calls(1, 1)}, "uniform"),
        ({"rate": Stages([Idle(1), Calls(1, 1)])}, "uniform"),
        ({"endpoint": Thing("")}, "no name"),
    ],
)
def test_what_cannot_work_is_refused_when_built(fields: dict[str, object], says: str) -> None:
    """The message names the field."""
    with pytest.raises(ScenarioError, match=says):
        OpenModel(**{"endpoint": RANKER, "rate": Constant(1, 60)} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "name"),
        ({"bodies": ()}, "bodies"),
        ({"pick": "random"}, "pick"),
        ({"groups": 0}, "groups is 0"),
    ],
)
def test_a_payload_that_cannot_work_is_refused(fields: dict[str, object], says: str) -> None:
    """An empty pool, or one without a name, is refused."""
    with pytest.raises(ScenarioError, match=says):
        Payload(**{"name": "rows", "bodies": ("1",)} | fields)  # type: ignore[arg-type]
