"""Data sources: those that can be worked out from the files and from where the stack stands.

Any other gives tokens, so that nothing made of it is taken for known, and is noted.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.templates.hcl import NotKnown
from harness.templates.model import token
from harness.templates.place import Place
from harness.templates.provider.attributes import attribute_of
from harness.templates.provider.table import kind_of, pascal
from harness.templates.terraform.policy_document import policy_document

if TYPE_CHECKING:
    from harness.templates.terraform.instances import Instance

Argument = Callable[[str], Any]


class Data:
    """What a data source gives."""

    def __init__(self, instance: "Instance", known: Mapping[str, Any]) -> None:
        self._instance, self._known = instance, known

    def member(self, key: Any) -> Any:
        """Return an attribute: known, an argument, or a token."""
        name = str(key)
        if name in self._known:
            return self._known[name]
        value = self._instance.argument(name)
        if value is not None:
            return value
        self._instance.module.world.note(
            f"{self._instance.where()}.{name}: only AWS knows it; it is not looked up here"
        )
        return token(self._instance.address, pascal(name))


def read_data(instance: "Instance") -> Data:
    """Return what the data source *instance* gives."""
    type_ = instance.block.labels[0]
    try:
        return Data(instance, known_data(type_, instance.argument, instance.module.world.place, instance))
    except NotKnown as error:
        instance.module.world.note(f"{instance.where()}: it is not worked out here: {error}")
        return Data(instance, {})


def known_data(
    type_: str, argument: Argument, place: Place, instance: "Instance | None" = None
) -> Mapping[str, Any]:
    """Return the attributes of a data source that are known, {} for one that only AWS knows."""
    if type_ == "archive_file":
        return _archive(argument, instance)
    if type_ in _KNOWN:
        return _KNOWN[type_](argument, place)
    return _by_name(type_, argument, place)


def _archive(argument: Argument, instance: "Instance | None") -> Mapping[str, Any]:
    """Return the path of an archive; what it packs is remembered as standing behind it."""
    path = str(argument("output_path"))
    source = argument("source_dir") or argument("source_file")
    if instance is not None and source:
        instance.module.world.archives[path] = str(source)
    elif instance is not None and not (instance.module.world.folder / path).is_file():
        instance.module.world.note(f"{instance.where()}: the archive {path} is not packed here")
    return {"output_path": path, **dict.fromkeys(_ARCHIVE_HASHES, "known-when-packed"), "id": path}


_ARCHIVE_HASHES = ("output_base64sha256", "output_base64sha512", "output_md5", "output_sha", "output_sha256")


def _caller(argument: Argument, place: Place) -> Mapping[str, Any]:
    account = place.account
    return {
        "account_id": account,
        "id": account,
        "arn": f"arn:{place.partition}:iam::{account}:root",
        "user_id": account,
    }


def _region(argument: Argument, place: Place) -> Mapping[str, Any]:
    region = str(argument("name") or place.region)
    return {"name": region, "id": region, "region": region, "endpoint": f"ec2.{region}.{place.url_suffix}"}


def _partition(argument: Argument, place: Place) -> Mapping[str, Any]:
    return {
        "partition": place.partition,
        "id": place.partition,
        "dns_suffix": place.url_suffix,
        "reverse_dns_prefix": ".".join(reversed(place.url_suffix.split("."))),
    }


def _zones(argument: Argument, place: Place) -> Mapping[str, Any]:
    zones = [f"{place.region}{letter}" for letter in "abc"]
    return {
        "names": zones,
        "zone_ids": [f"{place.region}-az{n + 1}" for n in range(len(zones))],
        "id": place.region,
    }


def _document(argument: Argument, place: Place) -> Mapping[str, Any]:
    text = policy_document(argument)
    return {"json": text, "minified_json": text, "id": "document"}


def _managed_policy(argument: Argument, place: Place) -> Mapping[str, Any]:
    """Return the ARN of a policy: as it is given, or of AWS's own by its name."""
    arn = argument("arn")
    if not arn:
        arn = f"arn:{place.partition}:iam::aws:policy{argument('path_prefix') or '/'}{argument('name')}"
    return {"arn": arn, "id": arn, "name": str(arn).rpartition("/")[2]}


def _endpoint_service(argument: Argument, place: Place) -> Mapping[str, Any]:
    name = argument("service_name") or f"com.amazonaws.{place.region}.{argument('service')}"
    return {"service_name": name, "id": name}


_KNOWN: Mapping[str, Callable[[Argument, Place], Mapping[str, Any]]] = {
    "aws_caller_identity": _caller,
    "aws_region": _region,
    "aws_partition": _partition,
    "aws_availability_zones": _zones,
    "aws_iam_policy_document": _document,
    "aws_iam_policy": _managed_policy,
    "aws_vpc_endpoint_service": _endpoint_service,
}


def _by_name(type_: str, argument: Argument, place: Place) -> Mapping[str, Any]:
    """Return name and ARN of a thing that is there already and is looked up by its name."""
    kind = kind_of(type_)
    if kind is None or not kind.named_by or argument(kind.named_by) is None:
        return {}
    found = {name: attribute_of(kind, type_, name, argument, place) for name in (*kind.at, "id", "arn")}
    return {
        name: value
        for name, value in found.items()
        if value is not None and not re.search(r"\$\{Token\[", str(value))
    }
