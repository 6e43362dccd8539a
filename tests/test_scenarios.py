"""Every scenario is a test: corrected it meets its expectations, as written it fails where its defect says.

One test for each expectation of each variant of each file in `scenarios/`; a new file is collected by itself.
Each variant is run once, by the real command on the embedded backend, four at a time: two that send a
load, and two that do not.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from command import Ended, harness, none_left

from harness.errors import ExitCode
from harness.run.results import JOURNAL, JUNIT, REPORT, SUMMARY
from harness.scenario import Scenario, find, names

# Most of a run is waiting for model time, so four go together on two cores; set 2 on a slow machine.
AT_ONCE = int(os.environ.get("HARNESS_SCENARIOS_AT_ONCE", "4"))

# The answers to a load are timed: what sends none leaves the processors to it.
AFTER_WHAT_IS_TIMED = 10

Pair = tuple[str, str]

# These take a quarter of an hour of model time, train what others train as well, or much of two processors;
# `tox -e long` runs them.
LONG: frozenset[Pair] = frozenset(
    {
        *(
            (name, "corrected")
            for name in (
                "ec2-training",
                "endpoint-autoscaling-3",
                "endpoint-autoscaling-5",
                "experiment-search",
                "inference-loop",
                "labelling-and-tuning",
                "lambda-inference",
                "spot-training",
                "timed-producer",
                "training-coordination",
                "training-notifications",
                "tuning-notifications",
            )
        ),
        *(
            (name, "as-written")
            for name in (
                "anomaly-alerts",
                "endpoint-autoscaling-3",
                "endpoint-autoscaling-5",
                "inference-loop",
                "lambda-inference",
                "least-privilege-roles",
                "timed-producer",
                "training-coordination",
                "training-notifications",
                "tuning-notifications",
                "turbofan-endpoint",
                "workflow-trigger",
            )
        ),
    }
)
# Drawing takes a second of a processor: between them these have every section of a report.
DRAWN = ("anomaly-alerts", "image-training", "lambda-concurrency", "stack-deployment", "turbofan-endpoint")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a case of each variant, and of each of its expectations where the test asks for one."""
    resolved = [find(name).resolve(variant) for name in names() for variant in find(name).variants]
    if "expectation" in metafunc.fixturenames:
        cases = [(_pair(one), wanted.name) for one in resolved for wanted in one.expectations]
        marked = [
            pytest.param(*case, id=f"{'-'.join(case[0])}: {case[1]}", marks=_marks(case[0])) for case in cases
        ]
        metafunc.parametrize(("pair", "expectation"), marked)
    else:
        pairs = [_pair(one) for one in resolved]
        metafunc.parametrize(
            "pair", [pytest.param(pair, id="-".join(pair), marks=_marks(pair)) for pair in pairs]
        )


def _marks(pair: Pair) -> list[pytest.MarkDecorator]:
    return [pytest.mark.long] if pair in LONG else []


def _is_drawn(pair: Pair) -> bool:
    return pair[0] in DRAWN and pair[1] == "corrected"


def _pair(scenario: Scenario) -> Pair:
    return scenario.name, scenario.variant


class Runs:
    """The runs that the chosen tests need, begun together and each looked at when it has ended.

    A run that measured badly because the machine was too busy says `invalid`: it is made once more, alone.
    """

    def __init__(
        self, loads: ThreadPoolExecutor, others: ThreadPoolExecutor, folder: Path, pairs: list[Pair]
    ) -> None:
        self._folder = folder
        self._ends: dict[Pair, Future[Ended]] = {
            pair: loads.submit(self._run, pair)
            if find(pair[0]).resolve(pair[1]).workload
            else others.submit(self._run, pair, niceness=AFTER_WHAT_IS_TIMED)
            # One variant after the other: two of one scenario would have their highest load at the same time.
            for pair in sorted(pairs, key=lambda pair: pair[1])
        }
        self._again: dict[Pair, Ended] = {}

    def __getitem__(self, pair: Pair) -> Ended:
        ended = self._ends[pair].result()
        if ended.code != ExitCode.INVALID:
            return ended
        if pair not in self._again:
            wait(self._ends.values())
            self._again[pair] = self._run(pair)
        return self._again[pair]

    def _run(self, pair: Pair, *, niceness: int = 0) -> Ended:
        name, variant = pair
        options = ["--variant", variant, "--json", *([] if _is_drawn(pair) else ["--no-report"])]
        return harness("run", name, *options, cwd=self._folder, niceness=niceness)


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    chosen = (getattr(item, "callspec", None) for item in request.session.items)
    pairs = dict.fromkeys(spec.params["pair"] for spec in chosen if spec and "pair" in spec.params)
    half = max(1, AT_ONCE // 2)
    with ThreadPoolExecutor(half) as loads, ThreadPoolExecutor(half) as others:
        yield Runs(loads, others, tmp_path_factory.mktemp("scenarios"), list(pairs))


def test_expectation(runs: Runs, pair: Pair, expectation: str) -> None:
    """It is met, or, where the defect breaks it, measured and not met."""
    must_fail = find(pair[0]).resolve(pair[1]).must_fail
    ended = runs[pair]
    assert ended.document.get("expectations"), ended.err
    found = next(one for one in ended.document["expectations"] if one["name"] == expectation)
    shown = f"{found['value']} {found['unit']}, expected {found['limit']}: {found['reason']}"

    assert found["value"] is not None, shown
    assert found["ok"] is (expectation not in must_fail), shown


def test_verdict(runs: Runs, pair: Pair) -> None:
    """Pass and exit code 0 when corrected; as written fail and 1, with the reason; nothing left running."""
    scenario = find(pair[0]).resolve(pair[1])
    ended = runs[pair]
    verdict, code = ("fail", ExitCode.FAIL) if scenario.must_fail else ("pass", ExitCode.PASS)

    assert (ended.document["verdict"], ended.code) == (verdict, code), ended.err
    assert all(name in ended.document["reason"] for name in scenario.must_fail)
    assert none_left(ended.pid)


def test_files(runs: Runs, pair: Pair) -> None:
    """A run leaves its journal, summary, JUnit XML and, where it is drawn, a report under 1 MB."""
    directory = Path(runs[pair].document["run_dir"])
    assert all((directory / name).is_file() for name in (JOURNAL, SUMMARY, JUNIT))
    assert (directory / REPORT).is_file() is _is_drawn(pair)
    assert not _is_drawn(pair) or (directory / REPORT).stat().st_size < 1_000_000
    assert (directory.parent / "latest" / JOURNAL).is_file()


def test_the_variant_as_written_says_what_must_fail(pair: Pair) -> None:
    """A defect that breaks nothing would be no defect."""
    scenario = find(pair[0]).resolve(pair[1])
    assert bool(scenario.defect) == bool(scenario.must_fail) == (pair[1] == "as-written")
