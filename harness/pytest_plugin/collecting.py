"""Scenario files as tests: each variant is one, corrected it must pass, as written fail where it says."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.pytest_plugin.options import KEY
from harness.pytest_plugin.stand import Stand


def is_asked_for(path: Path, root: Path, globs: Sequence[str]) -> bool:
    """Return whether one of *globs* is about the file at *path*: its name, or its path below *root*.

    Files that begin with an underscore hold what scenarios share.
    """
    below = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    wanted = any(fnmatch(below if "/" in glob else path.name, glob) for glob in globs)
    return wanted and not path.name.startswith("_")


class ScenarioFile(pytest.File):
    """A file with a `scenario`."""

    def collect(self) -> "Iterable[ScenarioItem]":
        """Yield a test for each variant."""
        from harness.scenario import find

        try:
            variants = find(str(self.path)).variants
        except HarnessError as error:
            raise self.CollectError(str(error)) from error
        for variant in variants:
            yield ScenarioItem.from_parent(self, name=variant, variant=variant)


class ScenarioItem(pytest.Item):
    """One variant of a scenario, rehearsed as `harness run` does."""

    def __init__(self, *, variant: str, **others: Any) -> None:
        super().__init__(**others)
        self._variant = variant

    def runtest(self) -> None:
        """Rehearse it; raise where it does not do what the scenario says."""
        from harness.run.verdict import not_reproduced

        stand = Stand(self.config.stash[KEY], self.config.rootpath)
        wanted = stand.wanted(self.path, variant=self._variant)
        done = stand.rehearse(wanted)
        if not wanted.scenario.defect:
            done.check()
            return
        done.check_fails()
        if other := not_reproduced(wanted.scenario, [one.name for one in done.checks if not one.ok]):
            raise AssertionError(f"{done.title}: the defect does not show: {other}\nreport: {done.report}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the message alone: no line of the test's is at fault."""
        if isinstance(excinfo.value, AssertionError | HarnessError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return file, line and title of the test."""
        return self.path, 0, f"scenario {self.path.stem}: {self._variant}"
