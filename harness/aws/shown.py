"""CloudWatch as a part of the stage: what the backend's is told, and the alarms that tell topics of it."""

from typing import TYPE_CHECKING, Any

from harness.aws.functions.datapoints import FunctionDatapoint
from harness.aws.jobs.datapoints import JobDatapoint
from harness.aws.messages.queue_metrics import QueueDatapoint
from harness.aws.mirror import Mirror
from harness.aws.plain_alarms import PlainAlarms
from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.sessions import client

if TYPE_CHECKING:
    from harness.aws.stage import Stage

# CloudWatch of the backend is on loopback; one that does not answer must not hold up the end of a run.
MIRROR_TIMEOUT_S = 10.0


class Shown:
    """`mirror` carries to the backend; `alarms` are those that tell topics."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self.mirror = Mirror(self._cloudwatch, self._not_shown)
        self._calls = SignedCalls(stage.pool, lambda: stage.gateway_url, stage.region)
        scope = {"region": stage.region, "account": stage.account}
        self.alarms = PlainAlarms(stage.clock, stage.record, self.mirror.show, self._publish, **scope)

    def show(self, value: QueueDatapoint | FunctionDatapoint | JobDatapoint) -> None:
        """Show *value* in the backend's CloudWatch, and to the alarms; on the gateway's loop."""
        self.mirror.show(value)
        self.alarms.take(value.namespace, value.as_datum())

    def _cloudwatch(self) -> Any:
        at = self._stage.route("monitoring")
        url = f"http://{at.host}:{at.port}"
        return client("cloudwatch", url, region=self._stage.region, read_timeout_s=MIRROR_TIMEOUT_S)

    async def _publish(self, topic: str, subject: str, message: str) -> None:
        fields = {"TopicArn": topic, "Subject": subject, "Message": message}
        answer = await self._calls.publish(Credentials(), fields)
        if answer.status >= 300:
            told = f"An alarm was not told to this topic, which answered {answer.status}: {subject}"
            self._stage.finding("alarm-not-told", "error", topic, told)

    def _not_shown(self, why: str) -> None:
        now = self._stage.clock.now()
        self._stage.finding("cloudwatch-not-shown", "warning", "CloudWatch", why, at=now)
