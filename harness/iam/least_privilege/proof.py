"""A policy proves itself: every recorded use passes under it, and without any part of it one does not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.least_privilege.asking import compiled, passes, request_of
from harness.iam.least_privilege.grants import as_list
from harness.iam.least_privilege.uses import Use
from harness.iam.policy import Policy
from harness.iam.request import Request

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was asked of the evaluator. `refused`: uses that do not pass; `idle`: parts that no use needs.

    `parts` counts the statements, actions, resources and values of conditions that were left out one by one.
    """

    requests: int
    parts: int
    refused: tuple[Use, ...]
    idle: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every use passes."""
        return not self.refused

    @property
    def minimal(self) -> bool:
        """Whether no part can be left out."""
        return not self.idle

    @property
    def holds(self) -> bool:
        """Whether the policy is proven."""
        return self.complete and self.minimal


def prove(documents: Sequence[Document], identity: str, uses: Iterable[Use]) -> Proof:
    """Return the proof that *documents* together are what *uses* of *identity* (an ARN) need, and no more.

    Left out one after the other: each statement, each action of a statement, each resource, and each value of
    its conditions. Raises MalformedPolicyError.
    """
    asked = [(use, request_of(identity, use)) for use in uses]
    alone = [
        {**document, "Statement": [each]} for document in documents for each in as_list(document["Statement"])
    ]
    whole = compiled(alone)
    refused = tuple(use for use, request in asked if not passes(whole, request))
    left_out = 0
    idle = []
    for number, document in enumerate(alone):
        concerned = [request for _, request in asked if passes(whole[number : number + 1], request)]
        others = whole[:number] + whole[number + 1 :]
        for part in _parts(document, number):
            left_out += 1
            rest = part.rest + others
            if all(passes(rest, request) for request in _likely_first(concerned, part.value)):
                idle.append(part.words)
    return Proof(len(asked), left_out, refused, tuple(idle))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What is left out of a statement, its words, and what is left of the statement."""

    value: str
    words: str
    rest: tuple[Policy, ...] = ()


def _likely_first(requests: Sequence[Request], value: str) -> list[Request]:
    """Return *requests*, those about *value* first: one of them is most likely what no longer passes."""
    return sorted(requests, key=lambda request: value not in (request.action, request.resource))


def _parts(document: Document, number: int) -> Iterator[_Part]:
    """Yield what can be left out of *document*, which has one statement: all of it, or one of several."""
    (statement,) = document["Statement"]
    name = f"statement {statement.get('Sid') or number}"
    yield _Part("", name)
    for element in ("Action", "Resource"):
        names = as_list(statement.get(element, []))
        # a statement is what it is with each of its names by itself, so that no name is compiled twice
        single = compiled({**document, "Statement": [{**statement, element: each}]} for each in names)
        for at, each in enumerate(names if len(names) > 1 else []):
            yield _Part(each, f"{each} of {name}", single[:at] + single[at + 1 :])
    for words, condition in _conditions(statement):
        rest = compiled([{**document, "Statement": [{**statement, "Condition": condition}]}])
        yield _Part("", f"{words} of {name}", rest)


def _conditions(statement: Document) -> Iterator[tuple[str, Document]]:
    """Yield the conditions of *statement* without one of several values."""
    given = statement.get("Condition", {})
    for operator, keys in given.items():
        for key, value in keys.items():
            values = as_list(value)
            for each in values if len(values) > 1 else []:
                left = [other for other in values if other != each]
                yield f"{key} {each}", {**given, operator: {**keys, key: left}}
