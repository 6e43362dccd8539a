"""AddTags, ListTags and DeleteTags on the ARNs of jobs, and on whatever else an owner says is its own.

Those of endpoints are `harness.aws.tagging`'s; those of everything else stay with the backend.
"""

from collections.abc import Callable
from typing import Any

from harness.aws.aws_json import Arguments, JsonOperations, required
from harness.aws.tagging import tags_in
from harness.gateway.chain import Exchange

Owner = Callable[[str], dict[str, str] | None]


class JobTags:
    """`owners` are asked in turn for the tags of an ARN: the mapping itself, None for what is not theirs."""

    def __init__(self) -> None:
        self.owners: list[Owner] = []
        operations = {"AddTags": self._add, "ListTags": self._list, "DeleteTags": self._delete}
        self.handle = JsonOperations("sagemaker", operations, ours=self._is_ours).handle

    def of(self, arn: str) -> dict[str, str] | None:
        """Return the tags of *arn*, None where nobody has it."""
        for owner in self.owners:
            found = owner(arn)
            if found is not None:
                return found
        return None

    def _is_ours(self, given: Arguments) -> bool:
        return self.of(str(given.get("ResourceArn", ""))) is not None

    async def _add(self, _exchange: Exchange, given: Arguments) -> Any:
        tags = self._found(given)
        tags.update(tags_in(required(given, "Tags")))
        return {"Tags": as_list(tags)}

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        return {"Tags": as_list(self._found(given))}

    async def _delete(self, _exchange: Exchange, given: Arguments) -> Any:
        tags = self._found(given)
        for key in required(given, "TagKeys"):
            tags.pop(key, None)
        return {}

    def _found(self, given: Arguments) -> dict[str, str]:
        found = self.of(str(given["ResourceArn"]))
        return {} if found is None else found


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return *tags* as the API shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
