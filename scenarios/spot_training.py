"""A training on spot instances: requested, fulfilled, taken back with two minutes' notice, and resumed."""

from functools import partial

from harness.scenario import (
    Bucket,
    MachineImage,
    Program,
    Role,
    Scenario,
    SpotInterruption,
    SpotMarket,
    allow,
    cost,
    interrupted,
    refused_calls,
    result,
    spot_requests,
)
from scenarios._training.instance import train
from scenarios._training.spot import INSTANCE_TYPE, launch

EPOCHS, EPOCH_S = 10, 8.0
SPOT_USD = 0.0402

state = Bucket("spot-training-state")
worker = Role(
    "spot-training-worker",
    "ec2.amazonaws.com",
    (
        allow("s3:GetObject", "s3:PutObject", on=state.under()),
        allow("s3:ListBucket", on=state),  # without it S3 says AccessDenied of a checkpoint that is not there
    ),
)
image = MachineImage("ami-999844e0", partial(train, bucket=state, epochs=EPOCHS, epoch_s=EPOCH_S))
requester = Role(
    "spot-training-requester",
    "ec2.amazonaws.com",
    (
        allow(
            "ec2:RequestSpotInstances",
            "ec2:CancelSpotInstanceRequests",
            "ec2:DescribeSpotInstanceRequests",
            "ec2:DescribeSpotPriceHistory",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstances",
            "ec2:TerminateInstances",
        ),
        allow("iam:PassRole", on=worker, when={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
        allow("s3:GetObject", on=state.under()),
        allow("s3:ListBucket", on=state),
    ),
)
launcher = Program(
    "launcher",
    partial(launch, image=image, role=worker, bucket=state),
    moment="beside_load",
    role=requester,
)

scenario = Scenario(
    name="spot-training",
    description=(
        "A persistent request for a spot instance is fulfilled, the instance is taken back with two minutes' "
        "notice, and the next one goes on with the training from its checkpoint, for a third of the price."
    ),
    resources=[state, worker, image, SpotMarket(INSTANCE_TYPE, SPOT_USD)],
    programs=[launcher],
    faults=[SpotInterruption(image, running_s=50.0)],
    expectations=[
        result("launcher", "price_too_low").equals(
            1, "an offer below the market waits, and launches nothing"
        ),
        result("launcher", "fulfilled").equals(1),
        interrupted().equals(1, "the one interruption that was asked for"),
        spot_requests("instance-terminated-no-capacity").equals(1),
        result("launcher", "noticed").equals(1, "two minutes are enough to hear of it"),
        result("launcher", "lives").equals(2),
        result("launcher", "resumed_from").at_least(1, "epochs, from the checkpoint of the first instance"),
        result("launcher", "epochs").equals(EPOCHS),
        result("launcher", "epochs_twice").equals(0, "nothing that was kept is done again"),
        result("launcher", "accuracy").at_least(0.9),
        result("launcher", "spot_share").at_most(0.4, "of the on-demand price"),
        cost("ec2-spot").below(0.133 * 600 / 3_600, "ten minutes on demand"),
        refused_calls(requester).equals(0),
        refused_calls(worker).equals(0),
    ],
    settings={"spot_capacity_returns_s": 20.0},
    clock="compressed:60",
)
