"""What of S3 comes into which channel of which instance.

API reference, S3DataSource: S3Prefix takes every object whose key begins with it, ManifestFile those that a
manifest names; ShardedByS3Key gives each of N instances about 1/N of the objects. Which object goes to which
instance is not documented; here they go round in the order of their keys.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHARDED = "ShardedByS3Key"
FILE = "File"


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of a training job: where its objects are, and how they are spread over the instances."""

    name: str
    url: str
    data_type: str = "S3Prefix"
    distribution: str = "FullyReplicated"
    input_mode: str = FILE
    content_type: str = ""
    compression: str = "None"
    record_wrapper: str = "None"

    @classmethod
    def of(cls, given: Mapping[str, Any], default_mode: str) -> "Channel":
        """Return the channel of an entry of InputDataConfig; its data source must be S3."""
        source = given["DataSource"]["S3DataSource"]
        return cls(
            given["ChannelName"],
            source["S3Uri"],
            source.get("S3DataType", "S3Prefix"),
            source.get("S3DataDistributionType", "FullyReplicated"),
            given.get("InputMode") or default_mode,
            given.get("ContentType", ""),
            given.get("CompressionType", "None"),
            given.get("RecordWrapperType", "None"),
        )

    def described(self) -> dict[str, str]:
        """Return what inputdataconfig.json says of it (developer guide, "Input Data Configuration")."""
        told = {
            "TrainingInputMode": self.input_mode,
            "S3DistributionType": self.distribution,
            "RecordWrapperType": self.record_wrapper,
        }
        return told | ({"ContentType": self.content_type} if self.content_type else {})


def share(keys: Sequence[str], distribution: str, host: int, hosts: int) -> list[str]:
    """Return those of *keys* that instance number *host* (from 0) of *hosts* gets."""
    ordered = sorted(keys)
    return ordered[host::hosts] if distribution == SHARDED else ordered


def place(key: str, prefix: str) -> str:
    """Return where below its channel the object *key* comes: the rest of the key after the prefix's folder.

    Developer guide, "Training Data": for s3://bucket/path/train, the object path/train/a/b.csv is at a/b.csv,
    and for a prefix that ends within a name, the folder is that before it.
    """
    folder = prefix if prefix.endswith("/") else prefix + "/"
    if key.startswith(folder):
        return key[len(folder) :]
    return key[prefix.rfind("/") + 1 :]


def manifest_urls(entries: Any) -> list[str]:
    """Return the addresses that a manifest names: `[{"prefix": "s3://..."}, "a", "b"]`.

    Raises ValueError for what is no such manifest (API reference, S3DataSource, S3Uri).
    """
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise ValueError("a manifest is a JSON list whose first entry is an object with a prefix")
    prefix = entries[0].get("prefix")
    if not isinstance(prefix, str) or not all(isinstance(one, str) for one in entries[1:]):
        raise ValueError("a manifest names a prefix, and after it keys as text")
    return [prefix + one for one in entries[1:]]
