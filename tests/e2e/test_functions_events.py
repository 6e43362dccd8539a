"""Functions under load limits, asynchronously and by triggers, a model minute in half a second."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError
from lambdas import ACCOUNT, LOGS, REGION, Stand, code_of, until, words_of
from lambdas_in_minutes import RETURNS, busy_role, in_minutes, named

from harness import journal

RAISES = "def handler(event, context):\n    raise ValueError('always')\n"


SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with in_minutes(tmp_path_factory.mktemp("logs")) as made:
        yield made


@pytest.fixture(scope="module")
def role(stand: Stand) -> str:
    return busy_role(stand)


def test_a_modelled_function_takes_the_span_that_it_is_given(stand: Stand, role: str) -> None:
    """30 s of duration and 12 s of initialisation, in model seconds."""
    name = named(stand, "modelled", RETURNS, role, Timeout=60)
    assert stand.invoke(name, 5).payload == 5
    seen = until(lambda: stand.of(journal.FunctionInvoked, name))[0]
    assert (seen.init_s, seen.duration_s) == (12.0, 30.0)
    assert 42.0 <= seen.at - seen.began_at < 100.0


def test_a_modelled_span_beyond_the_timeout_is_a_timeout(stand: Stand, role: str) -> None:
    """It ends at its timeout, although the handler returned long before."""
    name = named(stand, "late", RETURNS, role, Timeout=3)
    assert stand.invoke(name).payload["errorType"] == "Sandbox.Timedout"
    assert until(lambda: stand.of(journal.FunctionInvoked, name))[0].duration_s == 3.0


def test_a_function_that_is_slower_than_modelled_is_told(stand: Stand, role: str) -> None:
    """0.3 s here are far more than 2 model seconds at this clock."""
    name = named(stand, "slow", SLEEPS, role)
    stand.invoke(name)
    shares = stand.stage._on_loop(stand.stage.functions._runner.too_slow)
    assert (shares.get("slow"), "modelled" in shares) == (1.0, False)


def test_reserved_concurrency_throttles_what_is_above_it(stand: Stand, role: str) -> None:
    """Of four at once two run; the others get 429 with the reason."""
    name = stand.function(SLEEPS, role=role)
    stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    stand.invoke(name)

    def call(_: int) -> str:
        try:
            stand.invoke(name)
        except ClientError as error:
            return f"{code_of(error)[1]} {error.response['Reason']}"
        return "ran"

    with ThreadPoolExecutor(4) as four:
        seen = sorted(four.map(call, range(4)))
    assert seen == ["429 ReservedFunctionConcurrentInvocationLimitExceeded"] * 2 + ["ran"] * 2
    assert len(stand.of(journal.FunctionThrottled, name)) == 2


def test_what_leaves_too_little_unreserved_is_refused(stand: Stand, role: str) -> None:
    """At least 100 are kept for functions without a reservation."""
    name = stand.function(RETURNS, role=role)
    with pytest.raises(ClientError) as caught:
        stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=950)
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)
    assert "below its minimum value of [100]" in words_of(caught.value)


def test_provisioned_concurrency_is_there_after_a_minute_or_two(stand: Stand, role: str) -> None:
    """It is in progress first; then its environments are initialised before anybody asks."""
    code = (
        "import os\ndef handler(event, context):\n    return os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
    )
    name = stand.function(code, role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    asked = {"FunctionName": name, "Qualifier": "live"}
    put = stand.functions.put_provisioned_concurrency_config(**asked, ProvisionedConcurrentExecutions=2)
    assert (put["Status"], put["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)

    def ready() -> bool:
        return stand.functions.get_provisioned_concurrency_config(**asked)["Status"] == "READY"

    until(ready)
    assert stand.invoke(name, Qualifier="live").payload == "provisioned-concurrency"
    seen = stand.of(journal.FunctionInvoked, name)[-1]
    assert (seen.provisioned, seen.cold, seen.qualifier) == (True, False, "live")
    listed = stand.functions.list_provisioned_concurrency_configs(FunctionName=name)
    assert [each["Status"] for each in listed["ProvisionedConcurrencyConfigs"]] == ["READY"]
    stand.functions.delete_provisioned_concurrency_config(**asked)
    with pytest.raises(ClientError) as caught:
        stand.functions.get_provisioned_concurrency_config(**asked)
    assert code_of(caught.value) == ("ProvisionedConcurrencyConfigNotFoundException", 404)


def test_an_alias_with_weights_leads_to_both_versions(stand: Stand, role: str) -> None:
    """Each gets its share, and the executed version is told."""
    name = stand.function(RETURNS, role=role)
    stand.functions.publish_version(FunctionName=name)
    stand.functions.update_function_configuration(FunctionName=name, Description="second")
    stand.functions.publish_version(FunctionName=name)
    stand.functions.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    assert {stand.invoke(name, Qualifier="live").version for _ in range(16)} == {"1", "2"}
    with pytest.raises(ClientError) as caught:
        stand.functions.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1
        )
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)


def test_latest_cannot_be_provisioned(stand: Stand, role: str) -> None:
    """Lambda takes a version or an alias only."""
    name = stand.function(RETURNS, role=role)
    with pytest.raises(ClientError) as caught:
        stand.functions.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)


def test_an_event_is_tried_three_times_and_then_told(stand: Stand, role: str) -> None:
    """After one minute and two more; the destination gets the record, the journal each attempt."""
    url, queue = stand.queue()
    name = stand.function(RAISES, role=role)
    stand.functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    sent = stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    assert sent["StatusCode"] == 202
    record = json.loads(stand.received(url)["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert (record["requestPayload"], record["responsePayload"]["errorType"]) == ({"n": 1}, "ValueError")
    attempts = stand.of(journal.FunctionInvoked, name)
    assert [each.attempt for each in attempts] == [1, 2, 3]
    gaps = [later.began_at - first.at for first, later in pairwise(attempts)]
    assert 60.0 <= gaps[0] < 110.0
    assert 120.0 <= gaps[1] < 170.0
    ended = until(lambda: stand.of(journal.FunctionEventEnded, name))[0]
    assert (ended.how, ended.attempts, ended.destination) == ("failed", 3, queue)


def test_a_dead_letter_queue_gets_the_event_itself(stand: Stand, role: str) -> None:
    """With what went wrong in its attributes."""
    url, queue = stand.queue()
    name = stand.function(RAISES, role=role, DeadLetterConfig={"TargetArn": queue})
    stand.functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 2}')
    message = stand.received(url)
    assert json.loads(message["Body"]) == {"n": 2}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "always"


def test_throttled_events_are_kept_and_run(stand: Stand, role: str) -> None:
    """Three at a reserved concurrency of one: none is lost."""
    name = stand.function(SLEEPS, role=role)
    stand.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for _ in range(3):
        stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    ended = until(lambda: len(found := stand.of(journal.FunctionEventEnded, name)) == 3 and found)
    assert {each.how for each in ended} == {"succeeded"}
    assert stand.of(journal.FunctionThrottled, name)


def test_a_declared_throttle_hits_what_is_asynchronous(stand: Stand, role: str) -> None:
    """It has no request of a client that a fault could hit; the event is kept and tried again."""
    name = stand.function(RETURNS, role=role)
    stand.stage.functions.is_throttled_by_fault = lambda: not stand.of(journal.FunctionThrottled, name)
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    assert until(lambda: stand.of(journal.FunctionEventEnded, name))[0].how == "succeeded"
    stand.stage.functions.is_throttled_by_fault = lambda: False
    assert [each.reason for each in stand.of(journal.FunctionThrottled, name)] == ["CallerRateLimitExceeded"]


def test_the_old_way_to_invoke_asynchronously_works(stand: Stand, role: str) -> None:
    """InvokeAsync answers 202, and the function runs."""
    name = stand.function(RETURNS, role=role)
    assert stand.functions.invoke_async(FunctionName=name, InvokeArgs=b'{"n": 3}')["Status"] == 202
    assert until(lambda: stand.of(journal.FunctionInvoked, name))[0].source == "asynchronous"


def test_a_success_is_told_to_another_function(stand: Stand, role: str) -> None:
    """A destination may be a function; it is invoked with the record."""
    second = stand.function(RETURNS, role=role)
    first = stand.function(RETURNS, role=role)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{second}"
    stand.functions.put_function_event_invoke_config(
        FunctionName=first, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    stand.functions.invoke(FunctionName=first, InvocationType="Event", Payload=b'"x"')
    assert until(lambda: stand.of(journal.FunctionInvoked, second))[0].source == "asynchronous"


def test_a_destination_that_the_role_may_not_reach_is_a_finding(stand: Stand) -> None:
    """The event is lost, and the run says why."""
    _, queue = stand.queue()
    name = stand.function(RAISES, role=stand.role(LOGS))
    stand.functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    stand.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    ended = until(lambda: stand.of(journal.FunctionEventEnded, name))[0]
    assert (ended.how, ended.destination) == ("failed", "")
    found = [each for each in stand.records if isinstance(each, journal.Finding)]
    assert any(each.rule == "asynchronous-destination-failed" and name in each.resource for each in found)
