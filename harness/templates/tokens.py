"""Tokens: which a value holds, and what it becomes once the resources behind them are made."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.templates.functions import CALLS, as_text, call, is_deferred
from harness.templates.model import TOKEN

Known = Callable[[str, str], Any]
"""Returns the attribute of a logical id ("Ref" is what Ref gives); it may raise what its caller expects."""


def tokens_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield logical id and attribute of every token in *value*, from front to back."""
    if isinstance(value, str):
        for each in TOKEN.finditer(value):
            yield each["logical_id"], each["attribute"]
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tokens_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tokens_in(each)


def fill(value: Any, known: Known) -> Any:
    """Return *value* with *known* in place of each token, and the functions that waited for them worked out.

    A text that is nothing but a token becomes the attribute itself, be it a list or a number; within a longer
    text it becomes text.
    """
    if isinstance(value, str):
        return _filled_text(value, known)
    if isinstance(value, list | tuple):
        return [fill(each, known) for each in value]
    if not isinstance(value, Mapping):
        return value
    if not is_deferred(value):
        return {name: fill(each, known) for name, each in value.items()}
    ((name, arguments),) = value.items()
    assert name in CALLS
    return call(name, fill(arguments, known))


def _filled_text(text: str, known: Known) -> Any:
    whole = TOKEN.fullmatch(text)
    if whole:
        return known(whole["logical_id"], whole["attribute"])
    return TOKEN.sub(lambda each: as_text(known(each["logical_id"], each["attribute"])), text)
