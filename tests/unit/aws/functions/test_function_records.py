"""What destinations get of an invocation, and what CloudWatch gets of a minute."""

import pytest

from harness.aws.functions.configurations import AsyncConfig, Version
from harness.aws.functions.datapoints import FunctionDatapoint
from harness.aws.functions.destinations import record_of
from harness.aws.functions.ends import Ending, exited, timed_out, told, too_large
from harness.aws.functions.events import Accepted
from harness.aws.functions.results import Result
from harness.functions.asynchronous import Ended, How
from harness.functions.metrics import MetricMinute
from harness.functions.samples import Metric

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
VERSION = Version("f", "$LATEST", ARN, "python3.11", "a.h", "role", 128, 3.0, {}, "sha", (), "/aws/lambda/f")
EVENT = Accepted("f", "", b'{"n": 1}', "request", "", "", AsyncConfig(), 0.0)
FAILED = Result("error", b'{"errorType": "E"}', "E", version="$LATEST")


def test_a_record_of_a_failure_has_event_and_error() -> None:
    """As the guide shows it."""
    record = record_of(VERSION, EVENT, Ended("request", 9.0, 0.0, How.FAILED, 3), FAILED, 0.0)
    assert record == {
        "version": "1.0",
        "timestamp": "1970-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "request",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "E"},
    }


def test_a_record_of_a_success_has_no_error() -> None:
    """Its condition is Success."""
    result = Result("ok", b"5", version="$LATEST")
    record = record_of(VERSION, EVENT, Ended("request", 9.0, 0.0, How.SUCCEEDED, 1), result, 0.0)
    assert record["requestContext"]["condition"] == "Success"
    assert "functionError" not in record["responseContext"]


def test_an_event_that_never_ran_has_no_response() -> None:
    """It was throttled until it was too old."""
    throttled = Result("throttled", reason="r")
    record = record_of(VERSION, EVENT, Ended("request", 9.0, 0.0, How.EXPIRED, 0), throttled, 0.0)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert "responsePayload" not in record


@pytest.mark.parametrize(
    ("metric", "unit"),
    [(Metric.DURATION, "Milliseconds"), (Metric.INVOCATIONS, "Count"), (Metric.UTILIZATION, "None")],
)
def test_a_minute_is_a_statistic_set(metric: Metric, unit: str) -> None:
    """With its dimensions and the unit that Lambda gives it."""
    minute = MetricMinute(60.0, metric, (("FunctionName", "f"),), 6.0, 3, 1.0, 3.0)
    datum = FunctionDatapoint(minute, 60.0).as_datum()
    assert datum["Unit"] == unit
    assert datum["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}]
    assert datum["StatisticValues"] == {"SampleCount": 3.0, "Sum": 6.0, "Minimum": 1.0, "Maximum": 3.0}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-64, "Runtime exited with error: signal: 64"),
    ],
)
def test_an_exit_is_told_as_lambda_tells_it(code: int, words: str) -> None:
    """Runtime.ExitError with the status or the signal."""
    ended = exited("r", code, 1.0)
    assert (ended.error, ended.message) == ("Runtime.ExitError", f"RequestId: r Error: {words}")


def test_a_timeout_and_an_answer_too_long_have_lambdas_words() -> None:
    """The caller reads them in the payload."""
    assert timed_out("r", 3.0, 3.1).message == "RequestId: r Error: Task timed out after 3.00 seconds"
    assert too_large(6_291_556, 0.1).message.endswith("maximum allowed payload size (6291556 bytes).")


def test_what_the_runtime_says_goes_on_as_it_is() -> None:
    """Its error type and message are read for the journal; what is no JSON has none."""
    said = told(Ending.ERROR, b'{"errorType": "KeyError", "errorMessage": "x"}', 0.1)
    assert (said.error, said.message) == ("KeyError", "x")
    assert told(Ending.ERROR, b"[]", 0.1).error == "Runtime.Unknown"
    assert told(Ending.ERROR, b"{", 0.1).error == "Runtime.Unknown"
