"""The wiring's own calls to the backend, in the name of the account's root: it reads policies, moves valves.

Clients of the rehearsal may lack the rights for that, so it is not done in their name.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import orjson

from harness.aws.aws_json import Arguments
from harness.aws.root_calls import RootClient
from harness.aws.wiring.xml import entries, text_of, texts_of
from harness.errors import BackendError
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher, FetchReply
from harness.iam import Policy
from harness.messaging.edges import Target, policy_of, service_of

FUNCTIONS = "/2015-03-31/functions"


class Root(RootClient):
    """RootClient with the lists and the resources that the wiring reads."""

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str, account: str) -> None:
        super().__init__(fetcher, route, region, account)
        self._given: dict[str, str] = {}  # policies of queues as clients gave them, by ARN
        self.policies: dict[str, str] = {}  # the text of each that was read last, by ARN; "" for none

    async def query(self, action: str, fields: Mapping[str, str]) -> FetchReply:
        """Return what SNS answers to *action*."""
        return await self.form("sns", action, fields)

    async def members(self, action: str, fields: Mapping[str, str]) -> list[dict[str, str]]:
        """Return the members of all pages of one of SNS's lists, none where SNS refuses."""
        found: list[dict[str, str]] = []
        token = ""
        while True:
            answer = await self.query(action, {**fields, "NextToken": token} if token else fields)
            if answer.status != 200:
                return found
            found += texts_of(answer.body, "member")
            token = text_of(answer.body, "NextToken")
            if not token:
                return found

    async def listed(self, operation: str, given: Arguments, name: str) -> list[Arguments]:
        """Return the entries called *name* of all pages of one of EventBridge's lists."""
        found: list[Arguments] = []
        token: str | None = ""
        while token is not None:
            page = given | ({"NextToken": token} if token else {})
            value = orjson.loads((await self.json("events", operation, page)).body)
            found += value.get(name, [])
            token = value.get("NextToken") or None
        return found

    async def rest(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> FetchReply:
        """Return what S3 or Lambda answers."""
        return await self.call(service, method, path, headers, body)

    # -- what is at the end of a way -----

    async def target(self, arn: str) -> Target:
        """Return the queue, topic or function with *arn* as the backend has it now."""
        look = {"sqs": self._queue, "sns": self._topic, "lambda": self._function}[service_of(arn)]
        return await look(arn)

    def queue_url(self, arn: str) -> str:
        """Return an address of the queue that its backend takes."""
        account, name = arn.split(":")[4:6]
        return self.queue_url_of(account, name)

    def remember(self, arn: str, policy: str) -> None:
        """Note the policy that a client gave to a queue: it may deny to everybody that it is read."""
        self._given[arn] = policy

    async def queue_policy(self, arn: str) -> str:
        """Return the text of the queue's policy, "" where it has none or does not exist."""
        answer = await self.json("sqs", "GetQueueAttributes", self._all_of(arn))
        found = orjson.loads(answer.body).get("Attributes", {}) if answer.status == 200 else {}
        return str(found.get("Policy") or "")

    def _all_of(self, arn: str) -> Arguments:
        return {"QueueUrl": self.queue_url(arn), "AttributeNames": ["All"]}

    async def _queue(self, arn: str) -> Target:
        answer = await self.json("sqs", "GetQueueAttributes", self._all_of(arn))
        if answer.status == 403 and arn in self._given:
            return Target(arn, self._policy(arn, self._given[arn]))
        if answer.status != 200:
            return Target(arn, exists=_missing(answer, "sqs", "GetQueueAttributes"))
        found = orjson.loads(answer.body).get("Attributes", {})
        if found.get("QueueArn", arn) != arn:  # one of the same name in another region or account
            return Target(arn, exists=False)
        return Target(arn, self._policy(arn, found.get("Policy")), key=found.get("KmsMasterKeyId", ""))

    async def _topic(self, arn: str) -> Target:
        answer = await self.query("GetTopicAttributes", {"TopicArn": arn})
        if answer.status != 200:
            return Target(arn, exists=_missing(answer, "sns", "GetTopicAttributes"))
        found = entries(answer.body)
        return Target(arn, self._policy(arn, found.get("Policy")), key=found.get("KmsMasterKeyId", ""))

    async def _function(self, arn: str) -> Target:
        name, _, qualifier = arn.split(":", 6)[6].partition(":")
        path = f"{FUNCTIONS}/{quote(name)}"
        answer = await self.rest(
            "lambda", "GET", f"{path}/policy" + (f"?Qualifier={quote(qualifier)}" if qualifier else "")
        )
        if answer.status == 200:
            return Target(arn, self._policy(arn, orjson.loads(answer.body).get("Policy")))
        # "Function not found" and "no policy" are the same answer.
        _missing(answer, "lambda", "GetPolicy")
        self.policies[arn] = ""
        return Target(arn, exists=(await self.rest("lambda", "GET", path)).status == 200)

    def _policy(self, arn: str, text: object) -> Policy | None:
        self.policies[arn] = str(text or "")
        return policy_of(text)


def _missing(answer: FetchReply, service: str, operation: str) -> bool:
    """Return False, for a resource that is not there; raise BackendError where *answer* is another."""
    if answer.status in (400, 404) and any(word in answer.body for word in _NOT_THERE):
        return False
    text = answer.body[:200].decode("utf-8", "replace")
    raise BackendError(
        f"The backend did not answer {service}:{operation} of the wiring but {answer.status} {text!r}; see "
        "its log in the run's folder.",
        service=service,
        operation=operation,
    )


_NOT_THERE = (b"NonExistentQueue", b"QueueDoesNotExist", b"NotFound")
