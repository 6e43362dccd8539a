"""`harness simulate` as scripts use it: one command, one JSON document, the same bytes every time."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command import Command, Ended, harness

from harness.run.results import JOURNAL, REPORT

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/summary.schema.json").read_text())
RESOURCE = "endpoint/ranker/variant/AllTraffic"
NAMED = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = {
    "ScalableTarget": NAMED | {"MinCapacity": 1, "MaxCapacity": 8},
    "ScalingPolicies": [
        NAMED
        | {
            "PolicyName": "track",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 1_000.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
            },
        }
    ],
}
COUNTS = [600] * 5 + [3_600] * 15 + [300] * 25
ASKED = ("--policy", "policy.json", "--traffic", "counts.csv", "--initial", "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with policy and traffic."""
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    rows = [f"{minute},{count}" for minute, count in enumerate(COUNTS)]
    (tmp_path / "counts.csv").write_text("\n".join(["minute,invocations", *rows, ""]))
    return tmp_path


def simulate(folder: Path, *arguments: str, **env: str) -> Ended:
    """Return how `harness simulate` with policy and traffic of *folder* ended."""
    return harness("simulate", *ASKED, *arguments, cwd=folder, env=env)


def journal_of(folder: Path, document: dict[str, Any]) -> bytes:
    """Return the bytes of the journal of a run."""
    return (folder / document["run_dir"] / JOURNAL).read_bytes()


def test_the_answer_is_a_summary_with_ranges(folder: Path) -> None:
    """As the schema has it; each activity with decision, completion and what AWS may make of them."""
    ended = simulate(folder, "--launch", "240", "--json")
    assert ended.code == 0, ended.err
    document = ended.document
    jsonschema.validate({k: v for k, v in document.items() if k not in ("run_dir", "exit_code")}, SCHEMA)
    out, *ins = document["scaling"]["activities"]
    assert (out["at_s"], out["from"], out["to"]) == (570.0, 1, 4)
    assert out["at_s_low"] <= 570.0 <= out["at_s_high"] <= 570.0 + 180.0
    assert 570 + 240 <= out["in_service_s"] <= out["in_service_s_high"]
    assert [one["to"] for one in ins] == [3, 2, 1]
    assert document["model"]["settings"]["launch_time"] == "constant:240"
    assert document["model"]["given"] == ["launch_time"]


@pytest.mark.long
def test_the_same_seed_gives_the_same_bytes(folder: Path) -> None:
    """Output and journal alike, whatever the process hashes strings to; another seed gives others."""
    first, second = (simulate(folder, "--json", PYTHONHASHSEED=number) for number in ("1", "2"))
    assert first.out == second.out
    before = journal_of(folder, first.document)
    other = simulate(folder, "--json", "--seed", "2")
    assert other.out != first.out
    assert journal_of(folder, other.document) != before == journal_of(folder, second.document)


def test_people_get_lines_and_a_report(folder: Path) -> None:
    """The report shows the band and says what it is."""
    ended = simulate(folder)
    assert ended.code == 0
    assert "09:30  1 -> 4" in ended.out
    report = (folder / "runs/simulate-policy/latest" / REPORT).read_text()
    assert "When it may happen on AWS" in report
    assert "modelled, not measured" in report


BAD = {
    "policy": ("policy.json", '{"ScalableTarget": ', "policy.json"),
    "bounds": (
        "policy.json",
        json.dumps(POLICY | {"ScalableTarget": NAMED | {"MinCapacity": 8, "MaxCapacity": 1}}),
        "Maximum capacity cannot be less than minimum capacity",
    ),
    "negative": ("counts.csv", "minute,invocations\n0,10\n1,-5\n", "counts.csv, line 3"),
    "empty": ("counts.csv", "minute,invocations\n", "counts.csv"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_and_nothing_is_written(folder: Path, case: str) -> None:
    """One sentence with the file, exit 2, no directory of runs."""
    name, text, message = BAD[case]
    (folder / name).write_text(text)
    ended = simulate(folder, "--json")
    assert ended.code == 2
    assert message in ended.err
    assert ended.document["exit_code"] == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert not (folder / "runs").exists()


def test_minutes_without_a_call_are_played(folder: Path) -> None:
    """They show how a variant shrinks; a file without a minute is refused."""
    (folder / "counts.csv").write_text("minute,invocations\n" + "".join(f"{n},0\n" for n in range(20)))
    summary = simulate(folder, "--initial", "3", "--json").document
    assert (summary["verdict"], "latency" in summary) == ("pass", False)
    assert summary["scaling"]["activities"][0]["to"] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Say what to simulate"),
        (("endpoint-autoscaling-3", "--initial", "1"), "--initial goes with --policy"),
        (("--policy", "policy.json", "--traffic", "counts.csv"), "--initial is missing"),
        ((*ASKED, "--set", "lanch_time=3"), "did you mean 'launch_time'?"),
        ((*ASKED, "--start", "soon"), "--start 'soon' is no moment"),
        ((*ASKED, "--until", "-5"), "--until is -5"),
        ((*ASKED, "--parameter", "x"), "--parameter x: say NAME=VALUE"),
        (("nowhere",), "nowhere"),
    ],
)
def test_what_cannot_be_simulated_is_said(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    """With the way out, as a usage error."""
    ended = harness("simulate", *arguments, cwd=folder)
    assert ended.code == 2
    assert message in ended.err


def test_an_interrupted_simulation_leaves_nothing(folder: Path) -> None:
    """Ctrl-C while it plays a long day: exit 130, no half of a run."""
    rows = "\n".join(f"{minute},9000" for minute in range(1_440))
    (folder / "counts.csv").write_text(f"minute,invocations\n{rows}\n")
    command = Command("simulate", *ASKED, "--engine", "reference", "--json", cwd=folder)
    with pytest.raises(subprocess.TimeoutExpired):
        command._process.wait(3.0)
    command.send(signal.SIGINT)
    assert command.end().code == 130
    assert not list(folder.glob("runs/*/*"))


@pytest.mark.long
def test_a_scenario_runs_on_the_virtual_clock(folder: Path) -> None:
    """`harness run --clock virtual` is `harness simulate` of the scenario."""
    run = harness("run", "endpoint-autoscaling-3", "--clock", "virtual", "--json", cwd=folder)
    simulated = harness("simulate", "endpoint-autoscaling-3", "--json", cwd=folder)
    assert run.code == simulated.code == 0
    assert run.document["scaling"] == simulated.document["scaling"]
    assert run.document["expectations"] == simulated.document["expectations"]


def test_an_hour_needs_no_compiler(folder: Path) -> None:
    """Numba alone would take half of the second that a simulated hour may take; nothing idle is imported."""
    script = (
        "import sys; from harness.__main__ import main; code = main(sys.argv[1:]); "
        "heavy = {'numba', 'matplotlib', 'boto3', 'jinja2', 'rich', 'hcl2'}; "
        "heavy |= {'harness.scenario', 'harness.sweep'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); sys.exit(code)"
    )
    words = [sys.executable, "-c", script, "simulate", *ASKED, "--json"]
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
