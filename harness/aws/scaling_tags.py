"""Tags of scalable targets: no emulator here keeps them, and Terraform reads those of every target."""

from typing import Any

from harness.aws.aws_json import Arguments, JsonOperations, required
from harness.gateway.chain import Exchange

SERVICE = "application-autoscaling"
Tags = dict[str, str]


class ScalingTags:
    """Answers TagResource, UntagResource and ListTagsForResource; `of` holds the tags by the target's ARN."""

    def __init__(self) -> None:
        self.of: dict[str, Tags] = {}
        operations = {
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list,
        }
        self.handle = JsonOperations(SERVICE, operations).handle

    async def _tag(self, _exchange: Exchange, given: Arguments) -> Any:
        self.of.setdefault(required(given, "ResourceARN"), {}).update(required(given, "Tags"))
        return {}

    async def _untag(self, _exchange: Exchange, given: Arguments) -> Any:
        tags = self.of.get(required(given, "ResourceARN"), {})
        for key in required(given, "TagKeys"):
            tags.pop(key, None)
        return {}

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        return {"Tags": self.of.get(required(given, "ResourceARN"), {})}
