"""EC2 as a scenario declares it: images with programs, spot prices, interruptions, and questions of them."""

import math
from typing import Any

import pytest

from harness.compute.instances import BY_SPOT, BY_USER
from harness.errors import ScenarioError
from harness.journal import ComputeChanged, Record, SpotRequestChanged
from harness.scenario import (
    MachineImage,
    Program,
    Role,
    Scenario,
    SpotInterruption,
    SpotMarket,
    Topic,
    billed_seconds,
    instances,
    interrupted,
    result,
    spot_requests,
)
from harness.scenario.faults.command_line import parse_fault
from harness.scenario.faults.moments import Moment, moments
from harness.scenario.plans.compute import profiling, unprofiling
from harness.scenario.plans.deployment import clearing, deployment

AMI = "ami-999844e0"


def program(machine: Any) -> None:
    """Stands for what an image runs."""


def scenario(*resources: Any, **more: Any) -> Scenario:
    wanted = [result("p", "x").equals(1)]
    return Scenario("spot", "Spot.", resources=resources, expectations=wanted, **more)


def test_an_image_is_known_by_its_id() -> None:
    """Its ARN has no account: images are shared."""
    image = MachineImage(AMI, program)
    assert image.name == AMI
    assert image.arn("us-east-1", "123456789012") == f"arn:aws:ec2:us-east-1::image/{AMI}"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MachineImage("ami-1", program), "write ami- and 8 or 17 hexadecimal digits"),
        (
            lambda: MachineImage(AMI, "train.py"),  # type: ignore[arg-type]
            "program is of type str; give a function",
        ),
        (lambda: MachineImage(AMI, program, seconds=0.0), "seconds"),
        (lambda: SpotMarket("large", 0.1), "write it as 't2.xlarge'"),
        (lambda: SpotMarket("t2.xlarge", ()), "usd_per_hour has no step"),
        (lambda: SpotMarket("t2.xlarge", ((10.0, 0.1), (0.0, 0.2))), "must rise from step to step"),
        (lambda: SpotMarket("t2.xlarge", -0.1), "usd_per_hour"),
        (lambda: SpotInterruption(running_s=-1.0), "running_s is -1; give 0 or more"),
        (lambda: SpotInterruption(times=0), "times"),
        (lambda: SpotInterruption(reason="weather"), "say 'capacity' or 'price'"),
        (
            lambda: scenario(MachineImage(AMI, program), MachineImage(AMI, program)),
            "2 machine images are called",
        ),
        (lambda: scenario(SpotMarket("a.b", 1), SpotMarket("a.b", 2)), "2 spot markets are of 'a.b'"),
        (lambda: scenario(Topic("t"), settings={"spot_price_shar": 1}), "did you mean 'spot_price_share'"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, said: str) -> None:
    """With the name of what is wrong, and the way out."""
    with pytest.raises(ScenarioError, match=said):
        make()


def test_a_price_is_one_figure_or_steps() -> None:
    """The first holds from the beginning."""
    assert SpotMarket("r4.large", 0.04).steps == ((0.0, 0.04),)
    assert SpotMarket("r4.large", [(0, 0.04), (10, 0.05)]).steps == ((0.0, 0.04), (10.0, 0.05))


def test_a_scenario_has_its_images_markets_and_settings() -> None:
    """Each by its kind."""
    image, market = MachineImage(AMI, program), SpotMarket("r4.large", 0.04)
    made = scenario(image, market, settings={"instance_boot_s": 5.0})
    assert (made.machine_images, made.spot_markets) == ([image], [market])
    assert made.compute_settings.instance_boot_s == 5.0


def test_instances_get_their_roles_by_profiles_of_the_same_name() -> None:
    """For roles that EC2 may assume, where an image has a program; removed before the role is."""
    worker = Role("worker", "ec2.amazonaws.com")
    made = scenario(MachineImage(AMI, program), worker, Role("other"))
    assert [(one.method, one.arguments["InstanceProfileName"]) for one in profiling(made)] == [
        ("create_instance_profile", "worker"),
        ("add_role_to_instance_profile", "worker"),
    ]
    assert [one.method for one in unprofiling(made)] == [
        "remove_role_from_instance_profile",
        "delete_instance_profile",
    ]
    assert not list(profiling(scenario(worker)))
    methods = [one.method for one in deployment(made, {}, "123456789012", "us-east-1")]
    assert methods.index("create_role") < methods.index("create_instance_profile")
    methods = [one.method for one in clearing(made, "123456789012")]
    assert methods.index("delete_instance_profile") < methods.index("delete_role")


