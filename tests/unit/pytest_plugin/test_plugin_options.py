"""What pytest's command line and configuration say: defaults, mistakes, and what loading the plugin costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.pytest_plugin.collecting import is_asked_for
from harness.pytest_plugin.options import KEY, Asked

pytest_plugins = ["pytester"]

# What takes long to import, or patches the interpreter.
HEAVY = ("boto3", "botocore", "numpy", "rich", "locust", "gevent", "moto", "harness.scenario", "harness.run")


def asked(pytester: pytest.Pytester, *words: str) -> Asked:
    """Return what a pytest run with *words* is asked for."""
    config = pytester.parseconfigure("-p", "no:cacheprovider", *words)
    return config.stash[KEY]


def test_defaults(pytester: pytest.Pytester) -> None:
    """Policies are enforced, and the shared backend is empty for each test."""
    plain = asked(pytester)
    assert (plain.backend, plain.clock, plain.backend_clock) == (None, None, "compressed:60")
    assert (plain.seed, plain.iam, plain.report, plain.reset) == (1, "enforce", "failed", "test")
    assert (plain.runs, plain.scenarios) == (None, ())


def test_the_command_line_wins_over_the_configuration(pytester: pytest.Pytester) -> None:
    """As everywhere in pytest."""
    pytester.makeini("[pytest]\nharness_seed = 7\nharness_iam = off\nharness_runs = kept")
    both = asked(pytester, "--harness-seed", "3")
    assert (both.seed, both.iam, both.runs) == (3, "off", pytester.path / "kept")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--harness-clock", "fast"), "--harness-clock: 'fast' is no clock here"),
        (("--harness-seed", "x"), "--harness-seed is 'x'; say a whole number"),
    ],
)
def test_a_mistake_ends_the_run_before_a_test(
    pytester: pytest.Pytester, words: tuple[str, ...], sentence: str
) -> None:
    """One sentence with the option in it."""
    with pytest.raises(pytest.UsageError, match=sentence):
        asked(pytester, *words)


def test_a_mistake_in_the_configuration_names_its_line(pytester: pytest.Pytester) -> None:
    """The names there are, too."""
    pytester.makeini("[pytest]\nharness_reset = class")
    with pytest.raises(pytest.UsageError, match="harness_reset is 'class'; say test, module, never"):
        asked(pytester)


@pytest.mark.parametrize(
    ("file", "glob", "wanted"),
    [
        ("scenarios/ranker.py", "scenarios/*.py", True),
        ("scenarios/_shared.py", "scenarios/*.py", False),
        ("deep/scenario_ranker.py", "scenario*.py", True),
        ("deep/test_ranker.py", "scenario*.py", False),
    ],
)
def test_only_files_that_are_asked_for_are_scenarios(file: str, glob: str, wanted: bool) -> None:
    """A glob with a slash is about the path, one without about the name."""
    assert is_asked_for(Path("/root") / file, Path("/root"), [glob]) is wanted


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Every pytest run pays for it, whatever its tests are about."""
    program = (
        "import sys, time, pytest\n"
        "before = set(sys.modules); began = time.perf_counter()\n"
        "import harness.pytest_plugin\n"
        "took = time.perf_counter() - began\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print(heavy, len(set(sys.modules) - before), took < 0.3)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    heavy, count, quick = told.rsplit(" ", 2)
    assert heavy == "[]"
    assert int(count) <= 4  # harness, the plugin, its options
    assert quick.strip() == "True"
