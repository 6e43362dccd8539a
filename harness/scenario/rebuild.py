"""Frozen values with something deep within them changed: every holder of it is built anew, and so checked.

What holds nothing changed stays the same object; what several hold in common they still hold in common.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any


class Rebuilder:
    """Puts new values in the place of old ones, wherever they are held; `swaps` are (old, new).

    An old value is found by being the same object, or an equal one of its class: a queue may be declared
    twice with the same words.
    """

    def __init__(self, swaps: Iterable[tuple[Any, Any]]) -> None:
        self._swaps = list(swaps)
        self._kinds = {type(old) for old, _ in self._swaps}
        # What each was, kept so that nothing else gets its id, and what it is now.
        self._done: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        """Return *value* as it is with the new values."""
        if isinstance(value, str | bytes | int | float | None):
            return value
        if id(value) not in self._done:
            self._done[id(value)] = (value, self._inside(self._swapped(value)))
        return self._done[id(value)][1]

    def _swapped(self, value: Any) -> Any:
        if type(value) in self._kinds:
            for old, new in self._swaps:
                if value is old or (type(value) is type(old) and value == old):
                    return new
        return value

    def _inside(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            found = [self(each) for each in value]
            same = all(one is other for one, other in zip(found, value, strict=True))
            return value if same else type(value)(found)
        if isinstance(value, Mapping):
            mapped = {key: self(each) for key, each in value.items()}
            return value if all(mapped[key] is value[key] for key in value) else mapped
        if not is_dataclass(value) or isinstance(value, type):
            return value
        held = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        changed = {name: new for name, one in held.items() if (new := self(one)) is not one}
        return replace(value, **changed) if changed else value
