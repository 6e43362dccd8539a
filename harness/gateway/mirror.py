"""Shows the backend's CloudWatch what the harness decided: scaling alarms, their states, and endpoint metrics.

The backend's own alarms never act (moto's do not evaluate): they are there so that any AWS client sees what it
would see. Calls are made from a thread of their own, in order, so that the gateway never waits for them.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger(__name__)

NAMESPACE = "AWS/SageMaker"
MOST_DATA = 500  # PutMetricData takes 1,000; half of it keeps one call short


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
    """One statistic set of one metric of a variant; `epoch_s` is the start of its minute."""

    endpoint: str
    variant: str
    metric: str
    epoch_s: float
    sum: float
    count: float
    minimum: float
    maximum: float
    unit: str = "None"

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
                "SampleCount": max(self.count, 1.0),
                "Sum": self.sum,
                "Minimum": self.minimum,
                "Maximum": self.maximum,
            },
            "Unit": self.unit,
        }


Shown = AlarmPut | AlarmState | AlarmGone | Datapoint


class Mirror:
    """A thread that carries `show`n values to CloudWatch, in the order they came.

    A call that the backend refuses is logged once and given up: what is shown there decides nothing.
    """

    def __init__(self, cloudwatch: Callable[[], Any]) -> None:
        self._make_client = cloudwatch
        self._queue: queue.SimpleQueue[Shown | None] = queue.SimpleQueue()
        self._refused: set[str] = set()
        self._thread = threading.Thread(target=self._carry, name="cloudwatch-mirror", daemon=True)
        self._thread.start()

    def show(self, value: Shown) -> None:
        """Have *value* carried over; never blocks."""
        self._queue.put(value)

    def close(self) -> None:
        """Carry what is left and end the thread."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)

    def _carry(self) -> None:
        client = None
        while (first := self._queue.get()) is not None:
            client = client or self._make_client()
            batch: list[Shown] = [first]
            while len(batch) < MOST_DATA:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._send(client, batch)
                    return
                batch.append(following)
            self._send(client, batch)

    def _send(self, client: Any, batch: list[Shown]) -> None:
        data = [value.as_datum() for value in batch if isinstance(value, Datapoint)]
        if data:
            self._call("put_metric_data", client.put_metric_data, Namespace=NAMESPACE, MetricData=data)
        for value in batch:
            if isinstance(value, AlarmPut):
                self._call("put_metric_alarm", client.put_metric_alarm, **value.arguments)
            elif isinstance(value, AlarmGone):
                self._call("delete_alarms", client.delete_alarms, AlarmNames=[value.name])
            elif isinstance(value, AlarmState):
                self._call(
                    "set_alarm_state",
                    client.set_alarm_state,
                    AlarmName=value.name,
                    StateValue=value.state,
                    StateReason=value.reason[:1023],
                )

    def _call(self, what: str, call: Callable[..., Any], **arguments: Any) -> None:
        try:
            call(**arguments)
        except Exception as error:
            if what not in self._refused:
                self._refused.add(what)
                log.warning("CloudWatch of the backend refused %s: %s", what, error)
