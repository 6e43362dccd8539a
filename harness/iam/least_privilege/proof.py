"""A policy proves itself: every recorded use passes under it, and without any part of it one does not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.least_privilege.asking import compiled, compiled_at_resource, let_in, passes, request_of
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
    return _proved(documents, [(use, request_of(identity, use)) for use in uses], _OWN)


def prove_let_in(documents: Sequence[Document], asked: Iterable[tuple[Use, Request]]) -> Proof:
    """Return the proof that *documents*, together the policy of one resource, are what *asked* need of it.

    Left out are principals, too. Raises MalformedPolicyError.
    """
    return _proved(documents, list(asked), _AT_RESOURCE)


@dataclass(frozen=True, slots=True, eq=False)
class _Court:
    """How documents are read and asked: as those of who calls, or of what is called."""

    compiled: Callable[[Iterable[Document]], tuple[Policy, ...]]
    passes: Callable[[tuple[Policy, ...], Request], bool]


_OWN = _Court(compiled, passes)
_AT_RESOURCE = _Court(compiled_at_resource, let_in)


def _proved(documents: Sequence[Document], asked: Sequence[tuple[Use, Request]], court: _Court) -> Proof:
    alone = [
        {**document, "Statement": [each]} for document in documents for each in as_list(document["Statement"])
    ]
    whole = court.compiled(alone)
    refused = tuple(use for use, request in asked if not court.passes(whole, request))
    left_out = 0
    idle = []
    for number, document in enumerate(alone):
        concerned = [request for _, request in asked if court.passes(whole[number : number + 1], request)]
        others = whole[:number] + whole[number + 1 :]
        for part in _parts(document, number, court):
            left_out += 1
            rest = part.rest + others
            if all(court.passes(rest, request) for request in _likely_first(concerned, part.value)):
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


def _parts(document: Document, number: int, court: _Court) -> Iterator[_Part]:
    """Yield what can be left out of *document*, which has one statement: all of it, or one of several."""
    (statement,) = document["Statement"]
    name = f"statement {statement.get('Sid') or number}"
    yield _Part("", name)
    for element in ("Action", "Resource"):
        names = as_list(statement.get(element, []))
        # a statement is what it is with each of its names by itself, so that no name is compiled twice
        single = court.compiled({**document, "Statement": [{**statement, element: each}]} for each in names)
        for at, each in enumerate(names if len(names) > 1 else []):
            yield _Part(each, f"{each} of {name}", single[:at] + single[at + 1 :])
    for words, principal in _principals(statement):
        rest = court.compiled([{**document, "Statement": [{**statement, "Principal": principal}]}])
        yield _Part("", f"{words} of {name}", rest)
    for words, condition in _conditions(statement):
        rest = court.compiled([{**document, "Statement": [{**statement, "Condition": condition}]}])
        yield _Part("", f"{words} of {name}", rest)


def _principals(statement: Document) -> Iterator[tuple[str, Document]]:
    """Yield the Principal of *statement* without one of several names."""
    given = statement.get("Principal", {})
    for kind, names in given.items() if isinstance(given, Mapping) else ():
        several = as_list(names)
        for each in several if len(several) > 1 else []:
            yield each, {**given, kind: [other for other in several if other != each]}


def _conditions(statement: Document) -> Iterator[tuple[str, Document]]:
    """Yield the conditions of *statement* without one of several values."""
    given = statement.get("Condition", {})
    for operator, keys in given.items():
        for key, value in keys.items():
            values = as_list(value)
            for each in values if len(values) > 1 else []:
                left = [other for other in values if other != each]
                yield f"{key} {each}", {**given, operator: {**keys, key: left}}
