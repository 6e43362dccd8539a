"""The grammar of a threshold, read from left to right; what is wrong is told with its column.

    threshold   = [metric ["{" tag ":" value {"," tag ":" value} "}"]] [":"] [aggregation] sign limit [abort]
    metric      = a name of the catalogue, or a path of summary.json; names with points in quotes
    aggregation = avg | min | med | max | p(N) | count | rate | value
    sign        = < | <= | > | >= | == | != ; === is ==
    limit       = number [unit] {number unit}        as 800ms, 0.1%, 4m30s, 5USD
    abort       = "abort" ["after" span]             stop the load when it is crossed

k6 documentation, "Thresholds", for the first four; the metric stands outside of the expression there.
"""

import math
import re
from dataclasses import dataclass, field
from decimal import Decimal

from harness.errors import ScenarioError

SIGNS = ("<=", ">=", "===", "==", "!=", "<", ">")
_NAME = re.compile(r"[A-Za-z0-9_/-]+")
_QUOTED = re.compile(r'"([^"]*)"')
_WORD = re.compile(r"[A-Za-z_]\w*")
_PERCENTILE = re.compile(r"p\s*\(\s*([0-9.]+)\s*\)|p([0-9]+(?:\.[0-9]+)?)(?![\w(])")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UNIT = re.compile(r"[A-Za-zµ%$]+(?:/s)?")
_SPACE = re.compile(r"\s*")
AGGREGATION_WORDS = ("avg", "min", "med", "max", "count", "rate", "value")
ABORT, AFTER = "abort", "after"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text, and the column at which it begins, from 1 on."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit; `4m30s` has two of them."""

    number: Decimal
    unit: Piece


@dataclass(slots=True)
class Parts:
    """A threshold in its parts, none of which is known to make sense yet."""

    path: tuple[str, ...] = ()
    metric: Piece = field(default_factory=lambda: Piece("", 1))
    tags: dict[str, str] = field(default_factory=dict)
    tag_columns: dict[str, int] = field(default_factory=dict)
    aggregation: Piece = field(default_factory=lambda: Piece("", 1))
    sign: str = ""
    limit: tuple[Amount, ...] = ()
    aborts: bool = False
    after: tuple[Amount, ...] = ()


def wrong(text: str, column: int, why: str) -> ScenarioError:
    """Return the error about *text* at *column*."""
    return ScenarioError(f"Threshold {text!r}, column {column}: {why}")


def percentile_of(word: str) -> float | None:
    """Return the percentile that *word* asks for, 0 to 100; None where it asks for none."""
    found = _PERCENTILE.fullmatch(word)
    try:
        percent = float(found[1] or found[2]) if found else None
    except ValueError:  # p(1.2.3)
        return None
    return percent if percent is not None and percent <= 100 else None


