"""Values carried to CloudWatch: all of them, in order, and a failure told once."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from harness.aws.mirror import MOST_DATA, AlarmGone, AlarmPut, AlarmState, Datapoint, Mirror


class CloudWatch:
    """Notes every call; those named in *broken* fail."""

    def __init__(self, *broken: str) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._broken = broken

    def _note(self, operation: str, arguments: dict[str, Any]) -> None:
        if operation in self._broken:
            raise ConnectionError("nobody is there")
        self.calls.append((operation, arguments))

    def put_metric_data(self, **arguments: Any) -> None:
        self._note("put_metric_data", arguments)

    def put_metric_alarm(self, **arguments: Any) -> None:
        self._note("put_metric_alarm", arguments)

    def set_alarm_state(self, **arguments: Any) -> None:
        self._note("set_alarm_state", arguments)

    def delete_alarms(self, **arguments: Any) -> None:
        self._note("delete_alarms", arguments)


def datapoint(minute: int = 0, count: float = 4.0) -> Datapoint:
    return Datapoint("ranker", "AllTraffic", "Invocations", 60.0 * minute, 4.0, count, 0.0, 1.0)


ALARM = (AlarmPut({"AlarmName": "a"}), AlarmState("a", "OK", "fine"), AlarmGone("a"))


def test_everything_is_carried_in_order_before_it_closes() -> None:
    """What waits in the queue when the mirror is closed is still shown."""
    cloudwatch, lost = CloudWatch(), []
    mirror = Mirror(lambda: cloudwatch, lost.append)
    for value in ALARM:
        mirror.show(value)
    mirror.start()
    mirror.close()
    assert [operation for operation, _ in cloudwatch.calls] == [
        "put_metric_alarm",
        "set_alarm_state",
        "delete_alarms",
    ]
    assert lost == []


def test_datapoints_are_put_together() -> None:
    """One call takes many, and no call more than PutMetricData allows."""
    cloudwatch = CloudWatch()
    mirror = Mirror(lambda: cloudwatch, pytest.fail)
    for minute in range(MOST_DATA + 1):
        mirror.show(datapoint(minute))
    mirror.start()
    mirror.close()
    assert [len(arguments["MetricData"]) for _, arguments in cloudwatch.calls] == [MOST_DATA, 1]
    assert cloudwatch.calls[0][1]["Namespace"] == "AWS/SageMaker"


def test_each_namespace_is_put_by_itself() -> None:
    """PutMetricData takes one; periods below a minute are kept apart by their resolution."""
    cloudwatch = CloudWatch()
    mirror = Mirror(lambda: cloudwatch, pytest.fail)
    mirror.show(datapoint())
    mirror.show(replace(datapoint(), namespace="/aws/sagemaker/Endpoints"))
    mirror.show(replace(datapoint(), period_s=10.0))
    mirror.start()
    mirror.close()
    assert [
        (arguments["Namespace"], [datum["StorageResolution"] for datum in arguments["MetricData"]])
        for _, arguments in cloudwatch.calls
    ] == [("AWS/SageMaker", [60, 1]), ("/aws/sagemaker/Endpoints", [60])]


def test_a_datapoint_is_a_statistic_set_of_its_minute() -> None:
    """A minute without samples is one sample: PutMetricData takes no count of 0."""
    datum = datapoint(2, count=0.0).as_datum()
    assert datum["Timestamp"].timestamp() == 120.0
    assert datum["StatisticValues"] == {"SampleCount": 1.0, "Sum": 4.0, "Minimum": 0.0, "Maximum": 1.0}


def test_a_failure_is_told_once_and_the_rest_goes_on() -> None:
    """One sentence names the call that failed; what comes after it is carried."""
    cloudwatch, lost = CloudWatch("set_alarm_state"), list[str]()
    mirror = Mirror(lambda: cloudwatch, lost.append)
    for value in (*ALARM, *ALARM):
        mirror.show(value)
    mirror.start()
    mirror.close()
    assert [operation for operation, _ in cloudwatch.calls] == ["put_metric_alarm", "delete_alarms"] * 2
    (told,) = lost
    assert "failed set_alarm_state (nobody is there)" in told


def test_a_backend_that_hangs_is_told_and_left() -> None:
    """Closing waits no longer than it was told to, and says that something is missing."""
    release, lost = threading.Event(), list[str]()

    class Hanging(CloudWatch):
        def put_metric_data(self, **_arguments: Any) -> None:
            release.wait(5.0)

    mirror = Mirror(Hanging, lost.append)
    mirror.start()
    mirror.show(datapoint())
    mirror.close(timeout_s=0.05)
    release.set()
    assert "did not answer within 0.05 s" in lost[0]
