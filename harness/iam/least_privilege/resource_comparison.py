"""What the policy of a resource, or a role's trust policy, grants that a reference does not.

It is asked for each principal by itself: what the statements about it grant, as if they were its own
policies. Nothing is said to be old unless that is certain, as in `comparison`: a reference names a principal
itself or everybody (an account leaves it to its own policies), and a Deny counts in the reference where it
may be about the principal, in the policy where it certainly is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from harness.iam.least_privilege.asking import names_resources
from harness.iam.least_privilege.comparison import NewGrant, new_grants
from harness.iam.least_privilege.grants import as_list, texts
from harness.iam.patterns import resource_pattern
from harness.iam.policy import Kind, parse
from harness.iam.principals import EVERYONE, principals

Document = Mapping[str, Any]
Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class _Who:
    """A principal as a policy names it: the key of the Principal element, and the name."""

    kind: str
    name: str

    def is_in(self, statement: Statement) -> bool:
        """Return whether the Principal of *statement* certainly takes it in."""
        if "Principal" not in statement:
            return False
        named = principals(statement["Principal"])
        return named.everyone or self.name in named.by_kind.get(self.kind, ())

    def may_be_in(self, statement: Statement) -> bool:
        """Return whether *statement*, a Deny, may be about it."""
        if "Principal" not in statement or self.name == EVERYONE:
            return True
        named = principals(statement["Principal"])
        return named.everyone or (self.kind == "AWS" and "AWS" in named.by_kind) or self.is_in(statement)


def new_grants_at_resource(
    reference: Sequence[Document], candidate: Sequence[tuple[str, Document]], resource: str = ""
) -> tuple[NewGrant, ...]:
    """Return what *candidate*, policies by name, grant to somebody that the documents of *reference* do not.

    *resource* is the ARN that they hang on, where it is known: `*` stands for it then. Empty only when they
    certainly grant nothing new. Raises MalformedPolicyError.
    """
    known = [(each, _statements(each, resource)) for each in reference]
    given = [(name, each, _statements(each, resource)) for name, each in candidate]
    denied = {_told(one) for _, _, statements in given for one in statements if not _allows(one)}
    found: list[NewGrant] = []
    for who in sorted({who for _, _, statements in given for one in statements for who in _allowed(one)}):
        # A Deny that both have, and that may or may not be about the principal, takes the same from both.
        old = [
            _own(each, [one for one in statements if _counts_before(who, one, denied)])
            for each, statements in known
        ]
        new = [
            (name, _own(each, [one for one in statements if who.is_in(one)]))
            for name, each, statements in given
        ]
        grants = new_grants(
            [each for each in old if each["Statement"]],
            [(name, each) for name, each in new if each["Statement"]],
        )
        found += [replace(each, principal=who.name) for each in grants]
    return tuple(found)


def _counts_before(who: _Who, statement: Statement, denied: AbstractSet[str]) -> bool:
    """Return whether *statement* of the reference counts for *who*; *denied* are the policy's own Denies."""
    if _allows(statement):
        return who.is_in(statement)
    return who.is_in(statement) or (who.may_be_in(statement) and _told(statement) not in denied)


def _allows(statement: Statement) -> bool:
    return bool(statement["Effect"] == "Allow")


def _allowed(statement: Statement) -> Iterator[_Who]:
    """Yield whom *statement* allows something: NotPrincipal allows nobody."""
    if _allows(statement) and "Principal" in statement:
        named = principals(statement["Principal"])
        if named.everyone:
            yield _Who("AWS", EVERYONE)
        else:
            yield from (_Who(kind, name) for kind, names in named.by_kind.items() for name in names)


def _told(statement: Statement) -> str:
    """Return *statement* as a text, without its name."""
    return json.dumps({key: statement[key] for key in statement if key != "Sid"}, sort_keys=True)


def _statements(document: Document, resource: str) -> list[Statement]:
    """Return the statements of *document*, each with a name and a Resource; a trust policy's is its role."""
    parse(document, Kind.RESOURCE if names_resources(document) else Kind.TRUST, lenient=True)
    found: list[Statement] = []
    for number, each in enumerate(as_list(document["Statement"])):
        about = _about(each, resource)
        if about.get("Resource") != []:
            found.append({**each, **about, "Sid": each.get("Sid") or str(number)})
    return found


def _about(statement: Statement, resource: str) -> Statement:
    """Return the Resource of *statement*: *resource* itself for the patterns that take it in."""
    if "NotResource" in statement:
        return {"NotResource": statement["NotResource"]}
    given = texts(statement.get("Resource", EVERYONE))
    if not resource:
        return {"Resource": list(given)}
    takes = [resource_pattern(each, variables=False, generous=True).matches(resource, {}) for each in given]
    if any(takes):
        return {"Resource": [resource]}
    return {"Resource": [each for each in given if "${" in each]}  # a variable may be anything


def _own(document: Document, statements: Sequence[Statement]) -> Document:
    """Return *statements* as a policy of the principal's own."""
    left_out = ("Principal", "NotPrincipal")
    own = [{key: each[key] for key in each if key not in left_out} for each in statements]
    return {"Version": document.get("Version", "2008-10-17"), "Statement": own}