# -- interruptions -----


def test_an_interruption_is_named_by_its_image() -> None:
    """Or by none, and says for people what happens."""
    fault = SpotInterruption(MachineImage(AMI, program), 90.0, times=2)
    assert (fault.image_id, fault.name) == (AMI, f"spot interruption {AMI}")
    assert fault.detail == f"spot instances of {AMI} are taken back 90 s after they were ready, 2 times"
    assert SpotInterruption().name == "spot interruption"
    assert SpotInterruption().detail.startswith("spot instances are taken back 0 s")
    assert SpotInterruption().detail.endswith("once")


def test_an_interruption_may_name_a_training_job() -> None:
    """What is no id of an image is the name of a job."""
    assert SpotInterruption("my-training").names_job
    assert not SpotInterruption(AMI).names_job
    assert not SpotInterruption().names_job


def test_an_interruption_comes_from_the_command_line() -> None:
    """With its image and without."""
    assert parse_fault("interrupt-spot:running=90:times=2") == SpotInterruption("", 90.0, times=2)
    assert parse_fault(f"interrupt-spot:{AMI}:after=5:rebalance=30") == SpotInterruption(
        AMI, after_s=5.0, rebalance_s=30.0
    )


def test_an_interruption_holds_from_its_moment_on() -> None:
    """It begins once."""
    assert list(moments([SpotInterruption(after_s=7.0)], 1)) == [Moment(7.0, 0, "begins")]
    beside = [Program("p", program, moment="beside_load")]
    assert scenario(Topic("t"), faults=[SpotInterruption()], programs=beside).faults


# -- questions -----


def changed(at: float, instance: str, state: str, lifecycle: str = "spot", reason: str = "") -> Record:
    return ComputeChanged(at, instance, "r4.large", lifecycle, state, 0.04, reason)


RECORDS: list[Record] = [
    SpotRequestChanged(0.0, "sir-1", "r4.large", "open", "pending-evaluation"),
    SpotRequestChanged(1.0, "sir-1", "r4.large", "active", "fulfilled", "i-1"),
    changed(0.0, "i-1", "running"),
    changed(100.0, "i-1", "shutting-down", reason=BY_SPOT),
    changed(110.0, "i-1", "terminated", reason=BY_SPOT),
    changed(0.0, "i-2", "running", "on-demand"),
    changed(200.0, "i-2", "shutting-down", "on-demand", BY_USER),
]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        (instances(), 2.0),
        (instances("terminated"), 1.0),
        (instances(instance_type="t2.xlarge"), 0.0),
        (interrupted(), 1.0),
        (spot_requests("fulfilled"), 1.0),
        (spot_requests("price-too-low"), 0.0),
        (billed_seconds(), 200.0),
        (billed_seconds("r4.large"), 200.0),
    ],
)
def test_a_question_has_its_figure(question: Any, value: float) -> None:
    """Out of the records of the run."""
    found, said = question.measure(RECORDS)
    assert found == value, said


@pytest.mark.parametrize(
    ("question", "name"),
    [
        (instances(), "instances: running"),
        (instances("terminated", "r4.large"), "instances r4.large: terminated"),
        (interrupted(), "spot instances: interrupted"),
        (spot_requests("price-too-low"), "spot requests: price-too-low"),
        (billed_seconds("r4.large"), "instances r4.large: billed"),
    ],
)
def test_a_question_is_called_by_what_it_asks(question: Any, name: str) -> None:
    """The report names it so."""
    assert question.name == name


@pytest.mark.parametrize(
    "question", [instances(), interrupted(), spot_requests("fulfilled"), billed_seconds("x9.huge")]
)
def test_a_question_about_nothing_has_none(question: Any) -> None:
    """Nothing measured is never a pass."""
    assert question.measure([])[0] is None
    assert math.isnan(question.limit)
