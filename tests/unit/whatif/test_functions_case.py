"""Functions on the virtual clock: the load's calls, their admission, and what is told of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import journal
from harness.endpoint.distributions import Constant, LogNormal
from harness.errors import RequestRefused, ScenarioError
from harness.journal import Record
from harness.scenario import (
    Alias,
    Endpoint,
    EventSource,
    Function,
    HttpApi,
    Model,
    OpenModel,
    Queue,
    Role,
    Scenario,
    cold_starts,
    error_ratio,
    events_lost,
    invocations,
    peak_concurrency,
    spillover,
    throttled,
)
from harness.scenario import Constant as Steady
from harness.summary import summarise
from harness.whatif import from_scenario, functions_case
from harness.whatif.from_scenario import assumptions_in, case_of_scenario
from harness.whatif.options import assumptions
from harness.whatif.run_virtual import played
from harness.whatif.simulate_view import lines_of

REQUEST = "TooManyRequestsException: ReservedFunctionConcurrentInvocationLimitExceeded"
Make = Callable[..., Function]


@pytest.fixture
def function(tmp_path: Path) -> Make:
    """Return how to declare a function; nothing of its code runs here."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return event\n")

    def make(name: str = "ranker", **changes: Any) -> Function:
        declared: dict[str, Any] = {
            "role": Role(name, "lambda.amazonaws.com"),
            "code": str(tmp_path),
            "duration": 0.5,
            "init_time": 0.25,
            "aliases": (Alias("live", provisioned=2), Alias("next", "$LATEST")),
            "reserved": 4,
        }
        return Function(name, "app.handler", **declared | changes)

    return make


def scenario(*load: OpenModel, **changes: Any) -> Scenario:
    called = load[0].endpoint
    values: dict[str, Any] = {
        "name": "burst",
        "description": "A burst",
        "resources": [getattr(called, "function", called)],
        "workload": load,
        "expectations": [error_ratio(called).at_most(1.0)],
    }
    return Scenario(**values | changes)


def records_of(one: Scenario, engine: str = "auto", **choices: Any) -> list[Record]:
    case, told = case_of_scenario(one, assumptions_in(one), seed=1, **choices)
    return played(case, engine, told, command="harness simulate", with_ranges=False)


