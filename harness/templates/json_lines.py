"""Where things stand in a JSON file: the line of a path such as Resources.Queue.Properties.QueueName."""

import json
import re

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^,\]\}\s"]+')


def line_of(text: str, path: str) -> int | None:
    """Return the line of *path* in the JSON *text*, or of the nearest thing around it that is there.

    None when nothing of the path is there. A line is counted from 1. For a few paths of a long text; all at
    once are `lines_of`.
    """
    position, found = _skip(text, 0), None
    for index, name in _STEP.findall(path):
        step = _item(text, position, int(index)) if index else _member(text, position, name)
        if step is None:
            break
        found, position = step
    return None if found is None else text.count("\n", 0, found) + 1


def lines_of(text: str) -> dict[str, int]:
    """Return the line of every path of *text*, which must be JSON; lines are counted from 1."""
    scan = _Scan(text)
    scan.value(_skip(text, 0), "")
    return scan.lines


class _Scan:
    """Walks over JSON once, from front to back, and counts lines on the way."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._text = text
        self._line = 1
        self._counted_to = 0

    def value(self, position: int, where: str) -> int:
        """Note the paths of the value at *position*, which is called *where*; return where it ends."""
        self.lines.setdefault(where, self._line_at(position))
        first = self._text[position]
        if first == "{":
            return self._object(position, where)
        if first == "[":
            return self._list(position, where)
        if first == '"':
            return _DECODER.raw_decode(self._text, position)[1]
        plain = _PLAIN.match(self._text, position)
        return plain.end() if plain else position + 1

    def _object(self, position: int, where: str) -> int:
        position = _skip(self._text, position + 1)
        while self._text[position] == '"':
            name, end = _DECODER.raw_decode(self._text, position)
            inner = f"{where}.{name}" if where else name
            self.lines.setdefault(inner, self._line_at(position))
            value_at = _skip(self._text, _skip(self._text, end) + 1)  # past the colon
            position = self._past_comma(self.value(value_at, inner))
        return position + 1

    def _list(self, position: int, where: str) -> int:
        position, index = _skip(self._text, position + 1), 0
        while self._text[position] != "]":
            position = self._past_comma(self.value(position, f"{where}[{index}]"))
            index += 1
        return position + 1

    def _past_comma(self, end: int) -> int:
        end = _skip(self._text, end)
        return _skip(self._text, end + 1) if self._text[end] == "," else end

    def _line_at(self, position: int) -> int:
        self._line += self._text.count("\n", self._counted_to, position)
        self._counted_to = position
        return self._line


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
