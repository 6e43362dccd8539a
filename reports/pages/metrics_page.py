"""The page docs/reference/metrics.md: every metric that a threshold may speak of, from the catalogue."""

from collections.abc import Iterator, Sequence

from harness.thresholds.metric import AGGREGATIONS, PERCENTILE, Kind, Metric
from harness.thresholds.metrics import ALIASES, GROUPS, allowed_values
from harness.thresholds.shape import SPREAD, lines
from harness.thresholds.units import UNITS, units_for

HEAD = """# Metrics of thresholds

<!-- Made by `python -m reports.pages` from harness/thresholds. Do not edit. -->

What `--threshold` and `Scenario(thresholds=[...])` may speak of ([how to use them](../how-to/thresholds.md)):
`[METRIC[{TAG:VALUE,...}]:] [AGGREGATION] SIGN LIMIT [abort [after SPAN]]`. Without a metric it is
`response_time`. `harness run --threshold help` prints the same list.

A metric that the run has nothing of fails its threshold. Those marked "live" are known while a load goes on,
so that a threshold on them may abort it."""

COUNTED = "of what is counted"
MEANINGS = {
    Kind.COUNTER: "a sum; `rate` is over the seconds of the load",
    Kind.GAUGE: "a value that goes up and down; `value` is the last",
    Kind.RATE: "a share",
    Kind.TREND: "many values; `p(N)` is of the nearest rank",
}

FIGURES = """## Figures of summary.json

Every number of [summary.json](summary.md) is a metric by its path: a list counts its rows, yes is 1, counts
by name are added up. NAME is a name of the run (a role, a queue, a function) or a row's number, in quotes
where it has a point or a space in it. A time needs no unit where its name ends in `_s`."""


def page() -> str:
    """Return the page."""
    parts = [HEAD, *_types(), *_units()]
    for title, group in GROUPS.items():
        parts += [f"## {title}", _table(group)]
    parts += [FIGURES, "\n".join(_figures())]
    return "\n\n".join(parts) + "\n"


def _types() -> Iterator[str]:
    yield "## Types"
    rows = ["| type | aggregations | what it is |", "|---|---|---|"]
    for kind, words in AGGREGATIONS.items():
        known = [*words, *([PERCENTILE] if kind is Kind.TREND else [])]
        rows.append(f"| {kind.value} | {_codes(known)} | {MEANINGS[kind]} |")
    yield "\n".join(rows)
    also = ", ".join(f"`{theirs}` is `{ours}`" for theirs, ours in ALIASES.items())
    yield f"k6's names are known too: {also}."


def _units() -> Iterator[str]:
    yield "## Units"
    rows = ["| figure in | a limit may have |", "|---|---|"]
    rows += [f"| {unit} | {_codes(list(known))} |" for unit, known in UNITS.items()]
    rows.append(f"| {COUNTED} | {_codes(list(units_for('')))} |")
    yield "\n".join(rows)
    yield "A time always has one: k6 means milliseconds by a bare number, and seconds are as likely meant."


def _table(group: Sequence[Metric]) -> str:
    rows = ["| metric | type | unit | tags | live | what it is | from |", "|---|---|---|---|---|---|---|"]
    return "\n".join([*rows, *map(_row, group)])


def _row(metric: Metric) -> str:
    default = f", `{metric.default}` where none is said" if metric.default else ""
    cells = (
        f"`{metric.name}`",
        f"{metric.kind.value}{default}",
        metric.unit,
        ", ".join(_tag(metric, tag) for tag in metric.tags),
        "live" if metric.follows else "",
        metric.what,
        metric.source,
    )
    return f"| {' | '.join(cells)} |"


def _tag(metric: Metric, tag: str) -> str:
    known = allowed_values(metric, tag)
    return f"`{tag}` ({', '.join(known)})" if known else f"`{tag}`"


def _figures() -> Iterator[str]:
    yield "| below | figures |"
    yield "|---|---|"
    for line in lines():
        above, _, names = line.partition(": ")
        shown = [name.rstrip("[]?") for name in names.replace("SPREAD", SPREAD).split()]
        where = "the summary" if above == "-" else f"`{above.replace('*', 'NAME')}`"
        yield f"| {where} | {_codes(['NAME' if name == '*' else name for name in shown])} |"


def _codes(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
