"""Whether two runs can be held against each other, and in what they were asked to differ."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Started = Mapping[str, Any]
Summary = Mapping[str, Any]

LOAD_RATIO = 0.1
LOAD_ERRORS = 5.0
"""Loads differ when they are this many times a Poisson count's error apart, and by a tenth at least."""
MOST_SHOWN = 60  # characters of a value
_SAID = ("variant", "clock", "seed", "backend")
# Parts of a run's configuration that say what it was asked to do, with how they are called.
_ASKED = {
    "set": "--set",
    "faults": "faults",
    "iam": "IAM",
    "data": "data",
    "settings": "settings",
    "endpoints": "endpoints",
    "programs": "programs",
    "queues": "queues",
    "subscriptions": "subscriptions",
    "roles": "roles",
}


@dataclass(frozen=True, slots=True)
class Alike:
    """`differs` are sentences on what the runs were asked to do differently. `never` says why no figure can
    be compared, `untimed` why none that depends on time and load can; both are empty where they can."""

    differs: tuple[str, ...] = ()
    never: str = ""
    untimed: str = ""


def alike(before: Sequence[tuple[Started, Summary]], after: Sequence[tuple[Started, Summary]]) -> Alike:
    """Return how far the runs of two sides, each its first record and summary, can be compared."""
    one, other = before[-1], after[-1]
    never = _one_of("scenario", [run["scenario"] for run, _ in before], [run["scenario"] for run, _ in after])
    clocks = _one_of("clock", [run["clock"] for run, _ in before], [run["clock"] for run, _ in after])
    return Alike(
        differs=(
            *_differences(one[0], other[0]),
            *_mixed("before", [run for run, _ in before]),
            *_mixed("after", [run for run, _ in after]),
        ),
        never=never,
        untimed=clocks or _load(one, other),
    )


def seeds(side: Sequence[tuple[Started, Summary]]) -> list[int]:
    """Return the seeds of the runs of one side."""
    return [int(run["seed"]) for run, _ in side]


def is_exact(before: Sequence[tuple[Started, Summary]], after: Sequence[tuple[Started, Summary]]) -> bool:
    """Return whether one run stands against one, both on the virtual clock and of one seed: no noise is in
    either, so that what differs is owed to what was changed."""
    if (len(before), len(after)) != (1, 1):
        return False
    clocks = {run["clock"] for run, _ in (*before, *after)}
    return clocks == {"virtual"} and seeds(before) == seeds(after)


def _one_of(what: str, before: Sequence[str], after: Sequence[str]) -> str:
    """Return why runs of more than one *what* cannot be compared, "" for one alone."""
    if len({*before, *after}) <= 1:
        return ""
    sides = (", ".join(dict.fromkeys(side)) for side in (before, after))
    return "the {}s differ: {} and {}".format(what, *sides)


def _load(before: tuple[Started, Summary], after: tuple[Started, Summary]) -> str:
    """Return why the traffic of two runs cannot be compared, "" where it can."""
    shapes = [_shape(run) for run, _ in (before, after)]
    if shapes[0] != shapes[1]:
        return f"the workloads differ: {_shown(shapes[0])} and {_shown(shapes[1])}"
    counts = [summary.get("load", {}).get("offered", 0) for _, summary in (before, after)]
    apart = abs(counts[1] - counts[0])
    if apart > max(LOAD_ERRORS * math.sqrt(sum(counts)), LOAD_RATIO * max(counts)):
        return f"the workloads differ: {counts[0]:,} and {counts[1]:,} requests were offered"
    return ""


def _shape(run: Started) -> Any:
    """Return what a run says of its traffic, without what does not shape it."""
    told = run.get("configuration", {})
    if "model" in told:
        traffic = told["model"].get("traffic", {})
        return {name: traffic[name] for name in ("lasts_s", "arrivals") if name in traffic}
    return [{k: v for k, v in load.items() if k != "client"} for load in told.get("workload", [])]


def _differences(before: Started, after: Started) -> Iterator[str]:
    for name in _SAID:
        if before.get(name) != after.get(name):
            yield f"{name}: {_shown(before.get(name))} → {_shown(after.get(name))}"
    settings = [run.get("configuration", {}) for run in (before, after)]
    for name, words in _ASKED.items():
        yield from _changed(words, settings[0].get(name), settings[1].get(name))
    models = [told.get("model", {}) for told in settings]
    yield from _changed("model", models[0].get("settings"), models[1].get("settings"))
    yield from _changed("instances", models[0].get("instance"), models[1].get("instance"))
    clients = [_clients(run) for run in (before, after)]
    yield from _changed("client", *clients)
    yield from _changed("versions", before.get("versions"), after.get("versions"))


def _mixed(word: str, runs: Sequence[Started]) -> list[str]:
    """Return in what the runs of one side differ among themselves, apart from their seeds: what they scatter
    by is then no noise alone."""
    told = (one for run in runs[:-1] for one in _differences(run, runs[-1]))
    kept = dict.fromkeys(one for one in told if not one.startswith("seed: "))
    return [f"among the runs {word}: {one}" for one in kept]


def _clients(run: Started) -> str:
    loads = run.get("configuration", {}).get("workload", [])
    return ", ".join(dict.fromkeys(str(load["client"]) for load in loads if "client" in load))


def _changed(words: str, before: Any, after: Any) -> Iterator[str]:
    """Yield what changed under the name *words*, of mappings and lists entry by entry."""
    if before == after:
        return
    if isinstance(before, dict | None) and isinstance(after, dict | None):
        old, new = before or {}, after or {}
        for key in sorted({*old, *new}):
            if old.get(key) != new.get(key):
                yield f"{words} {key}: {_shown(old.get(key))} → {_shown(new.get(key))}"
        return
    if isinstance(before, list | None) and isinstance(after, list | None):
        yield from _changed(words, _named(before or []), _named(after or []))
        return
    yield f"{words}: {_shown(before)} → {_shown(after)}"


def _named(rows: Sequence[Any]) -> dict[str, Any]:
    """Return the entries of a list by their names, flat: an entry's values are keys of their own."""
    found: dict[str, Any] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            found[str(row)] = "there"
            continue
        name = row.get("name", str(number))
        found |= {f"{name} {key}": value for key, value in row.items() if key != "name"}
    return found


def _shown(value: Any) -> str:
    text = "none" if value is None or value == "" else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
