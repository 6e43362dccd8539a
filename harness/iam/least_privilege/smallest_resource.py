"""The smallest policy of a queue, topic or function, and the smallest trust policy of a role.

It lets in who was there and nobody else: services by their names, with aws:SourceArn and aws:SourceAccount as
they passed them, so that a service does it for these sources only (IAM user guide, "The confused deputy
problem").
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from harness.iam.least_privilege.grants import TRUST
from harness.iam.least_privilege.narrowing import Condition
from harness.iam.least_privilege.proof import Proof, prove_let_in
from harness.iam.least_privilege.resource_use import FUNCTION, Asked, ResourceUse
from harness.iam.least_privilege.uses import IMPLICITLY_DENIED
from harness.iam.least_privilege.wildcards import WILDCARD_ABOVE, gathered
from harness.iam.request import Request

VERSION = "2012-10-17"
SOURCE_ARN, SOURCE_ACCOUNT = "aws:SourceArn", "aws:SourceAccount"
_KINDS = {"service": "Service", "aws": "AWS", "federated": "Federated"}
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Grant:
    """Actions of one principal, `kind` and `name` as the Principal element has them, under one condition."""

    kind: str
    name: str
    actions: tuple[str, ...]
    condition: Condition


def needed_asks(one: ResourceUse, *, include_denied: bool = False) -> tuple[Asked, ...]:
    """Return the uses that the policy of *one* must let in, with what AWS is known to pass on with them.

    With *include_denied* also those that nothing allowed; what a Deny refused stays out.
    """
    given = one.used
    if include_denied:
        given += tuple(each for each in one.denied if each.use.verdict == IMPLICITLY_DENIED)
    return tuple(_sourced(each) if one.kind == TRUST else each for each in given)


@cache
def _assuming() -> Mapping[str, tuple[str, ...]]:
    text = files("harness.iam.least_privilege").joinpath("sources.toml").read_text(encoding="utf-8")
    return {row["service"]: tuple(row["keys"]) for row in tomllib.loads(text)["assumes"]}


def _sourced(asked: Asked) -> Asked:
    """Return *asked*, a role assumed, with the keys of the source that AWS documents, and without others.

    A role is handed to a service in the role's own account (IAM user guide, "Grant a user permissions to pass
    a role to an AWS service"), which is the source's.
    """
    account = (asked.use.resource.split(":")[4],)
    given = {SOURCE_ACCOUNT.lower(): account, **asked.use.context}
    passed = {key.lower() for key in _assuming().get(asked.principal, ())}
    left_out = {SOURCE_ARN.lower(), SOURCE_ACCOUNT.lower()} - passed
    context = {key: values for key, values in given.items() if key not in left_out}
    return replace(asked, use=replace(asked.use, context=context))


def smallest_resource(
    one: ResourceUse, asked: Sequence[Asked], *, wildcard_above: int = WILDCARD_ABOVE
) -> Document:
    """Return the smallest policy of *one* that lets *asked* in; its Statement is empty where they are none.

    More than *wildcard_above* sources with one beginning become a pattern. A function's policy has a
    statement for each source, as AddPermission makes them (Lambda API reference).
    """
    everybody, named = _parted(asked)
    grants = _grants(everybody, wildcard_above)
    if everybody:  # who is let in with everybody needs no statement
        open_to_all = {"Version": VERSION, "Statement": _statements(one, _merged(grants))}
        named = [each for each in named if prove_resource(open_to_all, one, [each]).refused]
    grants = _merged([*grants, *_grants(named, wildcard_above)])
    if one.kind == FUNCTION:
        grants = [each for grant in grants for each in _one_by_one(grant)]
    return {"Version": VERSION, "Statement": _statements(one, grants)}


def prove_resource(document: Mapping[str, Any], one: ResourceUse, asked: Iterable[Asked]) -> Proof:
    """Return the proof that *document* lets *asked* in as the policy of *one*, and has no part too many."""
    return prove_let_in([document], [(each.use, request_of(each)) for each in asked])


def request_of(asked: Asked) -> Request:
    """Return the request that *asked* was."""
    return Request.of(asked.who, asked.use.action, asked.use.resource, asked.use.context)


def _parted(asked: Sequence[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Return those of *asked* whom only `*` names, and those with a name."""
    everybody = [each for each in asked if each.who.kind not in _KINDS]
    return everybody, [each for each in asked if each.who.kind in _KINDS]


