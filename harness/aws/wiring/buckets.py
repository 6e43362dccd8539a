"""S3: a notification whose destination would refuse it is refused when it is configured, as S3 does.

S3 user guide, "Granting permissions to publish event notification messages to a destination"; the API
reference of PutBucketNotificationConfiguration: S3 verifies a destination when it is configured. The words of
its error are those recorded on AWS by LocalStack's snapshot tests.
"""

from dataclasses import dataclass
from urllib.parse import unquote

from harness.aws.aws_json import Refused
from harness.aws.wiring.errors import s3_error
from harness.aws.wiring.switchboard import Switchboard
from harness.aws.wiring.xml import Notifications, texts_of
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import FetchReply
from harness.iam.actions import Call
from harness.messaging.edges import Edge, is_judged, judge, service_of

SERVICE = "s3"
# 100 configurations a bucket (S3 quotas), a few hundred characters each.
BODY_LIMIT_BYTES = 1024 * 1024
UNREACHABLE = "Unable to validate the following destination configurations"
KINDS = {"sqs": "queue", "sns": "topic"}
# S3 user guide, "Supported event notification types". Whether a deletion leaves a marker depends on the
# bucket's versioning, which is not looked at: who wants both hears of it for certain.
EVENTS = {
    "PutObject": ("s3:ObjectCreated:Put",),
    "CopyObject": ("s3:ObjectCreated:Copy",),
    "CompleteMultipartUpload": ("s3:ObjectCreated:CompleteMultipartUpload",),
    "DeleteObject": ("s3:ObjectRemoved:Delete", "s3:ObjectRemoved:DeleteMarkerCreated"),
    "PutObjectTagging": ("s3:ObjectTagging:Put",),
    "DeleteObjectTagging": ("s3:ObjectTagging:Delete",),
    "PutObjectAcl": ("s3:ObjectAcl:Put",),
}
_SKIP = ("x-amz-skip-destination-validation", "true")


@dataclass(slots=True)
class _Bucket:
    """`wanted`: what its owner configured; `shown`: how the backend shows that, while it has less of it."""

    path: str
    wanted: Notifications
    shown: FetchReply | None = None


