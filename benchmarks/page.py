"""docs/reference/performance.md as a function of what the benchmarks measured: nothing in it is typed by hand
but what explains it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.plots import picture_name
from benchmarks.results import told

Document = dict[str, Any]

TITLES = {
    "gateway": "The gateway",
    "boto3_calls": "boto3 through the gateway",
    "messages": "Messages",
    "recording": "Recording",
    "dataplane": "InvokeEndpoint",
    "inference": "The model container",
    "invoke": "Lambda's Invoke",
    "functions": "Admission of Lambda invocations",
    "iam": "Permissions",
    "load": "Load generators",
    "stall": "A server that stalls",
    "scale_out": "More gateways and workers",
    "startup": "Starting",
    "cost_of_size": "Cost against size",
    "virtual_time": "Virtual time",
    "sweep": "Sweeps",
}
HEAD = """# Performance

What the harness costs, measured. A figure with a goal is a promise: `python -m benchmarks` ends with exit
code 1 where one is missed. This page is made by that command from `docs/reference/performance.json`.
"""
METHOD = """## How it is measured

- Each figure compares with something that runs in the same minutes on the same machine: nginx, an emulator
  asked directly, `python -c pass`, the model alone. Requests a second by themselves say more about the
  machine and its other work than about the program.
- CPU time a request is what is compared: that of the server's whole process tree, from `/proc/PID/stat`. It
  moves by a few per cent with what neighbours do, where requests a second move fourfold.
- Whatever is compared takes turns within each repeat, every second repeat in the opposite order; a ratio is
  taken within a repeat, and the figure is the median of the repeats. The span beside it is theirs.
- The server is pinned to one core and the load to another; each sample waits up to 10 s for the machine to be
  idle for half a second. How much of the cores others used all the same is in the table of machines below.
- Curves run over three decades; the exponent is the slope of a straight line through the logarithms, or that
  of the last decade where it is steeper: 1 is linear, as the dashed line in the picture is.

Everything, for a quarter of an hour or so, which writes this page; one part, the others staying as they
were; and a short run of one, which prints and writes nothing:

<!-- not run: takes the whole machine for a quarter of an hour -->
```console
$ python -m benchmarks
$ python -m benchmarks --only dataplane
$ python -m benchmarks.dataplane --quick
```

nginx and wrk have to be installed (Debian: `apt-get install nginx-light wrk`); without them the exit code
is 3.
"""
LIMITS = """## Limits of these figures

- Two cores that may share one physical core: what the load does slows the server down, in the same way for
  all that is compared.
- Ratios hold for this machine and these versions. On another one, run the command there.
- The load comes over loopback with connections that are kept open; TLS is not measured, as there is none.
- CPU time is counted in steps of 10 ms, below one per cent of a sample.
"""


def page(documents: Mapping[str, Document]) -> str:
    """Return the page for *documents*, by name of the benchmark, in the order in which they are given."""
    parts = [HEAD, METHOD, *_promises(documents)]
    for name, document in documents.items():
        parts += _section(name, document)
    parts += [*_faster(documents), *_machines(documents), LIMITS]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _promises(documents: Mapping[str, Document]) -> Iterator[str]:
    rows = [figure for document in documents.values() for figure in document["figures"]]
    goals = [figure for figure in rows if figure["goal"] is not None]
    missed = sum(not figure["met"] for figure in goals)
    yield f"## What is promised\n\n{len(goals)} goals, {missed} missed.\n"
    yield _table(
        ("what", "measured", "goal", "against", ""),
        [
            (figure["what"], _value(figure), _goal(figure), figure["against"], _mark(figure["met"]))
            for figure in goals
        ],
    )


def _section(name: str, document: Document) -> Iterator[str]:
    yield f"## {TITLES.get(name, name)}\n"
    rows = [(figure["what"], _value(figure), _span(figure), _goal(figure)) for figure in document["figures"]]
    if rows:
        yield _table(("what", "median", "repeats", "goal"), rows)
    for curve in document["curves"]:
        yield from _curve(name, curve)
    if document["notes"]:
        yield "\n".join(f"- {_escaped(note)}" for note in document["notes"])


def _curve(name: str, curve: Document) -> Iterator[str]:
    growth = ""
    if curve["exponent"] is not None:
        most = curve["exponent_at_most"]
        growth = f" Exponent {curve['exponent']:g}" + (f", at most {most:g}." if most is not None else ".")
        growth += "" if curve["met"] else " **Missed.**"
    yield f"{_escaped(curve['what'])}.{growth}\n"
    yield f"![{_escaped(curve['what'])}](../images/{picture_name(name, curve)})\n"
    yield _table((curve["x"], curve["y"]), [(told(x), told(y)) for x, y in curve["points"]])


def _faster(documents: Mapping[str, Document]) -> Iterator[str]:
    gains = [gain for document in documents.values() for gain in document["faster"]]
    if gains:
        yield "## What was made faster\n\nWhat a profile showed, and what was done about it.\n"
        rows = [(gain["what"], gain["before"], gain["after"], gain["how"]) for gain in gains]
        yield _table(("what", "before", "after", "how"), rows)


def _machines(documents: Mapping[str, Document]) -> Iterator[str]:
    yield "## The machine\n\n`others` is how many cores other programs used meanwhile.\n"
    seen = []
    for name, document in documents.items():
        at = document["machine"]
        described = f"{at['cores']} cores of {at['processor']}, {at['memory_gib']:g} GiB"
        system = f"{at['system']}, Python {at['python']}"
        took = f"{at['took_s']:,.0f} s" + (", short run" if document["quick"] else "")
        seen.append((name, described, system, f"{at['others_cores']:.2f}", took))
    yield _table(("benchmark", "machine", "system", "others", "took"), seen)


def _value(figure: Document) -> str:
    return f"{told(figure['value'])} {figure['unit']}"


def _span(figure: Document) -> str:
    runs = figure["runs"]
    return f"{told(min(runs))} to {told(max(runs))}" if len(runs) > 1 else ""


def _goal(figure: Document) -> str:
    if figure["goal"] is None:
        return ""
    goal = f"{'at least' if figure['better'] == 'more' else 'at most'} {told(figure['goal'])}"
    return goal if figure["aim"] is None else f"{goal} (aim {told(figure['aim'])})"


def _mark(met: bool) -> str:
    return "met" if met else "**missed**"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_escaped, line)) + " |" for line in lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
