"""Measure everything and write the page: docs/reference/performance.md, its figures and its curves.

    python -m benchmarks [--quick] [--only gateway,dataplane] [--page-only]

Each benchmark runs as `python -m benchmarks.NAME --json` in a process of its own, one after the other. What
they printed is kept in docs/reference/performance.json, from which the page and its pictures are drawn; with
`--only` the others stay as they were measured last. `--quick` prints and writes nothing: its figures are too
short to be kept. Exit code 0: every goal is met; 1: one is missed; 3: a program that a benchmark needs is
missing.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT
from benchmarks.page import page
from benchmarks.plots import draw
from benchmarks.results import table
from harness.errors import ExitCode

ORDER = (
    "gateway",
    "boto3_calls",
    "messages",
    "recording",
    "dataplane",
    "inference",
    "invoke",
    "functions",
    "iam",
    "load",
    "stall",
    "scale_out",
    "startup",
    "cost_of_size",
    "virtual_time",
    "sweep",
)
DOCS = ROOT / "docs"
DATA, PAGE, IMAGES = "reference/performance.json", "reference/performance.md", "images"
Document = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are asked for, write the page, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="short runs; print them and write nothing")
    parser.add_argument("--only", default=",".join(ORDER), help="names, separated by commas")
    parser.add_argument("--page-only", action="store_true", help="measure nothing: draw the page anew")
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the documentation")
    options = parser.parse_args(argv)
    kept = _kept(options.docs / DATA)
    asked = [] if options.page_only else [name for name in ORDER if name in options.only.split(",")]
    codes = [_run(name, kept, quick=options.quick) for name in asked]
    if not options.quick:
        write(options.docs, kept)
    if ExitCode.ENVIRONMENT in codes:
        return ExitCode.ENVIRONMENT
    return ExitCode.FAIL if any(codes) else ExitCode.PASS


def write(docs: Path, documents: dict[str, Document]) -> None:
    """Write data, page and pictures below *docs*."""
    ordered = {name: documents[name] for name in ORDER if name in documents}
    (docs / DATA).write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")
    (docs / PAGE).write_text(page(ordered), encoding="utf-8")
    for name, document in ordered.items():
        draw(name, document["curves"], docs / IMAGES)


def _run(name: str, kept: dict[str, Document], *, quick: bool) -> int:
    """Run one benchmark, print its table, put its document into *kept*; return its exit code."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if not done.stdout:
        print(f"{name}: ended with {done.returncode} and no figures", file=sys.stderr)
        return done.returncode or ExitCode.FAIL
    document: Document = json.loads(done.stdout)
    print(table(document), flush=True)
    kept[name] = document
    return done.returncode


def _kept(path: Path) -> dict[str, Document]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


if __name__ == "__main__":
    sys.exit(main())
