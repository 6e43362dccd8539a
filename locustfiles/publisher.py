"""Publishes a model's messages to a topic, or sends them to a queue, with boto3.

Imported in the Locust process only, after Locust, as `clients.py` is.
"""

from collections.abc import Mapping
from typing import Any

import gevent.local

from harness.load_plan import AccessKey
from harness.scenario.messaging import FIFO_ENDING
from harness.scenario.workload import OpenModel, Target
from locustfiles.account import Reply
from locustfiles.lean import CONNECT_TIMEOUT_S

# The gateway takes the moment at which a message was due from it, in model seconds.
DUE_HEADER = "X-Harness-Due-At"
OPERATIONS: Mapping[Target, str] = {
    "endpoint": "InvokeEndpoint",
    "topic": "Publish",
    "queue": "SendMessage",
    "function": "Invoke",
    "api": "HTTP",
}
READ_TIMEOUT_S = 30.0
# As the SDK does by default in standard mode: a publisher that gave up at the first throttle would be no
# user's. Each attempt carries the same due moment.
ATTEMPTS = 3


class Publisher:
    """Sends the messages of *model*, each with the moment at which it was due."""

    def __init__(
        self, url: str, region: str, account: str, key: AccessKey, model: OpenModel, *, connections: int
    ) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError

        self._refused = ClientError
        self._due = gevent.local.local()
        self._client: Any = boto3.client(
            "sns" if model.target == "topic" else "sqs",
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            aws_session_token=key.session_token,
            config=Config(
                max_pool_connections=connections,
                # Any: the mode is checked by botocore, whose stubs want a literal.
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                proxies={},
                tcp_keepalive=True,
            ),
        )
        self._client.meta.events.register("before-call", self._say_when)
        self._to = self._address(model, region, account)
        self._call = self._client.publish if model.target == "topic" else self._client.send_message
        self._body = "Message" if model.target == "topic" else "MessageBody"

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send message *nth* of *model* and return what came of it."""
        self._due.at = due_at
        try:
            text = body.decode()
            answer = self._call(**self._to, **{self._body: text}, **_extras(model, nth))
            return Reply(answer["ResponseMetadata"]["HTTPStatusCode"])
        except self._refused as error:
            said = error.response
            return Reply(said["ResponseMetadata"]["HTTPStatusCode"], said["Error"].get("Code", ""))
        except Exception as error:  # botocore's, urllib3's, a body that is no text
            return Reply(0, type(error).__name__)

    def _say_when(self, params: dict[str, Any], **_: Any) -> None:
        params["headers"][DUE_HEADER] = f"{getattr(self._due, 'at', 0.0):.6f}"

    def _address(self, model: OpenModel, region: str, account: str) -> dict[str, str]:
        if model.target == "topic":
            return {"TopicArn": f"arn:aws:sns:{region}:{account}:{model.aws_name}"}
        return {"QueueUrl": self._client.get_queue_url(QueueName=model.aws_name)["QueueUrl"]}


def _extras(model: OpenModel, nth: int) -> dict[str, Any]:
    payload = model.payload
    extras: dict[str, Any] = {}
    if payload.attributes:
        extras["MessageAttributes"] = {
            name: {"DataType": "String", "StringValue": value} for name, value in payload.attributes
        }
    if model.aws_name.endswith(FIFO_ENDING):
        extras["MessageGroupId"] = str(nth % payload.groups)
        extras["MessageDeduplicationId"] = f"{model.label}-{nth}"
    return extras
