"""How a comparison is told: figures, changes, and the sentence that comes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.compare.lines import Line, Method, Verdict
from reports.text import number, plural, short, significant, with_unit

MOST_NAMED = 3
POINT = 0.01
MINUS = "\N{MINUS SIGN}"


def value_words(value: float | None, unit: str) -> str:
    """Return a figure with its unit as people read it; "none" where there is none."""
    if value is None:
        return "none"
    if unit == "s":
        return short(value) if abs(value) < 100 else f"{number(round(value, 1))} s"
    if unit == "ratio":
        return f"{significant(100 * value)} %"
    if unit == "USD":
        return f"{significant(value)} USD"
    return with_unit(value, unit)


def change_words(before: float | None, change: float | None, unit: str) -> str:
    """Return a change with its sign: in per cent of what it was, in points of a ratio, else in its unit."""
    if before is None or change is None:
        return ""
    if change == 0:
        return "±0"
    if unit == "ratio":
        return f"{_signed(100 * change)} points"
    if before:
        return f"{_signed(100 * change / abs(before))} %"
    return f"{'+' if change > 0 else MINUS}{value_words(abs(change), unit)}"


def interval_words(line: Mapping[str, Any]) -> str:
    """Return the interval of a line's change, "" where none is known or there is no noise."""
    low, high, before, unit = (line[name] for name in ("low", "high", "before", "unit"))
    if low is None or low == high:
        return ""
    scale = 100.0 if unit == "ratio" else 100.0 / abs(before) if before else 1.0
    words = "points" if unit == "ratio" else "%" if before else unit
    return f"{_signed(low * scale)} to {_signed(high * scale)} {words}".strip()


def by_reason(lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return why figures cannot be compared, each reason once with the figures that it holds for."""
    found: dict[str, list[str]] = {}
    for one in lines:
        if one["verdict"] == Verdict.NOT_COMPARABLE:
            found.setdefault(one["why"], []).append(one["title"])
    return list(found.items())


def _signed(value: float) -> str:
    sign = "+" if value > 0 else MINUS if value < 0 else "±"
    return f"{sign}{significant(abs(value)) if abs(value) >= 0.0005 else '0'}"


def sentence(found: Sequence[Line], method: Method, flips: Sequence[Mapping[str, Any]], never: str) -> str:
    """Return what a comparison came to, the worst first."""
    if never:
        return f"Not comparable: {never}."
    parts = [_named("Worse", Verdict.WORSE, found), _named("Better", Verdict.BETTER, found)]
    parts.append(_named("Different", Verdict.DIFFERS, found))
    judged = [one for one in found if one.verdict is not Verdict.NOT_COMPARABLE]
    if not any(parts) and judged:
        known = [one for one in judged if one.verdict is not Verdict.UNKNOWN]
        none = "No difference" if method is Method.EXACT else "No difference shown"
        parts.append(f"{none} in {plural(len(known), 'figure')}.")
    if not judged:
        parts.append(f"Not comparable: {found[0].why}." if found else "Nothing to compare.")
    return " ".join([one for one in [*parts, _flips(flips), _unknown(found)] if one])


def _named(word: str, verdict: Verdict, found: Sequence[Line]) -> str:
    chosen = sorted(
        (one for one in found if one.verdict is verdict), key=lambda one: -abs(one.change or 0.0) / _size(one)
    )
    if not chosen:
        return ""
    told = [
        f"{one.metric.title} {change_words(one.before, one.change, one.metric.unit)} "
        f"({value_words(one.before, one.metric.unit)} → {value_words(one.after, one.metric.unit)})"
        for one in chosen[:MOST_NAMED]
    ]
    more = len(chosen) - len(told)
    return f"{word}: {'; '.join(told)}{f'; and {more} more' if more else ''}."


def _size(line: Line) -> float:
    return abs(line.before or 0.0) or POINT


def _flips(flips: Sequence[Mapping[str, Any]]) -> str:
    fails = sum(one["what"] in ("now fails", "new, fails") for one in flips)
    met = sum(one["what"] == "now met" for one in flips)
    told = [f"{plural(count, 'expectation')} {words}" for count, words in (
        (fails, "now fails" if fails == 1 else "now fail"), (met, "now met")) if count]  # fmt: skip
    return f"{' and '.join(told)}." if told else ""


def _unknown(found: Sequence[Line]) -> str:
    count = sum(one.verdict is Verdict.UNKNOWN for one in found)
    if not count:
        return ""
    differ = "figure differs" if count == 1 else "figures differ"
    return f"{count} more {differ}, but one run a side does not tell their noise: repeat the run."


def method_words(method: Method, before: int, after: int, windows: tuple[int, float] | None) -> str:
    """Return what the answers rest on."""
    if method is Method.EXACT:
        return (
            "Both runs are of the virtual clock and of one seed: no noise is in them, any difference is real."
        )
    if method is Method.RUNS:
        return (
            f"{plural(before, 'run')} before, {after} after. Held against every other division of these runs "
            "into two sides; where nothing has changed, at most 5 comparisons in 100 call anything worse. "
            "Intervals are 90 % bootstrap intervals over the runs, of each figure by itself."
        )
    base = "One run on either side: the noise between runs is not known, only that of the requests in them. "
    if windows is None:
        return f"{base}Here not even that: they are too few, not kept one by one, or not comparable."
    count, length_s = windows
    return (
        f"{base}Requests were drawn again in {count} windows of {short(length_s)}; intervals hold for all "
        "figures at once, 5 % on either side. Several runs on a side say more: NAME@5."
    )
