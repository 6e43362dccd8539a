"""A pytest plugin: collects once, then forks a child a mutant, which runs the tests that went where it is.

A child stops at the first test that fails. What it may use is processor time, not time on the clock: a busy
machine kills nobody.
"""

import functools
import gc
import json
import os
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from coverage import CoverageData
from hypothesis import Phase, settings

from tests.mutation.mutants import Functions, Mutant, Stillborn, functions_of, put_in

ROOT = Path(__file__).parents[2]
KILLED, SURVIVED, STILLBORN, UNTESTED = 1, 0, 90, 91
NAMES = {
    SURVIVED: "survived",
    STILLBORN: "stillborn",
    UNTESTED: "untested",
    -24: "timed out",
    -9: "timed out",
}
AT_ONCE = 2
# A mutant that only ever appends would take the machine with it.
MEMORY_BYTES = 3 << 30


@dataclass(frozen=True, slots=True)
class Plan:
    """Which mutants to run, and the files that pass between the two runs of pytest."""

    mutants: list[Mutant]
    folder: Path

    @property
    def coverage(self) -> Path:
        """Which test went to which line."""
        return self.folder / ".coverage"

    @property
    def seconds(self) -> Path:
        """How much processor time each test takes."""
        return self.folder / "seconds.json"

    @property
    def outcomes(self) -> Path:
        """What became of the mutants, a line each: its number, the outcome, tests chosen, seconds used."""
        return self.folder / "outcomes.jsonl"


def pytest_configure(config: pytest.Config) -> None:
    """Take part in a run that __main__ has started: first to learn who goes where, then with a plan."""
    if folder := os.environ.get("HARNESS_MUTANTS_LEARN"):
        config.pluginmanager.register(Learning(Path(folder)))
    if file := os.environ.get("HARNESS_MUTANTS_PLAN"):
        rows = json.loads(Path(file).read_text())
        config.pluginmanager.register(Running(Plan([Mutant.of(row) for row in rows], Path(file).parent)))


def pytest_collection() -> None:
    """Look for no smaller example of a failure: the first tells enough. The examples are the usual ones."""
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", settings.get_profile("harness"), phases=phases, database=None)
    settings.load_profile("mutants")


class Learning:
    """Keeps the processor time of each test, and lets every test be traced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seconds: dict[str, float] = {}
        self._caches: list[functools._lru_cache_wrapper[object]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take `untraced` away: a test that goes where others have been may be the one that notices."""
        for item in items:
            item.own_markers = [mark for mark in item.own_markers if mark.name != "untraced"]

    def pytest_collection_finish(self) -> None:
        """List what remembers its answers: emptied before each test, or only the first would go there."""
        self._caches = caches()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test."""
        for each in self._caches:
            each.cache_clear()
        began = time.process_time()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = round(time.process_time() - began, 4)

    def pytest_sessionfinish(self) -> None:
        """Write what was measured."""
        Plan([], self._folder).seconds.write_text(json.dumps(self._seconds))


class Running:
    """Takes the place of pytest's own loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # Without having learnt anything every mutant is shown to every test.
        self._all = not plan.seconds.exists()
        self._lines = {} if self._all else _tests_by_line(plan.coverage)
        self._seconds: dict[str, float] = {} if self._all else json.loads(plan.seconds.read_text())
        self._running: dict[int, tuple[int, int]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every mutant of the plan, once every test has passed without any."""
        items = {item.nodeid: item for item in session.items}
        functions = self._functions()
        if self._fork(None, functions, session.items) and os.wait()[1]:
            pytest.exit("a test fails without any mutant", returncode=1)
        # Line by line: what waited to be written would be written by a child as well.
        with self._plan.outcomes.open("w", buffering=1) as out:
            for number, mutant in enumerate(self._plan.mutants):
                if len(self._running) == AT_ONCE:
                    out.write(self._reap())
                chosen = items if self._all else self._chosen(mutant)
                tests = [items[name] for name in chosen if name in items]
                self._running[self._fork(mutant, functions, tests)] = (number, len(tests))
            while self._running:
                out.write(self._reap())
        return True

    def _functions(self) -> Functions:
        for path in {mutant.path for mutant in self._plan.mutants}:
            import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for each in caches():  # what was remembered while the tests were collected
            each.cache_clear()
        functions = functions_of(ROOT)
        gc.freeze()
        return functions

    def _chosen(self, mutant: Mutant) -> list[str]:
        """Return the tests that went to the statement *mutant* stands in, the quickest first."""
        lines = self._lines.get(str(ROOT / mutant.path), {})
        names = {name for line in range(mutant.first, mutant.last + 1) for name in lines.get(line, ())}
        return sorted(names, key=lambda name: (self._seconds.get(name, 0.0), name))

    def _fork(self, mutant: Mutant | None, functions: Functions, tests: Sequence[pytest.Item]) -> int:
        """Return the child that runs *tests* on *mutant*."""
        known_s = sum(self._seconds.get(item.nodeid, 0.0) for item in tests)
        limit_s = 120 if self._all else int(5 + 10 * known_s)
        pid = os.fork()
        if not pid:
            _end_as_child(mutant, functions, tests, limit_s)
        return pid

    def _reap(self) -> str:
        pid, status, used = os.wait4(-1, 0)
        number, tests = self._running.pop(pid)
        outcome = NAMES.get(os.waitstatus_to_exitcode(status), "killed")
        seconds = round(used.ru_utime + used.ru_stime, 3)
        return json.dumps({"number": number, "outcome": outcome, "tests": tests, "cpu_s": seconds}) + "\n"


def _end_as_child(
    mutant: Mutant | None, functions: Functions, tests: Sequence[pytest.Item], limit_s: int
) -> None:
    """Run *tests* on *mutant* until one fails, and end the process with what became of it."""
    if mutant is not None:
        silent = os.open(os.devnull, os.O_RDWR)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        try:
            put_in(mutant, functions)
        except Stillborn:
            os._exit(STILLBORN)
    try:
        code = KILLED if _fails(tests, log=mutant is None) else SURVIVED if tests else UNTESTED
    except BaseException:
        code = KILLED
    os._exit(code)


def _fails(tests: Sequence[pytest.Item], *, log: bool) -> bool:
    return any(
        report.failed
        for item, following in zip(tests, [*tests[1:], None], strict=True)
        for report in runtestprotocol(item, log=log, nextitem=following)
    )


def caches() -> "list[functools._lru_cache_wrapper[object]]":
    """Return the functions of this project that remember their answers."""
    gc.unfreeze()  # what is frozen is not among the objects that can be listed
    return [
        each
        for each in gc.get_objects()
        if isinstance(each, functools._lru_cache_wrapper)
        and str(getattr(each, "__module__", "")).startswith("harness.")
    ]


def _tests_by_line(path: Path) -> dict[str, dict[int, list[str]]]:
    """Return file -> line -> tests that went there while they ran."""
    data = CoverageData(str(path))
    data.read()
    return {
        file: {
            line: [name.partition("|")[0] for name in contexts if name]
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
