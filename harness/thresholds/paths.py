"""Figures of summary.json by their paths: `load.failed`, `iam.reader.unused`, `messages."jobs.fifo"...`.

What may be asked is known before a run, from the shape of a summary; what a run has is known after it.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from harness.thresholds.metric import Kind, Metric
from harness.thresholds.shape import SPREAD, lines

ANY = "*"
PLAIN = re.compile(r"[A-Za-z0-9_/-]+")
# What a row of a list is known by, where it is not by its number.
NAMES = ("name", "job", "rule", "topic", "phase", "item", "action", "statement", "call", "resource", "target")
_RATIOS = ("client_cpu", "overrun_ratio")
_MEASURES = ("_s", "_mb", "usd")  # endings that say the unit


@cache
def patterns() -> Mapping[tuple[str, ...], str]:
    """Return every path that a summary may have, with `*` for names, and what is there: "" a number, "[]" a
    list, "?" yes or no, "{}" counts by name."""
    found: dict[tuple[str, ...], str] = {}
    for line in lines():
        before, _, after = line.partition(": ")
        above = () if before == "-" else tuple(before.split("."))
        for word in after.replace("SPREAD", SPREAD).split():
            leaf = word.rstrip("[]?")
            found[*above, leaf] = word[len(leaf) :]
            if word == ANY and above[-1] != "metrics":  # a job's metrics are of different things
                found[above] = "{}"
    return found


def metric_of(path: tuple[str, ...]) -> Metric | None:
    """Return the metric at *path*; None where no summary has such a figure."""
    pattern = next((each for each in patterns() if _fits(path, each)), None)
    if pattern is None:
        return None
    unit, what = _unit(pattern), _WHAT[patterns()[pattern]]
    source = f"summary.json: {'.'.join(pattern)}"
    bare = any(name.endswith(_MEASURES) for name in pattern)
    return Metric(written(path), Kind.GAUGE, unit, what, source=source, bare=bare, path=path)


_WHAT = {
    "": "the figure of the summary",
    "[]": "how many there are",
    "?": "1 for yes, 0 for no",
    "{}": "all of them together",
}


def _fits(path: Sequence[str], pattern: Sequence[str]) -> bool:
    pairs = zip(path, pattern, strict=False)
    return len(path) == len(pattern) and all(there in (asked, ANY) for asked, there in pairs)


def _unit(pattern: tuple[str, ...]) -> str:
    """Return the unit of the figure at *pattern*, as the schema names figures."""
    if patterns()[pattern] in ("[]", "?"):
        return ""
    last, above = pattern[-1], pattern[:-1]
    if last in _RATIOS or above[-1:] == ("utilization",):
        return "ratio"
    if last in SPREAD.split() or last.endswith("_s"):
        return "s"
    if last.endswith("_mb"):
        return "MB"
    return "USD" if last.endswith("usd") else ""


def written(path: Sequence[str]) -> str:
    """Return *path* as a threshold writes it: a name with a point or a space in it stands in quotes."""
    return ".".join(name if PLAIN.fullmatch(name) else f'"{name}"' for name in path)


def nearest(path: tuple[str, ...], others: Sequence[str]) -> list[str]:
    """Return the paths, and of *others* the names, that are nearest to the unknown *path*, the best first."""
    asked = ".".join(path)
    return difflib.get_close_matches(asked, [*others, *_as_asked(path)], n=1, cutoff=0.5)


def _as_asked(path: Sequence[str]) -> Iterator[str]:
    """Yield every path of a summary with the names of *path* in it where any name may stand."""
    for pattern in patterns():
        names = [*path[: len(pattern)], *(["NAME"] * (len(pattern) - len(path)))]
        yield ".".join(mine if mine != ANY else name for mine, name in zip(pattern, names, strict=True))


def read(summary: Mapping[str, Any], path: Sequence[str]) -> float | str:
    """Return the figure of *summary* at *path*, or a sentence that says why there is none."""
    node: Any = summary
    for depth, name in enumerate(path):
        found = _below(node, name)
        if found is None:
            return _missing(node, path[:depth], name)
        node = found
    if isinstance(node, list):
        return float(len(node))
    if isinstance(node, dict):
        return float(sum(node.values()))
    return float(node)


def _below(node: Any, name: str) -> Any:
    if isinstance(node, dict):
        return node.get(name)
    if name.isdecimal() and int(name) < len(node):
        return node[int(name)]
    return next((row for row in node if any(row.get(key) == name for key in NAMES)), None)


def _missing(node: Any, above: Sequence[str], name: str) -> str:
    known = list(node) if isinstance(node, dict) else [_name_of(row) for row in node]
    where = f"{written(above)} of the summary" if above else "The summary of this run"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{where} has no {name!r}{hint}"


def _name_of(row: Mapping[str, Any]) -> str:
    return str(next((row[key] for key in NAMES if key in row), ""))
