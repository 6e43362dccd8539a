"""Shows the backend's CloudWatch what the harness decided: scaling alarms, their states, endpoint metrics.

The backend's own alarms never act (moto's do not evaluate): they are there so that any AWS client sees what
it would see. Calls are made from a thread of their own, in order, so that the gateway never waits for them.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.aws.functions.datapoints import FunctionDatapoint
from harness.aws.jobs.datapoints import JobDatapoint
from harness.aws.messages.queue_metrics import QueueDatapoint

log = logging.getLogger(__name__)

NAMESPACE = "AWS/SageMaker"
MOST_DATA = 500  # PutMetricData takes 1,000; half of it keeps one call short
MOST_REASON = 1023  # SetAlarmState, StateReason
CLOSE_TIMEOUT_S = 30.0  # a backend that is dead refuses at once; one that hangs is given up


@dataclass(frozen=True, slots=True)
class AlarmPut:
    """An alarm as PutMetricAlarm takes it."""

    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AlarmState:
    """A state an alarm went into."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmGone:
    """An alarm that was deleted with its policy."""

    name: str


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One statistic set of one metric of a variant; `epoch_s` is the start of its period."""

    endpoint: str
    variant: str
    metric: str
    epoch_s: float
    sum: float
    count: float
    minimum: float
    maximum: float
    unit: str = "None"
    namespace: str = NAMESPACE
    period_s: float = 60.0

    def as_datum(self) -> dict[str, Any]:
        """Return it as PutMetricData takes it."""
        return {
            "MetricName": self.metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": self.endpoint},
                {"Name": "VariantName", "Value": self.variant},
            ],
            "Timestamp": datetime.fromtimestamp(self.epoch_s, UTC),
            "StatisticValues": {
                # A minute without requests is one sample of 0: PutMetricData takes no empty set.
                "SampleCount": max(self.count, 1.0),
                "Sum": self.sum,
                "Minimum": self.minimum,
                "Maximum": self.maximum,
            },
            "Unit": self.unit,
            # PutMetricData: 1 keeps periods below a minute apart, 60 does not.
            "StorageResolution": 1 if self.period_s < 60.0 else 60,
        }


Shown = AlarmPut | AlarmState | AlarmGone | Datapoint | QueueDatapoint | FunctionDatapoint | JobDatapoint


class Mirror:
    """A thread that carries `show`n values to CloudWatch, in the order they came.

    What the backend refuses decides nothing, so it is given up; *lost* is told the first time an operation
    fails, and once more when `close` leaves something behind.
    """

    def __init__(self, cloudwatch: Callable[[], Any], lost: Callable[[str], None]) -> None:
        self._make_client = cloudwatch
        self._lost = lost
        self._queue: queue.SimpleQueue[Shown | None] = queue.SimpleQueue()
        self._failed: set[str] = set()
        self._thread = threading.Thread(target=self._carry, name="cloudwatch-mirror", daemon=True)

    def start(self) -> None:
        """Begin to carry what is shown."""
        self._thread.start()

    def show(self, value: Shown) -> None:
        """Have *value* carried over; never blocks."""
        self._queue.put(value)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Carry what is left, for at most *timeout_s*, and end the thread."""
        self._queue.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._lost(
                f"CloudWatch of the backend did not answer within {timeout_s:g} s: about "
                f"{self._queue.qsize()} alarms and datapoints are not shown there; the journal has them all."
            )

    def _carry(self) -> None:
        client = None
        while (batch := self._next_batch()) is not None:
            client = client or self._make_client()
            self._send(client, batch)

    def _next_batch(self) -> list[Shown] | None:
        """Return what waits, at least one value; None when the end was reached."""
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < MOST_DATA:
            try:
                following = self._queue.get_nowait()
            except queue.Empty:
                break
            if following is None:
                self._queue.put(None)  # read again when this batch is sent
                break
            batch.append(following)
        return batch

    def _send(self, client: Any, batch: list[Shown]) -> None:
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for value in batch:
            if isinstance(value, Datapoint | QueueDatapoint | FunctionDatapoint | JobDatapoint):
                by_namespace.setdefault(value.namespace, []).append(value.as_datum())
        for namespace, data in by_namespace.items():
            self._call(client.put_metric_data, Namespace=namespace, MetricData=data)
        for value in batch:
            match value:
                case AlarmPut(arguments):
                    self._call(client.put_metric_alarm, **arguments)
                case AlarmState(name, state, reason):
                    reason = reason[:MOST_REASON]
                    self._call(client.set_alarm_state, AlarmName=name, StateValue=state, StateReason=reason)
                case AlarmGone(name):
                    self._call(client.delete_alarms, AlarmNames=[name])

    def _call(self, call: Callable[..., Any], **arguments: Any) -> None:
        try:
            call(**arguments)
        except Exception as error:  # whatever it is: the thread must go on to the next
            what = getattr(call, "__name__", "a call")
            if what not in self._failed:
                self._failed.add(what)
                log.warning("CloudWatch of the backend failed %s: %s", what, error)
                self._lost(
                    f"CloudWatch of the backend failed {what} ({error}): alarms and metrics there may be "
                    "incomplete; the journal has them all."
                )