def _grants(asked: Sequence[Asked], above: int) -> list[_Grant]:
    """Return what each principal needs for each action: one grant for each account that it acts for."""
    by_need: dict[tuple[str, str, str], list[Asked]] = {}
    for each in asked:
        who = each.who
        kind, name = (_KINDS[who.kind], who.name) if who.kind in _KINDS else ("AWS", "*")
        by_need.setdefault((kind, name, each.use.action), []).append(each)
    grants = []
    for (kind, name, action), found in sorted(by_need.items()):
        by_account: dict[str, list[Asked]] = {}
        for each in found:
            by_account.setdefault(_value(each, SOURCE_ACCOUNT), []).append(each)
        if "" in by_account:  # one that comes from no account needs a statement that asks for none
            by_account = {"": found}
        grants += [
            _Grant(kind, name, (action,), _condition(account, uses, above))
            for account, uses in sorted(by_account.items())
        ]
    return grants


def _value(asked: Asked, key: str) -> str:
    values = asked.use.context.get(key.lower(), ())
    return values[0] if len(values) == 1 else ""


def _condition(account: str, asked: Sequence[Asked], above: int) -> Condition:
    """Return the account, and the sources where each of *asked* tells its own."""
    found: list[tuple[str, str, tuple[str, ...]]] = []
    sources = sorted({_value(each, SOURCE_ARN) for each in asked})
    if "" not in sources:
        patterns = gathered(sources, above)
        operator = "ArnEquals" if len(patterns) == len(sources) else "ArnLike"
        found.append((operator, SOURCE_ARN, tuple(sorted(patterns))))
    if account:
        found.append(("StringEquals", SOURCE_ACCOUNT, (account,)))
    return tuple(found)


def _merged(grants: Iterable[_Grant]) -> list[_Grant]:
    """Return *grants* with the actions of one principal under one condition together."""
    actions: dict[tuple[str, str, Condition], set[str]] = {}
    for each in grants:
        actions.setdefault((each.kind, each.name, each.condition), set()).update(each.actions)
    return [_Grant(*key[:2], tuple(sorted(found)), key[2]) for key, found in sorted(actions.items())]


def _one_by_one(grant: _Grant) -> list[_Grant]:
    """Return *grant* as Lambda keeps it: one action and one source a statement, compared with ArnLike."""
    sources = [value for _, key, values in grant.condition if key == SOURCE_ARN for value in values]
    others = tuple(each for each in grant.condition if each[1] != SOURCE_ARN)
    conditions = [(("ArnLike", SOURCE_ARN, (each,)), *others) for each in sources] or [others]
    return [
        replace(grant, actions=(action,), condition=each) for action in grant.actions for each in conditions
    ]


def _statements(one: ResourceUse, grants: Iterable[_Grant]) -> list[dict[str, Any]]:
    """Return *grants* as statements; principals that may do the same under the same condition share one."""
    shared: dict[tuple[str, tuple[str, ...], Condition], list[str]] = {}
    for grant in grants:
        # AddPermission takes one principal a statement.
        alone = grant.name if one.kind == FUNCTION else ""
        shared.setdefault((f"{grant.kind}\0{alone}", grant.actions, grant.condition), []).append(grant.name)
    sids: dict[str, int] = {}
    return [
        _statement(one, kind.partition("\0")[0], names, actions, condition, sids)
        for (kind, actions, condition), names in sorted(shared.items())
    ]


def _statement(
    one: ResourceUse,
    kind: str,
    names: Sequence[str],
    actions: Sequence[str],
    condition: Condition,
    sids: dict[str, int],
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": _sid(names[0], actions[0], condition, sids),
        "Effect": "Allow",
        "Principal": {kind: sorted(names)},
        "Action": list(actions),
    }
    if one.kind != TRUST:
        statement["Resource"] = [one.resource]
    if condition:
        statement["Condition"] = {operator: {key: list(values)} for operator, key, values in condition}
    return statement


def _sid(name: str, action: str, condition: Condition, sids: dict[str, int]) -> str:
    """Return a name from who, what and from where: `SnsSendMessageFromAlerts`; numbered when taken."""
    who = name.partition(".")[0] if "/" not in name else re.split(r"[:/]", name)[-1]
    sources = [values for _, key, values in condition if key == SOURCE_ARN]
    where = ["from", re.split(r"[:/]", sources[0][0].rstrip("/*"))[-1]] if sources else []
    words = re.findall(r"[A-Za-z0-9]+", " ".join([who, action.partition(":")[2], *where]))
    sid = "".join(word[:1].upper() + word[1:] for word in words)[:80]
    sids[sid] = sids.get(sid, 0) + 1
    return sid if sids[sid] == 1 else f"{sid}{sids[sid]}"
