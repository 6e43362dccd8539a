"""Where a field of a JSON file stands: the line of a path such as ScalingPolicies[0].PolicyName."""

import json
import re

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def line_of(text: str, path: str) -> int | None:
    """Return the line of *path* in the JSON *text*, or of the nearest thing around it that is there.

    None when nothing of the path is there. A line is counted from 1.
    """
    position, found = _skip(text, 0), None
    for index, name in _STEP.findall(path):
        step = _item(text, position, int(index)) if index else _member(text, position, name)
        if step is None:
            break
        found, position = step
    return None if found is None else text.count("\n", 0, found) + 1


def _member(text: str, position: int, wanted: str) -> tuple[int, int] | None:
    """Return where the key *wanted* of the object at *position* stands, and where its value begins."""
    if text[position] != "{":
        return None
    position = _skip(text, position + 1)
    while text[position] == '"':
        key_at = position
        key, position = _DECODER.raw_decode(text, position)
        value_at = _skip(text, _skip(text, position) + 1)  # past the colon
        if key == wanted:
            return key_at, value_at
        position = _after_comma(text, value_at)
    return None


def _item(text: str, position: int, wanted: int) -> tuple[int, int] | None:
    """Return where item *wanted* of the list at *position* begins, twice: it has no key."""
    if text[position] != "[":
        return None
    position = _skip(text, position + 1)
    for _ in range(wanted):
        if text[position] == "]":
            return None
        position = _after_comma(text, position)
    return None if text[position] == "]" else (position, position)


def _after_comma(text: str, value_at: int) -> int:
    """Return where the next member begins, or the closing bracket, after the value at *value_at*."""
    _, end = _DECODER.raw_decode(text, value_at)
    end = _skip(text, end)
    return _skip(text, end + 1) if text[end] == "," else end


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
