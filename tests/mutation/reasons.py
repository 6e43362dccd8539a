"""Why a survivor lives: in survivors.toml's words where it has an entry, else by what was changed."""

import re
import tomllib
from functools import cache
from pathlib import Path

from tests.mutation.results import Survivor

FILE = Path(__file__).with_name("survivors.toml")
SAME = "same"

REASONS = {
    SAME: "Nobody could notice: the changed code does the same, as is told one by one below.",
    "words": "Text for people: a message, a reason, the name of a page. A sentence is held to the words that "
    "carry its meaning, so that it may be put better without a test in the way; this change alters others.",
    "name": "A code, a key or a label, in another case or with XX around it. What reads it ignores case or "
    "has a default of the same value, or real clients alone read it (tests/contract, tests/e2e).",
    "rounding": "Noise of floating point is rounded away after nine places or after ten: no figure tells.",
    "edge": "`<` and `<=` differ where both sides are equal: two moments, or a bound where both ways give "
    "the same.",
    "arm": "One arm of a choice taken always. The other is a shortcut to the same answer, or meant for what "
    "none of the room's tests gives.",
    "number": "A number one more: a size, a start or a limit at which no test stands.",
    "value": "A value lost (None) or left out of a call: it goes into a sentence, a label or a member that "
    "the room's tests do not look at, or the default is what was given.",
    "condition": "One case of several that the room's tests do not tell apart.",
    "figure": "A sum or product that comes out alike for the figures the tests use.",
    "flag": "True for False: a switch that the room's tests never see make a difference.",
    "other": "Something else, as listed.",
}

_STRING = re.compile(r"^\(?[rbfRBF]*[\"']")
_NUMBER = re.compile(r"^[\d.]+(e-?\d+)?$")
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("edge", re.compile(r"^[<>]")),
    ("condition", re.compile(r"^(==|!=|is\b|in\b|not\b)")),
)


def reason_of(survivor: Survivor) -> str:
    """Return the name of the reason, one of REASONS."""
    return SAME if said_of(survivor) else _by_change(survivor.before, survivor.after)


def said_of(survivor: Survivor) -> str:
    """Return what survivors.toml says of *survivor*, empty for nothing."""
    for row in _told():
        same_place = (row["path"], row["function"]) == (survivor.path, survivor.function)
        if same_place and row["before"] == survivor.before and row["after"] in ("", survivor.after):
            return row["reason"]
    return ""


@cache
def _told() -> tuple[dict[str, str], ...]:
    rows = tomllib.loads(FILE.read_text())["survivor"]
    return tuple({"after": "", **row} for row in rows)


def _by_change(before: str, after: str) -> str:
    if (before, after) == ("9", "10"):
        return "rounding"
    if before != after and _either(before) == _either(after):
        return "condition"
    if _STRING.match(before):
        inner = before.strip("()").lstrip("rbfRBF").strip("\"'")
        return "words" if " " in inner else "name" if inner else "value"
    if _NUMBER.match(before):
        return "number"
    if before in ("True", "False"):
        return "flag"
    for name, pattern in _KINDS:
        if pattern.match(before):
            return name
    return _by_more(before, after)


def _by_more(before: str, after: str) -> str:
    if re.search(r"\) (and False|or True) else ", after):
        return "arm"
    if after.endswith(("= None", "None)")) or after == "None" or before.endswith(")"):
        return "value"
    if " and " in before or " or " in before or before.startswith("not "):
        return "condition"
    return "figure" if re.search(r"[-+*/%]", before) else "value" if "None" in after else "other"


def _either(text: str) -> str:
    """Return *text* without what tells `and` from `or`."""
    return re.sub(r"\band\b|\bor\b", "?", text.strip("()"))
