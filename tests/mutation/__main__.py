"""`python -m tests.mutation [ROOM...]`: how many changes of the pure rooms their tests notice.

Writes docs/reference/mutation.json and mutation.md. Exit code 1 when a room is below four in five.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from tests.mutation import page
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.results import FILE, Result, again, keep, load, result
from tests.mutation.rooms import ROOMS, ROOT, Room
from tests.mutation.running import Plan

AT_LEAST = 0.80
PYTEST = ["-q", "--no-header", "-p", "tests.mutation.running"]
WITHOUT = ["cacheprovider", "rerunfailures"]


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    options = _options()
    for name in options.rooms or ROOMS:
        if not options.page_only:
            found = run(ROOMS[name], options)
            keep(found, options.results)
            print(page.line(found), flush=True)
    results = load(options.results)
    if options.results == FILE:
        page.write(results)
    return int(any(each.share < AT_LEAST for each in results.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "rooms", nargs="*", metavar="ROOM", help=f"all when none is named: {', '.join(ROOMS)}"
    )
    parser.add_argument(
        "--sample", type=int, default=400, help="how many mutants a room at most (400); 0 for all"
    )
    parser.add_argument("--seed", type=int, default=11, help="draws the sample (11)")
    parser.add_argument(
        "--results", type=Path, default=FILE, help="another file: the page is not written then"
    )
    parser.add_argument(
        "--again", action="store_true", help="only the survivors, but with every test of the room"
    )
    parser.add_argument("--page-only", action="store_true", help="write the page from what is known")
    return parser.parse_args()


def run(room: Room, options: argparse.Namespace) -> Result:
    """Return what the tests of *room* make of its mutants, of a sample of them, or of those that survived."""
    everything = [mutant for file in room.files for mutant in mutants_of(file)]
    if options.again:
        old = _same_source(room, load(options.results))
        chosen = [mutant for mutant in everything if any(each.is_of(mutant) for each in old.survivors)]
        return again(old, chosen, _outcomes(room, chosen, learn=False))
    chosen = everything
    if 0 < options.sample < len(everything):
        chosen = Random(f"{options.seed}/{room.name}").sample(everything, options.sample)
    return result(
        room.name, room.digest, options.seed, len(everything), chosen, _outcomes(room, chosen, learn=True)
    )


def _same_source(room: Room, results: Mapping[str, Result]) -> Result:
    old = results.get(room.name)
    if old is None or old.source != room.digest:
        sys.exit(f"{room.name}: its source is not the one whose survivors are known; run it without --again")
    return old


def _outcomes(room: Room, mutants: list[Mutant], *, learn: bool) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(mutants, Path(folder))
        if learn:
            _learn(room, plan)
        _run(room, plan)
        rows = [json.loads(line) for line in plan.outcomes.read_text().splitlines()]
    if len(rows) != len(mutants):
        sys.exit(f"{room.name}: {len(rows)} outcomes of {len(mutants)} mutants")
    return rows


def _learn(room: Room, plan: Plan) -> None:
    """Find out which test goes where, and how long each takes."""
    config = plan.folder / "coveragerc"
    config.write_text(
        f"[run]\nbranch = true\ninclude =\n    {chr(10).join(f'    {f}' for f in room.files).strip()}\n"
    )
    environment = {"COVERAGE_FILE": str(plan.coverage), "HARNESS_MUTANTS_LEARN": str(plan.folder)}
    _pytest(room, ["--cov", f"--cov-config={config}", "--cov-context=test", "--cov-report="], environment)


def _run(room: Room, plan: Plan) -> None:
    file = plan.folder / "plan.json"
    file.write_text(json.dumps([asdict(mutant) for mutant in plan.mutants]))
    _pytest(room, ["-p", "no:cov"], {"HARNESS_MUTANTS_PLAN": str(file)})


def _pytest(room: Room, arguments: Sequence[str], environment: dict[str, str]) -> None:
    without = [part for name in WITHOUT for part in ("-p", f"no:{name}")]
    tests = ["-m", "not long", *map(str, room.tests)]
    command = [sys.executable, "-m", "pytest", *PYTEST, *without, *arguments, *tests]
    # A test that fails prints why; what passes is of no interest here.
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{room.name}: the tests must pass before anything is changed")


sys.exit(main())
