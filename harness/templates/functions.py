"""Intrinsic functions over values that are known: join, split, select, base64, cidr, length, JSON text.

Where a value still holds a token, the function cannot say its answer yet. It then stays in its long form,
{"Fn::Select": [0, {"Fn::Split": ["/", "${Token[Url|FunctionUrl]}"]}]}, until `tokens.fill` knows the rest.
"""

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.templates.model import TOKEN

MOST_TEXT = 1_000_000
"""Characters of a text that is put together: a whole template may have no more."""
_MOST_BLOCKS = 256  # Fn::Cidr, "count": valid values are between 1 and 256


class Unresolved(Exception):
    """A value that cannot be known from the template alone; the message says which and why.

    `path` is where it stands within the value that was to be resolved: ".Environment.Variables.QUEUE".
    """

    path = ""


def has_token(value: Any) -> bool:
    """Return whether a part of *value* is known only once a resource is made."""
    if isinstance(value, str):
        return TOKEN.search(value) is not None
    if isinstance(value, Mapping):
        return any(map(has_token, value.values()))
    return isinstance(value, list | tuple) and any(map(has_token, value))


def is_deferred(value: Any) -> bool:
    """Return whether *value* is a function that waits for its tokens."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in CALLS and has_token(value)


def call(name: str, arguments: list[Any]) -> Any:
    """Return what the function *name* gives for *arguments*, or the function itself if it has to wait."""
    waits, work = CALLS[name]
    if waits(arguments):
        return {name: arguments}
    return work(arguments)


def join(arguments: list[Any]) -> str:
    """Fn::Join: the items of a list as one text."""
    separator, items = _two(arguments, "Fn::Join")
    if not isinstance(items, list) or any(isinstance(each, Mapping | list) for each in items):
        raise Unresolved("Fn::Join takes a separator and a list of texts")
    texts, between = [as_text(each) for each in items], str(separator)
    if sum(map(len, texts)) + len(between) * len(texts) > MOST_TEXT:
        raise Unresolved(f"the text has more than {MOST_TEXT} characters")
    return between.join(texts)


def split(arguments: list[Any]) -> list[str]:
    """Fn::Split: the parts of a text."""
    separator, text = _two(arguments, "Fn::Split")
    if not isinstance(separator, str) or not separator or isinstance(text, Mapping | list):
        raise Unresolved("Fn::Split takes a separator and a text")
    return as_text(text).split(separator)


def select(arguments: list[Any]) -> Any:
    """Fn::Select: one item of a list."""
    index, items = _two(arguments, "Fn::Select")
    if not isinstance(items, list) or not str(index).isdecimal() or int(index) >= len(items):
        raise Unresolved(f"Fn::Select has no item {index!r}")
    return items[int(index)]


def cidr(arguments: list[Any]) -> list[str]:
    """Fn::Cidr: as many blocks as asked for, from the front of a block.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
    """
    block, count, *rest = arguments
    network = ipaddress.ip_network(str(block), strict=False)
    bits = int(rest[0]) if rest else (8 if network.version == 4 else 64)
    if not 1 <= int(count) <= _MOST_BLOCKS:
        raise Unresolved(f"Fn::Cidr gives 1 to {_MOST_BLOCKS} blocks, not {count!r:.40}")
    found = []
    for each in network.subnets(new_prefix=network.max_prefixlen - bits):
        found.append(str(each))
        if len(found) == int(count):
            return found
    raise Unresolved(f"Fn::Cidr: {block} does not hold {count} blocks of {bits} bits")


def as_text(value: Any) -> str:
    """Return *value* as CloudFormation writes it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _base64(arguments: list[Any]) -> str:
    return base64.b64encode(as_text(arguments[0]).encode()).decode()


def _length(arguments: list[Any]) -> int:
    if not isinstance(arguments[0], list):
        raise Unresolved("Fn::Length takes a list")
    return len(arguments[0])


def _json_text(arguments: list[Any]) -> str:
    return json.dumps(arguments[0], separators=(",", ":"))


def _two(arguments: list[Any], name: str) -> tuple[Any, Any]:
    if len(arguments) != 2:
        raise Unresolved(f"{name} takes two values")
    return arguments[0], arguments[1]


def _join_waits(arguments: list[Any]) -> bool:
    """Tokens within the texts of a list stay where they are: only a list that is not there yet waits."""
    items = arguments[1] if len(arguments) == 2 else None
    return _waits_for_list(items) or (isinstance(items, list) and any(map(is_deferred, items)))


def _select_waits(arguments: list[Any]) -> bool:
    return _waits_for_list(arguments[1]) if len(arguments) == 2 else False


def _waits_for_list(items: Any) -> bool:
    return not isinstance(items, list) and has_token(items)


Call = tuple[Callable[[list[Any]], bool], Callable[[list[Any]], Any]]
CALLS: dict[str, Call] = {
    "Fn::Join": (_join_waits, join),
    "Fn::Split": (has_token, split),
    "Fn::Select": (_select_waits, select),
    "Fn::Cidr": (has_token, cidr),
    "Fn::Base64": (has_token, _base64),
    "Fn::Length": (lambda arguments: _waits_for_list(arguments[0]), _length),
    "Fn::ToJsonString": (has_token, _json_text),
}
"""Each function: whether its arguments make it wait for tokens, and what it does."""
