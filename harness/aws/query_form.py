"""The body of a call in AWS's query protocol: a form whose field `Action` names the operation.

Smithy, "AWS query protocol": parameters are form fields, lists are numbered (`Entry.member.1.Id`, or
`Entry.1.Id` where they are flattened, as SQS has them).
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

# The longest call that a service of this protocol takes is one of 1 MiB (SQS); percent-encoding triples it.
LIMIT_BYTES = 8 * 1024 * 1024
_TOO_LARGE = Reply(413, b"The body of a query call is not as long as that.")
_METHODS = frozenset({"GET", "POST"})  # what `identify` calls an operation that the head does not name
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")


def name_call(exchange: Exchange) -> Outcome:
    """Set the operation of a query call from its `Action`; a handler that never answers.

    It reads the body of what is sent as a form; handlers after it find it in `exchange.body`.
    """
    if exchange.operation not in _METHODS:
        return None
    if exchange.method == "POST":
        kind = exchange.header(b"content-type") or b""
        if kind.lower().startswith(b"application/x-www-form-urlencoded"):
            return ReadBody(_name_by_body, LIMIT_BYTES, _TOO_LARGE)
    elif "Action=" in exchange.query:
        _name(exchange, exchange.query.encode())
    return None


def _name_by_body(exchange: Exchange) -> Outcome:
    _name(exchange, exchange.body)
    return None


def _name(exchange: Exchange, form: bytes) -> None:
    found = _ACTION.search(form)
    if found:
        exchange.operation = found[1].decode()


def decode(body: bytes) -> dict[str, str]:
    """Return the fields of a form body, percent-decoded as UTF-8; of a field given twice, the last.

    What is no UTF-8 is replaced by U+FFFD, a field without `=` has an empty value: nothing is raised.
    """
    fields: dict[str, str] = {}
    for pair in body.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        if not name:
            continue
        fields[_decoded(name)] = _decoded(value)
    return fields


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    # Not unquote(): it looks for what is no ASCII first, of which a form has none, and takes twice as long.
    return unquote_to_bytes(text).decode("utf-8", "replace") if "%" in text else text


def entries(fields: Mapping[str, str], *prefixes: str) -> list[dict[str, str]]:
    """Return the numbered entries of *fields* under the first of *prefixes* that has any, by their numbers.

    `entries(fields, "Attribute.", "Attributes.entry.")` of `Attribute.1.Name=a&Attribute.1.Value=b` is
    `[{"Name": "a", "Value": "b"}]`; a value without a name of its own (`TagKey.1=a`) is under "".
    """
    for prefix in prefixes:
        found: dict[int, dict[str, str]] = {}
        for name, value in fields.items():
            if name.startswith(prefix):
                number, _, member = name[len(prefix) :].partition(".")
                if number.isdecimal():
                    found.setdefault(int(number), {})[member] = value
        if found:
            return [found[number] for number in sorted(found)]
    return []
