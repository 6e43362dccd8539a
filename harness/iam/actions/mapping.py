"""From an API call to what it needs of IAM.

An operation's action has the operation's name, save where tables/operations.toml says otherwise; its
resources are those that the Service Authorization Reference gives the action, filled from the call's members.
"""

from collections.abc import Iterator
from functools import lru_cache

from harness.iam.actions.catalogue import ResourceType, canonical, exists, resource_types
from harness.iam.actions.context import Tags, context_of, resource_tags, tags_of
from harness.iam.actions.library import table
from harness.iam.actions.members import Members, values
from harness.iam.actions.need import Call, Need, Place
from harness.iam.actions.passing import passed_roles
from harness.iam.actions.preparing import prepared
from harness.iam.actions.rest_paths import verb_need
from harness.iam.actions.rules import Rule, rules_for
from harness.iam.actions.templates import Filled, fill, matches

# Calls of one or two short members (a queue, an endpoint, an object) come over and over again.
_KEPT = 16_384
_FEW = 4
_kept: dict[tuple[object, ...], tuple[Need, ...] | None] = {}


def needs_of(call: Call, place: Place) -> tuple[Need, ...] | None:
    """Return every action that *call* needs, each on each of its resources; None: nobody mapped it.

    An empty tuple is never returned: a call whose members name nothing to work on is not mapped either. Equal
    calls get the same tuple while it is kept.
    """
    members = call.members
    if len(members) > _FEW:
        return _needs_of(call, place)
    key = (call.service, call.operation, place, *members.items())
    try:
        return _kept[key]
    except KeyError:
        pass
    except TypeError:  # a list or a map among the members
        return _needs_of(call, place)
    if len(_kept) >= _KEPT:
        _kept.clear()
    found = _kept[key] = _needs_of(call, place)
    return found


@lru_cache(maxsize=1024)
def prefix_of(signing_name: str) -> str:
    """Return what IAM calls the service that SigV4 calls *signing_name*."""
    prefix = table("services")["prefix"].get(signing_name, signing_name)
    return str(prefix)


def _needs_of(call: Call, place: Place) -> tuple[Need, ...] | None:
    prefix, operation = prefix_of(call.service), call.operation
    rules = rules_for(prefix, operation)
    if not rules and not exists(f"{prefix}:{operation}"):
        verb = verb_need(prefix, call.members, place)
        return (verb, *passed_roles(prefix, operation, call.members, place)) if verb else None
    members = prepared(prefix, operation, call.members, place)
    tags = tags_of(members)
    found: list[Need] = []
    for rule in rules or (Rule(canonical(f"{prefix}:{operation}")),):
        if rule.applies(members):
            found += _needs_of_rule(rule, prefix, operation, members, place, tags)
    found += _tagging(prefix, operation, found, members, place, tags)
    found += passed_roles(prefix, operation, call.members, place)
    return tuple(dict.fromkeys(found)) or None


def _needs_of_rule(
    rule: Rule, prefix: str, operation: str, members: Members, place: Place, tags: Tags
) -> Iterator[Need]:
    by_type = resource_tags(members) if prefix == "ec2" else {}
    plain = {} if prefix == "ec2" else context_of(rule.action, members, place, tags, rule.keys)
    arns = (
        fill(rule.on, members, place, prefix).arns
        if rule.on
        else _resources(rule.action, operation, members, place)
    )
    for arn in arns:
        if prefix != "ec2":
            yield Need(rule.action, arn, plain)
            continue
        # EC2 tells keys of one type of resource, as ec2:InstanceType, with that resource alone (Service
        # Authorization Reference, "Actions defined by Amazon EC2": keys stand beside the resource types).
        kind = arn.rpartition(":")[2].partition("/")[0]
        own = by_type.get(kind, {}) if by_type else tags
        yield Need(rule.action, arn, context_of(rule.action, members, place, own, rule.keys, kind))


