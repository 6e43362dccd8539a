"""What a simulation is given and what it quotes: nested form fields, statements and where they stand."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam import Kind, Policy, parse

_SPACE = " \t\r\n"


def nested(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form as values: `A.member.1.B=c` is `{"A": [{"B": "c"}]}`."""
    root: dict[str, Any] = {}
    for name, value in fields.items():
        *way, last = name.split(".")
        node = root
        for step in way:
            inside = node.setdefault(step, {})
            if not isinstance(inside, dict):
                inside = node[step] = {}
            node = inside
        node[last] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = value.get("member")
    if isinstance(members, dict) and all(number.isdecimal() for number in members):
        return [_lists(members[number]) for number in sorted(members, key=int)]
    return {name: _lists(each) for name, each in value.items()}


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a document, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A statement as the simulator names it: its policy, that one's type, and from where to where it goes."""

    policy: str
    type: str
    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Source:
    """A policy in a simulation: `policy` and `type` are what its statements are quoted by."""

    policy: str
    type: str
    document: str
    arn: str = ""

    def compiled(self, kind: Kind, number: int) -> tuple[Policy, dict[str, Quote]]:
        """Return it compiled, with the quote of each statement by its name; raise MalformedPolicyError."""
        name = str(number)
        policy = parse(self.document, kind, name=name, lenient=True)
        spans = list(spans_of(self.document))
        quotes = {
            statement.name: Quote(self.policy, self.type, *span)
            for statement, span in zip(policy.statements, spans, strict=False)
        }
        return policy, quotes


def spans_of(document: str) -> Iterator[tuple[Position, Position]]:
    """Return where each statement of *document*, valid JSON, begins and ends, as the policy simulator counts.

    A statement begins behind its first character when it is alone, and behind the bracket or comma before it
    in a list; it ends behind its last. Read off the examples of the CLI reference (simulate-custom-policy).
    """
    decoder = json.JSONDecoder()
    at = _value_of_statement(document, decoder)
    if at < 0:
        return
    if document[at] != "[":
        yield _position(document, at + 1), _position(document, decoder.raw_decode(document, at)[1])
        return
    while document[at] in "[,":
        start = at + 1
        begin = _skip(document, start)
        if document[begin] == "]":
            return
        end = decoder.raw_decode(document, begin)[1]
        yield _position(document, start), _position(document, end)
        at = _skip(document, end)


def _value_of_statement(document: str, decoder: json.JSONDecoder) -> int:
    """Return where the value of the document's own `Statement` begins, -1 where it has none."""
    at = _skip(document, _skip(document, 0) + 1)
    while document[at] == '"':
        name, at = decoder.raw_decode(document, at)
        at = _skip(document, _skip(document, at) + 1)
        if name == "Statement":
            return at
        at = _skip(document, decoder.raw_decode(document, at)[1])
        at = _skip(document, at + 1) if document[at] == "," else at
    return -1


def _skip(document: str, at: int) -> int:
    while at < len(document) and document[at] in _SPACE:
        at += 1
    return at


def _position(document: str, at: int) -> Position:
    line = document.count("\n", 0, at)
    return Position(line + 1, at - (document.rfind("\n", 0, at) + 1) + 1)


def context_keys_of(document: str) -> list[str]:
    """Return the condition keys and variables of *document* in order; raise MalformedPolicyError."""
    parse(document, Kind.RESOURCE if '"Principal"' in document else Kind.IDENTITY, lenient=True)
    value = json.loads(document)
    statements = value["Statement"]
    found: dict[str, str] = {}
    for statement in statements if isinstance(statements, list) else [statements]:
        for key in _keys_of(statement):
            found.setdefault(key.lower(), key)
    return list(found.values())


def _keys_of(statement: Mapping[str, Any]) -> Iterator[str]:
    for keys in statement.get("Condition", {}).values():
        yield from keys
        for values in keys.values():
            yield from _variables(values)
    for element in ("Resource", "NotResource"):
        yield from _variables(statement.get(element, []))


def _variables(values: Any) -> Iterator[str]:
    for text in values if isinstance(values, list) else [values]:
        pieces = str(text).split("${")[1:]
        for piece in pieces:
            # `${*}`, `${?}` and `${$}` are characters; behind a comma stands a default.
            key = piece.partition("}")[0].partition(",")[0].strip()
            if ":" in key:
                yield key
