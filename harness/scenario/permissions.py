"""What roles and resources' policies may say: statements, and the policy documents made of them.

A statement names what it is about by the declared thing itself (`on=queue`), so that its ARN is right
wherever the scenario is deployed. In an ARN that is written out, `{region}` and `{account}` stand for the
deployment's own.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from harness.errors import ScenarioError
from harness.iam import Kind, MalformedPolicyError, parse
from harness.scenario.permission_names import SERVICE_ENDINGS, check_action, check_principal

Effect = Literal["Allow", "Deny"]
# What documents are tried with when they are declared: AWS's own example account.
SOME_REGION, SOME_ACCOUNT = "us-east-1", "123456789012"


class HasArn(Protocol):
    """A declared thing that has an ARN once it is deployed."""

    def arn(self, region: str, account: str) -> str:
        """Return its ARN in *region* and *account*."""
        ...


On: TypeAlias = str | HasArn


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy. `when` are its conditions as IAM writes them, `by` its principals: a role,
    an ARN, a service's name or `*`, and none in the policies of a role itself."""

    actions: tuple[str, ...]
    resources: tuple[On, ...] = ("*",)
    effect: Effect = "Allow"
    when: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    by: tuple[On, ...] = ()
    sid: str = ""

    def __post_init__(self) -> None:
        word = self.effect.lower()
        if not self.actions:
            raise ScenarioError(f"{word}: no action is named; give at least one, as {word}('s3:GetObject')")
        if not self.resources:
            raise ScenarioError(
                f"{word}({self.actions[0]!r}): on is empty; name what it is about, or leave it out"
            )
        for action in self.actions:
            check_action(word, action)
        what = f"{word}({self.actions[0]!r})"
        _check_things(f"{what}: on", self.resources)
        _check_things(f"{what}: by", self.by)
        for name in self.by:
            if isinstance(name, str):
                check_principal(f"{what}: by", name)
        _check_when(what, self.when)


def allow(
    *actions: str,
    on: On | Sequence[On] = "*",
    when: Mapping[str, Mapping[str, Any]] | None = None,
    by: On | Sequence[On] = (),
    sid: str = "",
) -> Statement:
    """Return a statement that allows *actions* on what *on* names, by default on everything.

    *when*: conditions, as `{"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}`. *by*: whom it
    is about, in the policy of a bucket, a VPC endpoint or a trust policy.
    """
    return Statement(actions, several(on), "Allow", when or {}, several(by), sid)


def deny(
    *actions: str,
    on: On | Sequence[On] = "*",
    when: Mapping[str, Mapping[str, Any]] | None = None,
    by: On | Sequence[On] = (),
    sid: str = "",
) -> Statement:
    """Return a statement that denies *actions*, whatever else allows them; its arguments are `allow`'s."""
    return Statement(actions, several(on), "Deny", when or {}, several(by), sid)


def _check_things(what: str, given: Sequence[Any]) -> None:
    for one in given:
        if not isinstance(one, str) and not callable(getattr(one, "arn", None)):
            raise ScenarioError(f"{what} names {one!r}; give an ARN, or what was declared and has one")


def _check_when(what: str, when: Any) -> None:
    if not (isinstance(when, Mapping) and all(isinstance(keys, Mapping) for keys in when.values())):
        raise ScenarioError(
            f"{what}: when is {when!r}; give conditions as {{'StringEquals': {{'s3:prefix': 'images/'}}}}"
        )


def several(given: On | Sequence[On]) -> tuple[On, ...]:
    """Return one thing, or several, as several."""
    return tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,)


def arn_of(one: On, region: str, account: str) -> str:
    """Return the ARN of *one*; of text the text, with `{region}` and `{account}` filled in."""
    if isinstance(one, str):
        return one.replace("{region}", region).replace("{account}", account)
    return one.arn(region, account)


def document(
    statements: Sequence[Statement], region: str, account: str, kind: Kind = Kind.IDENTITY
) -> dict[str, Any]:
    """Return the policy document of *statements* as it is put in *region* and *account*."""
    written = [_written(one, region, account, kind) for one in statements]
    return {"Version": "2012-10-17", "Statement": written}


def check_statements(who: str, statements: Sequence[Statement], kind: Kind = Kind.IDENTITY) -> None:
    """Raise ScenarioError where *statements* are no policy of this *kind*, with IAM's words for why."""
    for one in statements:
        what = f"{who}: the statement about {one.actions[0]}"
        if kind is Kind.IDENTITY and one.by:
            raise ScenarioError(f"{what} says by whom; a role's own policy is about the role, drop by")
        if kind is not Kind.IDENTITY and not one.by:
            raise ScenarioError(f"{what} does not say whom it is about; give by=a role, or by='*'")
    if not statements:
        return
    try:
        parse(json.dumps(document(statements, SOME_REGION, SOME_ACCOUNT, kind)), kind)
    except (MalformedPolicyError, TypeError) as error:
        why = error.told if isinstance(error, MalformedPolicyError) else error
        raise ScenarioError(f"{who}: IAM refuses its policy: {why}") from error


def _written(one: Statement, region: str, account: str, kind: Kind) -> dict[str, Any]:
    written: dict[str, Any] = {"Sid": one.sid} if one.sid else {}
    written["Effect"] = one.effect
    if kind is not Kind.IDENTITY:
        written["Principal"] = _principal(one.by, region, account)
    written["Action"] = list(one.actions)
    if kind is not Kind.TRUST:  # a trust policy is about its own role
        written["Resource"] = [arn_of(each, region, account) for each in one.resources]
    if one.when:
        written["Condition"] = {
            operator: {key: _value(value, region, account) for key, value in keys.items()}
            for operator, keys in one.when.items()
        }
    return written


def _principal(by: Sequence[On], region: str, account: str) -> str | dict[str, str | list[str]]:
    names = [arn_of(one, region, account) for one in by]
    if "*" in names:
        return "*"
    services = [name for name in names if name.endswith(SERVICE_ENDINGS)]
    kinds = {"Service": services, "AWS": [name for name in names if name not in services]}
    return {kind: own[0] if len(own) == 1 else own for kind, own in kinds.items() if own}


def _value(value: Any, region: str, account: str) -> Any:
    """Return a condition's value as it is written: declared things by their ARNs."""
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(each, region, account) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) or hasattr(value, "arn"):
        return arn_of(value, region, account)
    return value