def _resources(action: str, operation: str, members: Members, place: Place) -> tuple[str, ...]:
    """Return the ARNs that *action* works on; `*` only where the reference says that it takes none."""
    types = resource_types(action)
    if not types:
        return ("*",)
    whole = _by_its_arn(types, members)
    if whole:
        return tuple(_spelt(action, arn) for arn in whole)
    prefix = action.partition(":")[0]
    filled = [(each, _best(each, members, place, prefix)) for each in types]
    chosen = [each for each in filled if each[0].required or each[1].complete]
    # Types that are listed together for calls that name one resource by its ARN are alternatives.
    if any(each.whole for _type, each in chosen):
        chosen = [each for each in chosen if _stands(*each)]
    if not chosen:
        # All of them are optional: the call works on one that it names in part, or on none.
        named = [each for each in filled if each[1].named]
        if not named:
            return ("*",)
        chosen = [_likeliest(named, operation)]
    return tuple(dict.fromkeys(_spelt(action, arn) for _type, each in chosen for arn in each.arns))


def _stands(kind: ResourceType, filled: Filled) -> bool:
    """Return whether *kind* is worked on beside a type whose ARN a member gave."""
    return filled.whole or (not filled.borrowed and (filled.named or (kind.required and filled.complete)))


def _by_its_arn(types: tuple[ResourceType, ...], members: Members) -> tuple[str, ...]:
    """Return the ARNs of calls that work on any of many types, named by a member for just that."""
    given = (text for name in _ANY_RESOURCE for text in values(members, name) if text.startswith("arn:"))
    return tuple(
        arn for arn in dict.fromkeys(given) if any(matches(t, arn) for each in types for t in each.templates)
    )


_ANY_RESOURCE = ("ResourceArn", "ResourceARN", "ResourceArnList", "ResourceARNList", "Resource")


def _best(kind: ResourceType, members: Members, place: Place, prefix: str) -> Filled:
    """Return *kind*'s templates filled: the one that members fill best, since they are alternatives."""
    found = [fill(template, members, place, prefix) for template in kind.templates]
    return max(found, key=lambda each: (each.whole, each.complete, each.named))


def _likeliest(named: list[tuple[ResourceType, Filled]], operation: str) -> tuple[ResourceType, Filled]:
    """Return the type that the operation is named after, else the first."""
    lower = operation.lower()
    return max(named, key=lambda each: each[0].name.replace("-", "").lower() in lower)


def _spelt(action: str, arn: str) -> str:
    """Return *arn* as it is asked for: a log group's has `:log-stream:` behind it, save where it is tagged.

    CloudWatch Logs user guide, "Overview of managing access permissions", resources: policies name a log
    group with `:*` behind it, except for TagResource, UntagResource and ListTagsForResource.
    """
    if action.startswith("logs:") and ":log-group:" in arn and ":log-stream:" not in arn:
        if action in _ABOUT_TAGS:
            return arn.removesuffix(":*")
        return f"{arn.removesuffix(':*')}:log-stream:"
    return arn


_ABOUT_TAGS = frozenset({"logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource"})


def _tagging(
    prefix: str, operation: str, needs: list[Need], members: Members, place: Place, tags: Tags
) -> Iterator[Need]:
    """Yield the action that tags what is made, on what is made (tables/tagging.toml)."""
    row = table("tagging").get(prefix)
    if row is None or not needs:
        return
    if prefix == "ec2":
        yield from _instance_tags(operation, members, place)
        return
    action = row["actions"].get(operation) if "actions" in row else row["action"]
    starts = row.get("operations", "").split("|")
    if not tags or not action or not ("actions" in row or any(operation.startswith(each) for each in starts)):
        return
    context = context_of(action, members, place, tags, {})
    for need in needs[:1]:
        yield Need(action, _taggable(need.resource), context)


def _taggable(arn: str) -> str:
    return arn.removesuffix(":log-stream:")


def _instance_tags(operation: str, members: Members, place: Place) -> Iterator[Need]:
    """EC2 tags what it creates by TagSpecifications, each for a type, and says for which action."""
    for kind, tags in resource_tags(members).items():
        arn = f"arn:{place.partition}:ec2:{place.region}:{place.account}:{kind}/*"
        keys = {"ec2:CreateAction": f"={operation}"}
        yield Need("ec2:CreateTags", arn, context_of("ec2:CreateTags", {}, place, tags, keys))
