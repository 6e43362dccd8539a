"""Makes docs/reference/soak.md of what a soak found: `python tests/soak/page.py FOLDER/soak.json > PAGE`."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

TEXT = """# Soak: an hour of steady traffic

    python tests/soak/soak.py --minutes 60 --rps 200 --out FOLDER

carries out `tests/soak/steady_pipeline.py` with `harness run`, on the wall clock and with permissions
enforced: an endpoint that scales, called with signed requests of a role, and a topic whose queue a program
empties. The run and all processes that it started are looked at from outside. After the first tenth of the
load, memory, descriptors, threads, the lag of the requests and the CPU time a request must stay as they are;
then `harness report` must draw the run again, and no process may be left. `pytest tests/soak/test_steady.py`
is the same in three minutes.

Growth is that of Theil and Sen's line, the median of the slopes between all pairs of points, which a burst of
other work on the machine does not move. The lag is judged in those thirtieths of the time in which others
used less than half a core.

"""


def page(found: dict[str, Any]) -> str:
    """Return the page."""
    options = found["options"]
    cores = found.get("cores") or os.cpu_count()
    lines = [
        f"{options['rps']:g} requests a second for {options['minutes']:g} minutes, on a machine with {cores} "
        f"cores ({platform.system()}, Python {platform.python_version()}):",
        "",
        "| what | found | at most | |",
        "|---|---|---|---|",
    ]
    for one in found["held"]:
        unit = {"of it": "", "s": " s"}.get(one["unit"], "")
        limit, value = f"{one['limit']:g}{unit}", f"{one['value']:.3g}{unit}"
        lines.append(f"| {one['what']} | {value} | {limit} | {'ok' if one['ok'] else '**missed**'} |")
    lines += [
        "",
        "Memory of the run's processes, in MB:",
        "",
        "| minute | " + " | ".join(_parts(found)) + " |",
    ]
    lines.append("|---|" + "---|" * len(_parts(found)))
    lines += [f"| {minute} | " + " | ".join(row) + " |" for minute, row in _rows(found)]
    peak = found["peak_bytes"]["harness"] / 1e6
    lines += [
        "",
        f"While it is judged and its report is drawn, the harness itself takes up to {peak:.0f} MB.",
    ]
    return TEXT + "\n".join(lines) + "\n"


def _parts(found: dict[str, Any]) -> list[str]:
    return [name for name in found["samples"] if name != "other"]


def _rows(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the memory of each part at seven moments of the load."""
    load_s = found["load_s"]
    moments = [0.02 * load_s + part / 6 * 0.96 * load_s for part in range(7)]
    return [(f"{at / 60:.1f}", [_at(found["samples"][part], at) for part in _parts(found)]) for at in moments]


def _at(samples: list[dict[str, Any]], at: float) -> str:
    nearest = min(samples, key=lambda one: abs(one["at"] - at))
    return f"{nearest['memory_bytes'] / 1e6:.1f}"


if __name__ == "__main__":
    print(page(json.loads(Path(sys.argv[1]).read_text())), end="")