def parts_of(text: str) -> Parts:
    """Return *text* in its parts; raise ScenarioError where it does not follow the grammar."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.parts = Parts()

    def read(self) -> Parts:
        self._space()
        if not self._aggregation_first():
            self._metric()
            self._tags()
            self._take(":")
            self._aggregation()
        self._sign()
        self.parts.limit = self._amounts("a number, as 800ms or 5")
        self._abort()
        if self.at < len(self.text):
            raise self._wrong(f"{self.text[self.at :]!r} is too much; a threshold ends with its limit")
        return self.parts

    # -- pieces -----

    def _aggregation_first(self) -> bool:
        """Read an aggregation where no metric stands before it: `p(99)<800ms` is of the response time."""
        begins = self.at
        percentile = self._match(_PERCENTILE)
        word = percentile or self._match(_WORD)
        is_one = bool(percentile) or word in AGGREGATION_WORDS
        if is_one and self.text[self.at : self.at + 1] in ("<", ">", "=", "!"):
            self.parts.aggregation = Piece(word, begins + 1)
            return True
        self.at = begins
        return False

    def _metric(self) -> None:
        begins, names = self.at, [self._name()]
        while self._take("."):
            names.append(self._name())
        self.parts.path = tuple(names)
        self.parts.metric = Piece(".".join(names), begins + 1)

    def _name(self) -> str:
        if quoted := _QUOTED.match(self.text, self.at):
            self.at = quoted.end()
            self._space()
            return quoted[1]
        name = self._match(_NAME)
        if not name:
            raise self._wrong("a metric's name is missing, as response_time or load.failed")
        return name

    def _tags(self) -> None:
        if not self._take("{"):
            return
        while True:
            column, tag = self.at + 1, self._match(_WORD)
            if not tag or not self._take(":"):
                raise self._wrong("a tag is missing, as {endpoint:ranker}")
            if tag in self.parts.tags:
                raise wrong(self.text, column, f"the tag {tag!r} is there twice")
            self.parts.tags[tag] = self._tag_value()
            self.parts.tag_columns[tag] = column
            if self._take("}"):
                return
            if not self._take(","):
                raise self._wrong("the tags have no end; close them with }")

    def _tag_value(self) -> str:
        if quoted := _QUOTED.match(self.text, self.at):
            self.at = quoted.end()
            value = quoted[1]
        else:
            ends = re.compile(r"[,}]").search(self.text, self.at)
            value = self.text[self.at : ends.start() if ends else len(self.text)].strip()
            self.at = ends.start() if ends else len(self.text)
        self._space()
        if not value or '"' in value:
            raise self._wrong("a tag's value is missing, as {endpoint:ranker}; one with a comma is in quotes")
        return value

    def _aggregation(self) -> None:
        begins = self.at
        word = self._match(_PERCENTILE) or self._match(_WORD)
        if word and self._take("("):  # max(5), p(abc): no aggregation, but told whole
            inside = self.text[self.at :].partition(")")[0]
            self.at = min(self.at + len(inside) + 1, len(self.text))
            word = f"{word}({inside})"
            self._space()
        self.parts.aggregation = Piece(word, begins + 1)

    def _sign(self) -> None:
        for sign in SIGNS:
            if self._take(sign):
                self.parts.sign = "==" if sign == "===" else sign
                return
        if self.text[self.at : self.at + 1] == "=":
            raise self._wrong("= compares nothing; did you mean ==?")
        raise self._wrong("a comparison is missing: <, <=, >, >=, == or !=, and a limit behind it")

    def _amounts(self, wanted: str) -> tuple[Amount, ...]:
        found = []
        while (number := self._number()) is not None:
            begins, unit = self.at, self._match(_UNIT)
            if unit in (ABORT, AFTER):
                self.at, unit = begins, ""
            found.append(Amount(number, Piece(unit, begins + 1)))
            if not unit:
                break
        if not found:
            raise self._wrong(f"{wanted} is missing")
        return tuple(found)

    def _number(self) -> Decimal | None:
        begins, text = self.at, self._match(_NUMBER).strip()
        if not text:
            return None
        if math.isinf(float(text)):
            self.at = begins
            raise self._wrong(f"{text} is too large for a number")
        return Decimal(text) if float(text) else Decimal(0)  # a decimal's exponent has limits of its own

    def _abort(self) -> None:
        begins = self.at
        word = self._match(_WORD)
        if word != ABORT:
            self.at = begins
            return
        self.parts.aborts = True
        begins = self.at
        if self._match(_WORD) == AFTER:
            self.parts.after = self._amounts("how long to wait, as 30s,")
        else:
            self.at = begins

    # -- the cursor -----

    def _match(self, pattern: re.Pattern[str]) -> str:
        """Return what *pattern* finds here, and go behind it and the space after it; "" where it does not."""
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        self._space()
        return found[0]

    def _take(self, text: str) -> bool:
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        self._space()
        return True

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        assert found is not None  # as it may be empty
        self.at = found.end()

    def _wrong(self, why: str) -> ScenarioError:
        return wrong(self.text, self.at + 1, why)
