"""The condition keys that a call brings by its members: tables/context.toml, and the tags in it."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from harness.iam.actions.catalogue import condition_keys
from harness.iam.actions.library import table
from harness.iam.actions.members import Members, values
from harness.iam.actions.need import NOTHING, Place
from harness.iam.actions.rules import ruled
from harness.iam.request import Context

Tags = Mapping[str, str]
# How services call the list of tags that a call brings, and the tags it takes away.
_TAG_LISTS = frozenset({"tags", "tagset", "taglist", "tagging", "tagstoadd", "addtags", "tag"})
_TAG_KEYS = ("TagKeys", "tagKeys", "TagKeyList", "TagsToRemove")


def context_of(
    action: str, members: Members, place: Place, tags: Tags, keys: Mapping[str, str], kind: str = ""
) -> Context:
    """Return the condition keys that a call with *members* brings for *action*, on a resource of *kind*.

    *keys* are those of its rule in operations.toml; *tags* the tags it gives, which become aws:RequestTag/KEY
    and aws:TagKeys (IAM user guide, "AWS global condition context keys").
    """
    found: dict[str, tuple[str, ...]] = {}
    known = condition_keys(action, kind)
    prefix = action.partition(":")[0]
    for key, paths in table("context").get(prefix, {}).items():
        if key.lower() in known:
            given = next((given for path in paths if (given := values(members, path))), ())
            if given:
                found[key.lower()] = given
    for key, path in keys.items():
        literal = path.startswith("=")
        found[key.lower()] = (_literal(path[1:], place),) if literal else values(members, path)
    if "ec2:region" in known:
        found["ec2:region"] = (place.region,)
    found |= _tag_context(known, tags, members)
    return MappingProxyType(found) if found else NOTHING


@lru_cache(maxsize=4096)
def is_unread(action: str, key: str) -> bool:
    """Return whether requests for *action* may carry the condition key *key*, and nobody here reads it.

    *key* is in small letters. Only keys of the service's own are meant; what is never there is no such key.
    """
    prefix = action.partition(":")[0]
    if not key.startswith(f"{prefix}:") or key.startswith(tuple(table("context")["absent"]["keys"])):
        return False
    if any(key == each.lower() for each, paths in table("context").get(prefix, {}).items() if paths):
        return False
    if any(key == each.lower() for rules in ruled().values() for rule in rules for each in rule.keys):
        return False
    return any(_is_of(key, each) for each in condition_keys(action))


def _is_of(key: str, listed: str) -> bool:
    """Return whether *key* is *listed* in the reference, where a part of it may be to be filled."""
    beginning, hole, _ = listed.replace("<", "${").partition("${")
    return key.startswith(beginning) if hole else key == listed


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