def of_kind(records: list[Record], kind: type[Any]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def at_rate(called: Any, rate: float, over_s: float = 60.0, **options: Any) -> OpenModel:
    return OpenModel(called, rate=Steady(rate), over_s=over_s, arrivals="uniform", **options)


def test_calls_are_told_as_over_http(function: Make) -> None:
    """Each request of the load, and each invocation with where it ran and what it waited for."""
    ranker = function(duration=0.25)
    records = records_of(scenario(at_rate(ranker.alias("live"), 10.0)))
    ran, requests = of_kind(records, journal.FunctionInvoked), of_kind(records, journal.LoadRequest)
    assert len(ran) == len(requests) == 600
    assert {each.qualifier for each in ran} == {"live"}
    assert {each.version for each in ran} == {"1"}
    provisioned = [each for each in ran if each.provisioned]
    assert {each.environment for each in provisioned} == {"ranker:live/provisioned"}
    cold = [each for each in ran if each.cold]
    assert [each.init_s for each in cold] == [0.25] * len(cold)
    assert {each.environment for each in ran if not each.provisioned} == {each.environment for each in cold}
    assert requests[0].target == "function"
    assert (requests[0].endpoint, requests[0].queue_s, requests[0].service_s) == ("ranker:live", 0.0, 0.25)
    assert [each.at for each in ran] == sorted(each.at for each in ran)
    (declared,) = of_kind(records, journal.FunctionDeclared)
    assert (declared.function, declared.reserved, declared.handler) == ("ranker", 4, "app.handler")
    (ready,) = of_kind(records, journal.ConcurrencySet)
    assert (ready.at, ready.qualifier, ready.requested, ready.allocated) == (0.0, "live", 2, 2)


def test_throttles_and_timeouts_are_failures(function: Make) -> None:
    """429 with the reason for a caller of the function, 503 through an HTTP API."""
    ranker = function(duration=2.0, timeout_s=1, reserved=2, aliases=())
    api = HttpApi("front", ranker)
    records = records_of(scenario(at_rate(ranker, 5.0), at_rate(api, 5.0), resources=[ranker]))
    requests = of_kind(records, journal.LoadRequest)
    seen = {(each.target, each.status, each.error) for each in requests}
    assert seen == {
        ("function", 200, "FunctionError: Sandbox.Timedout"),
        ("function", 429, REQUEST),
        ("api", 503, "ServiceUnavailable"),
    }
    assert {each.outcome for each in requests} == {"failed"}
    ran, stopped = of_kind(records, journal.FunctionInvoked), of_kind(records, journal.FunctionThrottled)
    assert len(ran) + len(stopped) == len(requests)
    assert {(each.outcome, each.duration_s) for each in ran} == {("timeout", 1.0)}
    assert ran[0].error == "Sandbox.Timedout: Task timed out after 1.00 seconds"
    assert {each.trigger for each in ran + stopped} == {"", "apigateway.amazonaws.com"}


def test_the_summary_and_what_a_person_is_told(function: Make) -> None:
    """What ran, began cold, spilled over and was throttled, by function."""
    ranker = function(timeout_s=1, duration=LogNormal(0.4, 1.1))
    asked = [
        invocations(ranker).at_least(1),
        throttled(ranker).at_least(1),
        spillover(ranker).at_least(1),
        cold_starts(ranker).at_least(1),
        peak_concurrency(ranker).equals(4),
        events_lost(ranker).equals(0),
    ]
    one = scenario(at_rate(ranker.alias("live"), 20.0), expectations=asked)
    summary = summarise(records_of(one))
    assert summary["verdict"] == "pass"
    assert [each["name"] for each in summary["not_judged"]] == ["ranker: events lost"]
    found = summary["functions"]["by_function"]["ranker"]
    (line,) = [each for each in lines_of({**summary, "run_dir": "."}, "") if "cold starts, " in each]
    assert f"{found['invocations']:,} invocations, {found['cold_starts']} cold starts" in line
    assert "at most 4 at once" in line
    assert "spilled over" in line
    assert "throttled (ReservedFunctionConcurrentInvocationLimitExceeded)" in line
    assert "ended by timeout" in line


@pytest.mark.xdist_group("compiled")
def test_the_same_seed_gives_the_same_journal(function: Make) -> None:
    """Byte for byte, and whichever way the calls are played."""
    ranker = function(duration=LogNormal(0.4, 1.1), init_time=LogNormal(0.2, 0.5))
    one = scenario(OpenModel(ranker.alias("live"), rate=Steady(20.0), over_s=60.0))
    first, again = (b"".join(map(journal.encode, records_of(one))) for _ in range(2))
    assert first == again
    compiled = [journal.encode(each) for each in records_of(one, "exact")[1:]]
    assert compiled == [journal.encode(each) for each in records_of(one)[1:]]


def test_many_calls_are_kept_by_the_minute(function: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counts are those of the calls kept one by one; expectations that need each call are not judged."""
    ranker, other = function(), function("other", reserved=None, aliases=())
    load = [at_rate(ranker.alias("live"), 12.0, 150.0), at_rate(ranker, 1.0, 150.0), at_rate(other, 2.0)]
    asked = [invocations(ranker).at_least(1), error_ratio(ranker).at_most(1.0)]
    one = scenario(*load, resources=[ranker, other], expectations=asked)
    single = summarise(records_of(one))
    monkeypatch.setattr(from_scenario, "MOST_CALLS", 100)
    records = records_of(one)
    many = summarise(records)
    assert not of_kind(records, journal.FunctionInvoked)
    names = ("invocations", "cold_starts", "spillover", "throttles", "errors", "peak_concurrency")
    for name in ("ranker", "other"):
        one_by_one, by_minute = (each["functions"]["by_function"][name] for each in (single, many))
        assert {key: by_minute[key] for key in names} == {key: one_by_one[key] for key in names}
    assert "peak_concurrency" not in many["functions"]
    assert many["functions"]["account_concurrency"] == 1_000
    assert many["load"]["completed"] == single["load"]["completed"]
    assert many["latency"]["response_s"] == pytest.approx(single["latency"]["response_s"])
    (left_out,) = many["not_judged"]
    assert "kept by the minute" in left_out["reason"]
    minutes = of_kind(records, journal.FunctionMinute)
    assert [each.at for each in minutes if each.qualifier == "live"] == [0.0, 60.0, 120.0]
    assert sum(count for each in minutes for _, count in each.duration) == many["functions"]["invocations"]


def test_many_calls_of_one_function(function: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its peak is that of the account; durations are drawn all at once."""
    monkeypatch.setattr(from_scenario, "MOST_CALLS", 100)
    monkeypatch.setattr(functions_case, "MOST_DRAWS", 100)
    summary = summarise(records_of(scenario(at_rate(function().alias("live"), 12.0))))
    assert summary["functions"]["peak_concurrency"] == 4


def test_a_duration_must_be_known(function: Make) -> None:
    """The scenario's, or the one of the command line; nothing is measured here."""
    one = scenario(at_rate(function(duration=None), 1.0))
    with pytest.raises(ScenarioError, match="'ranker': duration is not given"):
        records_of(one)
    ran = of_kind(records_of(one, duration=Constant(0.125)), journal.FunctionInvoked)
    assert {each.duration_s for each in ran} == {0.125}


def test_a_cold_start_without_a_time_of_its_own_is_a_setting(function: Make) -> None:
    """`--set init_time=1` changes it; the run says with which settings it was played."""
    one = scenario(at_rate(function(init_time=None, aliases=()), 1.0))
    assumed = assumptions(["init_time=1.0"], base=assumptions_in(one))
    case, told = case_of_scenario(one, assumed, seed=1)
    records = played(case, "auto", told, command="", with_ranges=False)
    assert {each.init_s for each in of_kind(records, journal.FunctionInvoked) if each.cold} == {1.0}
    settings = records[0].configuration["model"]["settings"]  # type: ignore[union-attr]
    assert settings["init_time"] == "constant:1"
    assert "launch_time" not in settings


def test_an_endpoint_beside_is_played_too(function: Make) -> None:
    """Its own load is; what a handler calls is not, and the run says so."""
    ranker = function()
    endpoint = Endpoint("scores", Model("scores", lambda _: None, Role("model")), service_time_s=0.1)
    one = scenario(at_rate(ranker, 1.0), at_rate(endpoint, 1.0), resources=[ranker, endpoint])
    records = records_of(one)
    assert {each.endpoint for each in of_kind(records, journal.LoadRequest)} == {"ranker", "scores"}
    notes = [each.message for each in of_kind(records, journal.Finding)]
    assert any("calls that handlers make" in note for note in notes)
    assert "launch_time" in records[0].configuration["model"]["settings"]  # type: ignore[union-attr]


def test_what_is_not_played_is_said(function: Make) -> None:
    """Event source mappings and events; what is missed because of them proves nothing."""
    ranker = function()
    source = EventSource(Queue("orders"), ranker)
    load = (at_rate(ranker, 1.0), at_rate(ranker, 1.0, invocation="Event", name="events"))
    one = scenario(*load, resources=[ranker, source], expectations=[invocations(ranker).at_least(100)])
    summary = summarise(records_of(one))
    notes = [each["message"] for each in summary["findings"]]
    assert any("event source mappings (1)" in note for note in notes)
    assert any("send events (1)" in note for note in notes)
    (left_out,) = summary["not_judged"]
    assert "triggers" in left_out["reason"]


def test_only_events_are_no_traffic(function: Make) -> None:
    """Nothing that is played arrives."""
    ranker = function()
    summary = summarise(records_of(scenario(at_rate(ranker, 1.0, invocation="Event"))))
    assert summary["verdict"] == "invalid"


def test_what_lambda_refuses_ends_the_simulation(function: Make) -> None:
    """As it would end the deployment."""
    declared = function(reserved=None, aliases=(Alias("live", provisioned=2), Alias("blue", provisioned=2)))
    with pytest.raises(RequestRefused, match="already Provisioned version"):
        records_of(scenario(at_rate(declared, 1.0)))


def test_a_run_on_the_virtual_clock_may_have_a_function_that_nobody_calls(function: Make) -> None:
    """It is declared, and its reservation is taken from the others."""
    ranker = function(reserved=None, aliases=())
    greedy = function("greedy", reserved=900, aliases=())
    one = scenario(at_rate(ranker, 250.0, 8.0), resources=[ranker, greedy])
    summary = summarise(records_of(replace(one, expectations=[throttled(ranker).at_least(1)])))
    assert list(summary["functions"]["throttles"]) == ["ConcurrentInvocationLimitExceeded"]
    assert summary["functions"]["peak_concurrency"] == 100
