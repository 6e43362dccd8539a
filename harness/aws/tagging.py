"""Tags of endpoints: AddTags, ListTags and DeleteTags. Those of everything else stay with the backend."""

from typing import TYPE_CHECKING, Any

from harness.aws.aws_json import Arguments, JsonOperations, Refused, required
from harness.gateway.chain import Exchange

if TYPE_CHECKING:
    from harness.aws.stage import Stage

Tags = dict[str, str]


class Tagging:
    """Answers the tagging operations on ARNs of endpoints; *tags* is shared with who makes and ends them.

    Tags are kept by the endpoint's name: SageMaker's ARNs show names in small letters.
    """

    def __init__(self, stage: "Stage", tags: dict[str, Tags]) -> None:
        self._stage = stage
        self._tags = tags
        operations = {"AddTags": self._add, "ListTags": self._list, "DeleteTags": self._delete}
        self.handle = JsonOperations("sagemaker", operations, ours=_is_endpoint).handle

    async def _add(self, _exchange: Exchange, given: Arguments) -> Any:
        tags = self._of(given)
        tags.update(tags_in(required(given, "Tags")))
        return {"Tags": _as_list(tags)}

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        return {"Tags": _as_list(self._of(given))}

    async def _delete(self, _exchange: Exchange, given: Arguments) -> Any:
        tags = self._of(given)
        for key in required(given, "TagKeys"):
            tags.pop(key, None)
        return {}

    def _of(self, given: Arguments) -> Tags:
        arn = str(given["ResourceArn"])
        wanted = arn.rpartition("/")[2].lower()
        name = next((view.name for view in self._stage.views() if view.name.lower() == wanted), None)
        if name is None:
            raise Refused("ValidationException", f'Could not find endpoint "{arn}".')
        return self._tags.setdefault(name, {})


def tags_in(given: list[dict[str, str]]) -> Tags:
    """Return the Tags member of a request as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in given}


def _as_list(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _is_endpoint(given: Arguments) -> bool:
    return ":endpoint/" in str(given.get("ResourceArn", ""))
