"""The condition keys that a call brings by its members: tables/context.toml, and the tags in it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from harness.iam.actions.catalogue import condition_keys
from harness.iam.actions.library import table
from harness.iam.actions.members import Members, values
from harness.iam.actions.need import NOTHING, Place
from harness.iam.request import Context

Tags = Mapping[str, str]
# How services call the list of tags that a call brings, and the tags it takes away.
_TAG_LISTS = frozenset({"tags", "tagset", "taglist", "tagging", "tagstoadd", "addtags", "tag"})
_TAG_KEYS = ("TagKeys", "tagKeys", "TagKeyList", "TagsToRemove")


def context_of(action: str, members: Members, place: Place, tags: Tags, keys: Mapping[str, str]) -> Context:
    """Return the condition keys that a call with *members* brings for *action*.

    *keys* are those of its rule in operations.toml; *tags* the tags it gives, which become aws:RequestTag/KEY
    and aws:TagKeys (IAM user guide, "AWS global condition context keys").
    """
    found: dict[str, tuple[str, ...]] = {}
    known = condition_keys(action)
    prefix = action.partition(":")[0]
    for key, paths in table("context").get(prefix, {}).items():
        if key.lower() in known:
            given = next((given for path in paths if (given := values(members, path))), ())
            if given:
                found[key.lower()] = given
    for key, path in keys.items():
        literal = path.startswith("=")
        found[key.lower()] = (_literal(path[1:], place),) if literal else values(members, path)
    found |= _tag_context(known, tags, members)
    return MappingProxyType(found) if found else NOTHING


def tags_of(members: Members) -> Tags:
    """Return the tags that a call gives, in whichever of AWS's forms: lists of pairs, a map, S3's query."""
    for name, given in members.items():
        if name.lower() in _TAG_LISTS:
            found = dict(_pairs(given))
            if found:
                return found
    bucket = members.get("CreateBucketConfiguration")
    return dict(_pairs(bucket.get("Tags"))) if isinstance(bucket, Mapping) else {}


def resource_tags(members: Members) -> Mapping[str, Tags]:
    """Return EC2's tags by the type of resource they are for (EC2 API reference, TagSpecification)."""
    given = members.get("TagSpecifications")
    rows = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list) else []
    return {str(each.get("ResourceType", "")): dict(_pairs(each.get("Tags"))) for each in rows}


def _pairs(given: Any) -> Iterator[tuple[str, str]]:
    if isinstance(given, str):
        yield from parse_qsl(given, keep_blank_values=True)
    elif isinstance(given, list):
        for each in given:
            if isinstance(each, Mapping):
                small = {str(name).lower(): value for name, value in each.items()}
                key = small.get("key", small.get("tagkey"))
                if isinstance(key, str):
                    yield key, str(small.get("value", small.get("tagvalue")) or "")
    elif isinstance(given, Mapping):
        inner = given.get("TagSet", given.get("Items"))
        if isinstance(inner, list):
            yield from _pairs(inner)
        else:
            yield from ((str(key), value) for key, value in given.items() if isinstance(value, str))


def _tag_context(known: frozenset[str], tags: Tags, members: Members) -> dict[str, tuple[str, ...]]:
    taken = tuple(key for name in _TAG_KEYS for key in values(members, name))
    keys = tuple(dict.fromkeys((*tags, *taken)))
    found: dict[str, tuple[str, ...]] = {}
    for of_all, of_each in _TAG_CONDITIONS:
        if keys and of_all in known:
            found |= {f"{of_each}{key.lower()}": (value,) for key, value in tags.items()}
            found[of_all] = keys
    return found


# Objects have tags of their own (Amazon S3 user guide, "Tagging and access control policies").
_TAG_CONDITIONS = (
    ("aws:tagkeys", "aws:requesttag/"),
    ("s3:requestobjecttagkeys", "s3:requestobjecttag/"),
)


def _literal(text: str, place: Place) -> str:
    return text.replace("${Region}", place.region).replace("${Account}", place.account)
