"""What buckets tell of their objects: each notification with its events and the keys that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.audit.plain import inside, listed, members, text
from harness.templates.model import Resource

_KINDS = (
    ("LambdaConfigurations", "Function"),
    ("QueueConfigurations", "Queue"),
    ("TopicConfigurations", "Topic"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One notification: at `path` of the bucket, of `event`, for keys with `prefix` and `suffix`."""

    path: str
    event: str
    target: str
    prefix: str
    suffix: str


def told(bucket: Resource) -> Iterator[Told]:
    """Yield the notifications of *bucket*, in the order of its property."""
    for member, target in _KINDS:
        path = f"NotificationConfiguration.{member}"
        for at, each in enumerate(listed(inside(bucket.properties, path))):
            rules = [members(one) for one in listed(inside(each, "Filter.S3Key.Rules"))]
            named = {text(one.get("Name")).lower(): text(one.get("Value")) for one in rules}
            yield Told(
                f"{path}[{at}]",
                text(members(each).get("Event")),
                text(members(each).get(target)),
                named.get("prefix", ""),
                named.get("suffix", ""),
            )