class Buckets:
    """Answers S3's calls about notifications; `handle` is its handler."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._topology = board.topology
        self._buckets: dict[str, _Bucket] = {}  # by ARN
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, Reply(413, b"The request is too long."))
        board.movers[SERVICE] = self.move

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange* when it is about notifications; forget a bucket that is deleted."""
        if "notification" in exchange.query and _has_notification(exchange.query):
            exchange.operation = f"{exchange.method.title()}BucketNotificationConfiguration"
            return self._read if exchange.method in ("GET", "PUT") else None
        if exchange.method == "DELETE" and not exchange.query and self._buckets:
            arn = _arn(exchange)
            return self._delete(exchange, arn) if arn in self._buckets and not _key(exchange) else None
        return None

    def _answer(self, exchange: Exchange) -> Outcome:
        return self._put(exchange) if exchange.method == "PUT" else self._get(exchange)

    async def _put(self, exchange: Exchange) -> Reply:
        arn, wanted = _arn(exchange), Notifications.read(exchange.body)
        if wanted is None:
            return (await self._board.repeat(exchange)).as_reply()  # refuses what is no XML
        async with self._board.lock:
            judged = [each for each in wanted.destinations if is_judged(SERVICE, each)]
            if (exchange.header(_SKIP[0].encode()) or b"").lower() != b"true":
                faults = [(each, why) for each in judged if (why := await self._fault(arn, each))]
                if faults:
                    return s3_error(exchange, Refused("InvalidArgument", UNREACHABLE), faults)
            answer = await self._board.repeat(exchange)
            if answer.status == 200:
                await self._adopt(arn, exchange.path, wanted)
        return answer.as_reply()

    async def _adopt(self, arn: str, path: str, wanted: Notifications) -> None:
        judged = [each for each in wanted.destinations if is_judged(SERVICE, each)]
        for each in judged:
            self._board.joined(await self._board.learn(each))
        self._buckets[arn] = _Bucket(path, wanted)
        await self._board.apply(self._topology.deliver(SERVICE, arn, judged))

    async def read(self) -> None:
        """Take in the notifications that were not configured through the gateway."""
        root = self._board.root
        buckets = await root.rest(SERVICE, "GET", "/")
        for name in [each["Name"] for each in texts_of(buckets.body, "Bucket")]:
            arn, path = f"arn:aws:s3:::{name}", f"/{name}"
            if arn not in self._buckets:
                answer = await root.rest(SERVICE, "GET", f"{path}?notification")
                wanted = Notifications.read(answer.body) if answer.status == 200 else None
                if wanted is not None and wanted.destinations:
                    async with self._board.lock:
                        await self._adopt(arn, path, wanted)

    async def _fault(self, arn: str, destination: str) -> str:
        """Return why S3 would not take *destination*, "" where it would."""
        target = await self._board.learn(destination)
        kind = KINDS.get(service_of(destination))
        if kind == "queue" and destination.endswith(".fifo"):
            # S3 user guide, "Supported event destinations": no FIFO queues.
            return "FIFO queues are not supported as a destination of event notifications"
        if judge(Edge(SERVICE, arn, destination), target, self._board.root.account).allowed:
            return ""
        if kind is None:
            return f"Not authorized to invoke function [{destination}]"
        if not target.exists:
            return f"The destination {kind} does not exist"
        return (
            f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
        )

    async def _get(self, exchange: Exchange) -> Reply:
        """Answer with what the owner configured, also while the backend has less of it."""
        answer = await self._board.repeat(exchange)
        bucket = self._buckets.get(_arn(exchange))
        if answer.status == 200 and bucket is not None and bucket.shown is not None:
            return bucket.shown.as_reply()
        return answer.as_reply()

    async def _delete(self, exchange: Exchange, arn: str) -> Reply:
        answer = await self._board.repeat(exchange)
        if 200 <= answer.status < 300:
            async with self._board.lock:
                self._buckets.pop(arn, None)
                self._topology.deliver(SERVICE, arn, ())
        return answer.as_reply()

    def heard(self, _exchange: Exchange, call: Call) -> None:
        """Take note of a *call* that succeeded: S3 notifies those who want to hear of it."""
        events = EVENTS.get(call.operation)
        bucket = self._buckets.get(f"arn:aws:s3:::{call.members.get('Bucket', '')}") if events else None
        if events is None or bucket is None:
            return
        source = f"arn:aws:s3:::{call.members['Bucket']}"
        for target in bucket.wanted.notified(events, str(call.members.get("Key", ""))):
            if is_judged(SERVICE, target):
                self._board.delivered(Edge(SERVICE, source, target))

    # -- valves -----

    async def move(self, edge: Edge) -> None:
        """Let the backend notify the destinations of a bucket that S3 may reach now, and no others."""
        bucket, root = self._buckets[edge.source], self._board.root
        path = f"{bucket.path}?notification"
        refused = frozenset(
            each.edge.target for each in self._topology.refused() if each.edge.source == edge.source
        )
        if bucket.shown is None:
            bucket.shown = await root.rest(SERVICE, "GET", path)
        answer = await root.rest(SERVICE, "PUT", path, bucket.wanted.without(refused), (_SKIP,))
        if answer.status != 200:
            self._board.not_enforced(edge, answer)
        elif not refused:
            bucket.shown = None


def _has_notification(query: str) -> bool:
    return any(part.partition("=")[0] == "notification" for part in query.split("&"))


def _arn(exchange: Exchange) -> str:
    """Return the ARN of the bucket that the path names, or the host before its first dot."""
    name = unquote(exchange.path).lstrip("/").partition("/")[0]
    if not name:
        name = (exchange.header(b"host") or b"").decode("latin-1").partition(".")[0]
    return f"arn:aws:s3:::{name}"


def _key(exchange: Exchange) -> str:
    return exchange.path.lstrip("/").partition("/")[2]
