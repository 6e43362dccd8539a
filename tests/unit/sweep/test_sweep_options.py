"""What `harness sweep` takes: the plan that options make, and what is said of those that cannot work."""

import argparse
import json
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.sweep.options import SweepPlan, add_options, plan_of
from harness.sweep.thresholds import Threshold

LEAST = {
    "--traffic": "counts.csv",
    "--targets": "600,1200",
    "--min": "1",
    "--max": "4,8",
    "--instance-types": "ml.m5.large",
    "--service-time": "0.05",
}


def plan(*more: str, without: str = "", **changed: str) -> SweepPlan:
    """Return the plan of the least options; *changed* by name, *more* behind them, *without* one."""
    options = LEAST | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    given = [part for name, value in options.items() if name != without for part in (name, value)]
    parser = argparse.ArgumentParser()
    add_options(parser)
    return plan_of(parser.parse_args([*given, *more]))


def test_the_least_options_make_a_plan_with_the_defaults() -> None:
    """Cooldowns of 300 s, 50 exact runs, results in a folder named after the traffic."""
    found = plan()

    assert len(found.combinations.candidates) == 4
    assert found.combinations.candidates[0].scale_in_cooldown_s == 300.0
    assert (found.exact, found.seed, found.jobs, found.dask) == (50, 1, 0, "")
    assert found.out == Path("sweeps/counts")
    assert (found.latency_limit_s, found.initial) == (1.0, None)
    assert not found.disable_scale_in


def test_stages_name_a_folder_as_well() -> None:
    """Without what a file name cannot hold; the same for the same traffic."""
    assert plan(traffic="50rps:10m,50-400rps:5m").out == Path("sweeps/50rps-10m-50-400rps-5m")
    assert plan(traffic="::").out == Path("sweeps/traffic")


@pytest.mark.parametrize("name", ["--targets", "--min", "--max", "--instance-types"])
def test_an_empty_grid_says_what_to_add(name: str) -> None:
    """Each dimension without a default."""
    with pytest.raises(ScenarioError, match=f"The grid is empty: add {name} "):
        plan(without=name)


def test_the_latency_limit_is_that_of_the_strictest_p99_threshold() -> None:
    """Unless it is given; where it is from is said."""
    limits = ("--threshold", "p99<0.8", "--threshold", "p99<=500ms")
    found = plan(*limits)

    assert found.thresholds == (Threshold("p99", 0.8, True), Threshold("p99", 0.5, False))
    assert (found.latency_limit_s, found.latency_source) == (0.5, "the p99 threshold")
    assert plan(*limits, latency_limit="2").latency_limit_s == 2.0


@pytest.mark.parametrize(("text", "exact"), [("all", None), ("0", 0), ("7", 7)])
def test_exact_runs_are_a_number_or_all(text: str, exact: int | None) -> None:
    """None stands for all."""
    assert plan(exact=text).exact == exact


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exact": "some"}, "--exact 'some' is neither 'all' nor"),
        ({"exact": "-1"}, "--exact '-1' is neither"),
        ({"initial": "0"}, "--initial 0: an endpoint has at least 1"),
        ({"jobs": "-1"}, "--jobs -1: give 1 or more"),
        ({"scale_in_cooldowns": "-60"}, "--scale-in-cooldowns -60: a cooldown must not be negative"),
        ({"targets": "0"}, "--targets 0: 0 must be greater than 0"),
        ({"min": "0"}, "--min 0"),
        ({"min": "9"}, "--min begins at 9 and --max ends at 8"),
        ({"instance_types": "ml.m5.larg"}, "did you mean ml.m5.large?"),
        ({"instance_types": "ml.t2.medium"}, "does not scale burstable instances such as T2"),
        ({"safety_factor": "2"}, "--safety-factor 2: above 1"),
        ({"safety_factor": "x"}, "--safety-factor: 'x' is no number"),
        ({"latency_limit": "0"}, "--latency-limit 0: must be above 0"),
        ({"threshold": "p9<1"}, "did you mean p99?"),
        ({"set": "publish_dely_s=3"}, "did you mean 'publish_delay_s'?"),
        ({"launch": "x"}, "--launch"),
        ({"prices": "none.json"}, "--prices none.json cannot be read"),
        ({"service_time": "ml.m5.huge=1"}, "ml.m5.huge is not swept"),
    ],
)
def test_what_cannot_work_is_told_by_its_option(changed: dict[str, str], words: str) -> None:
    """Before anything is read or worked out."""
    with pytest.raises(ScenarioError) as raised:
        plan(**changed)

    assert words in str(raised.value)


def test_a_policy_file_stands_for_what_is_not_swept(tmp_path: Path) -> None:
    """Target, bounds, cooldowns and DisableScaleIn come from it; an option wins."""
    resource = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/ranker/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    tracking = {
        "TargetValue": 900.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 120,
        "ScaleOutCooldown": 60,
        "DisableScaleIn": True,
    }
    policy = {
        "PolicyName": "track",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
    }
    document = {
        "ScalableTarget": resource | {"MinCapacity": 2, "MaxCapacity": 6},
        "ScalingPolicies": [resource | policy],
    }
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document))
    parser = argparse.ArgumentParser()
    add_options(parser)
    base = [
        "--traffic",
        "c.csv",
        "--policy",
        str(path),
        "--instance-types",
        "ml.m5.large",
        "--service-time",
        "1",
    ]
    found = plan_of(parser.parse_args([*base, "--max", "3,6"]))

    assert [each.max_capacity for each in found.combinations.candidates] == [3, 6]
    one = found.combinations.candidates[0]
    assert (one.target, one.min_capacity) == (900.0, 2)
    assert (one.scale_out_cooldown_s, one.scale_in_cooldown_s) == (60.0, 120.0)
    assert found.disable_scale_in


def test_what_a_person_should_know_first_is_noted() -> None:
    """Burstable types, and one service time for types that differ."""
    both = plan(instance_types="ml.t3.medium,ml.m5.large")

    assert [note.split()[0] for note in both.notes] == ["ml.t3.medium", "All"]
    assert plan().notes == ()
    assert (
        plan(instance_types="ml.m5.large,ml.m5.xlarge", service_time="ml.m5.large=1,ml.m5.xlarge=2").notes
        == ()
    )


def test_a_policy_that_is_no_single_target_tracking_is_sent_to_simulate(tmp_path: Path) -> None:
    """A sweep varies the one figure that such a policy has."""
    resource = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/r/variant/v"}
    resource["ScalableDimension"] = "sagemaker:variant:DesiredInstanceCount"
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"ScalableTarget": resource | {"MinCapacity": 1, "MaxCapacity": 6}}))
    with pytest.raises(ScenarioError, match=r"varies one target tracking policy .* use harness simulate"):
        plan(policy=str(path))
