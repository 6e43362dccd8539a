"""What a run makes of a scenario's functions: their spans, who is fed, whether the load proves anything."""

from typing import Any

from lone_functions import nothing_at_all

from harness.endpoint.distributions import Constant as Always
from harness.journal import FunctionInvoked, TimerFired
from harness.run.function_phase import called_by_load, modelled, readers_by_event_source, why_stretched
from harness.run.functions_shown import functions_shown
from harness.scenario import (
    Alias,
    Bucket,
    Constant,
    EventSource,
    Function,
    HttpApi,
    Notification,
    OpenModel,
    Queue,
    Role,
    Rule,
    Scenario,
    Timer,
    result,
)

RUNS = Role("runs", service="lambda.amazonaws.com")
JOBS = Queue("jobs")
SCORE = Function("score", nothing_at_all, RUNS, duration=0.5, init_time=1.0, aliases=(Alias("live"),))
FREE = Function("free", nothing_at_all, RUNS, dead_letter=JOBS)
API = HttpApi("api", FREE)


def scenario(**given: Any) -> Scenario:
    asked = [result("p", "k").at_least(0)]
    return Scenario(
        **{"name": "s", "description": "d", "resources": [SCORE, FREE], "expectations": asked} | given
    )


def ran(function: str, busy_s: float, outcome: str = "ok", *, cold: bool = False) -> FunctionInvoked:
    return FunctionInvoked(
        at=10.0 + busy_s,
        due_at=10.0,
        began_at=10.0,
        function=function,
        qualifier="",
        version="1",
        request="r",
        source="synchronous",
        trigger="",
        environment="e",
        cold=cold,
        provisioned=False,
        init_s=0.0,
        duration_s=0.5,
        overhead_s=0.0,
        outcome=outcome,
    )


def test_the_stage_is_told_the_spans_that_are_given() -> None:
    """Of a function without any it measures them."""
    found = modelled(scenario())
    assert (dict(found.duration), dict(found.init_time)) == ({"score": Always(0.5)}, {"score": Always(1.0)})


def test_the_functions_that_the_load_calls_are_known() -> None:
    """By an alias, through an API; each once."""
    load = [
        OpenModel(SCORE, Constant(1, 1), name="a"),
        OpenModel(SCORE.alias("live"), Constant(1, 1), name="b"),
        OpenModel(API, Constant(1, 1)),
        OpenModel(JOBS, Constant(1, 1)),
    ]
    assert called_by_load(scenario(resources=[SCORE, JOBS], workload=load)) == [SCORE, FREE]


def test_the_functions_that_are_fed_are_known() -> None:
    """By the name of the queue."""
    sources = [EventSource(JOBS, SCORE.alias("live")), EventSource(Queue("orders", fifo=True), FREE)]
    assert readers_by_event_source(scenario(resources=sources)) == {
        "jobs": ["score"],
        "orders.fifo": ["free"],
    }


def test_environments_that_were_busy_too_long_prove_nothing() -> None:
    """Where the scenario says how long the function takes; failures and cold starts take what they take."""
    assert (
        why_stretched([SCORE, FREE], [ran("score", 0.6), ran("free", 9.0), ran("score", 9.0, "crash")]) == []
    )
    assert why_stretched([SCORE], [ran("score", 9.0, cold=True)]) == []
    (why,) = why_stretched([SCORE], [ran("score", 0.5), ran("score", 1.0), TimerFired(1.0, 1.0, "t", 1)])
    assert why.startswith("The environments of function 'score' were busy 1.50 times as long")


def test_all_of_it_is_shown() -> None:
    """As plain values, for the report; a kind that there is none of is left out."""
    assert functions_shown(scenario(resources=[JOBS])) == {}
    shown = functions_shown(
        scenario(
            resources=[
                SCORE,
                EventSource(JOBS, SCORE, filters=({"body": ["x"]},)),
                EventSource(JOBS, FREE),
                Timer("tick", "rate(1 minute)", (SCORE, Queue("late", fifo=True))),
                Rule("made", {"source": ["aws.s3"]}, (FREE,)),
                Notification(Bucket("images"), FREE, prefix="in/"),
                API,
            ]
        )
    )
    assert [one["name"] for one in shown["functions"]] == ["score", "free"]
    assert shown["functions"][0]["duration"] == "Constant(seconds=0.5)"
    assert shown["functions"][1]["dead_letter"] == "jobs"
    assert shown["event_sources"][0]["filters"] == [{"body": ["x"]}]
    assert shown["rules"][0]["targets"] == ["score", "late.fifo"]
    assert shown["rules"][1]["pattern"] == {"source": ["aws.s3"]}
    assert shown["notifications"] == [
        {"bucket": "images", "to": "free", "events": ["s3:ObjectCreated:*"], "prefix": "in/"}
    ]
    assert shown["http_apis"] == [{"name": "api", "route": "POST /predict", "function": "free"}]
