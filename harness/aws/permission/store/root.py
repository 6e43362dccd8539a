"""The store's own calls to the backend, in the name of an account's root: what IAM holds, page by page."""

from typing import Any

from harness.aws.permission.store.xml import value_of
from harness.aws.root_calls import RootClient
from harness.errors import BackendError
from harness.gateway.fetch import FetchReply


class RootCalls(RootClient):
    """RootClient with IAM's answers as values."""

    async def query(self, service: str, action: str, account: str = "", **fields: str) -> FetchReply:
        """Return what a query service answers to *action*, in the region of the topic that it is about."""
        region = "".join(fields.get("TopicArn", "").split(":")[3:4])
        return await self.form(service, action, fields, account=account, region=region)

    async def result(self, action: str, account: str, **fields: str) -> dict[str, Any] | None:
        """Return what IAM's *action* results in, None where it knows no such entity; raise BackendError."""
        answer = await self.query("iam", action, account, **fields)
        if answer.status == 200:
            found = value_of(answer.body).get(f"{action}Result")
            return found if isinstance(found, dict) else {}
        if answer.status == 404 or b"NoSuchEntity" in answer.body:
            return None
        raise refused(answer, "iam", action)

    async def listed(self, action: str, name: str, account: str, **fields: str) -> list[Any]:
        """Return the members of *name* on all pages of one of IAM's lists, none of an entity that is gone."""
        found: list[Any] = []
        marker: dict[str, str] = {}
        while True:
            page = await self.result(action, account, **fields, **marker)
            members = (page or {}).get(name) or []
            found += members if isinstance(members, list) else [members]
            following = str((page or {}).get("Marker") or "")
            if str((page or {}).get("IsTruncated", "")).lower() != "true" or not following:
                return found
            marker = {"Marker": following}

    async def get(self, service: str, path: str, *, account: str = "", region: str = "") -> FetchReply:
        """Return what a REST service answers at *path*, which may carry a query."""
        return await self.call(service, "GET", path, account=account, region=region)

    def queue_url(self, account: str, name: str) -> str:
        """Return an address of a queue that its backend takes."""
        return self.queue_url_of(account, name)


def refused(answer: FetchReply, service: str, operation: str) -> BackendError:
    """Return the error for an answer to the store that says neither what is there nor that nothing is."""
    text = answer.body[:200].decode("utf-8", "replace")
    return BackendError(
        f"The backend did not tell a policy: {service}:{operation} gave {answer.status} {text!r}; see its "
        "log in the run's folder.",
        service=service,
        operation=operation,
    )
