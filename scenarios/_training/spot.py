"""Who wants the training on spot instances: asks for the price, requests, waits, looks what came of it."""

import base64
import json
from typing import TYPE_CHECKING, Any

from harness.cost.prices import read_prices
from harness.scenario import Bucket, MachineImage, Role
from scenarios._training.instance import HISTORY, MODEL, fetched

if TYPE_CHECKING:
    from harness.program import Context

INSTANCE_TYPE = "r4.large"
TOO_LITTLE = "0.002"  # USD an hour
# What the original was launched with: it halts by itself, whatever comes of it.
USER_DATA = "#!/bin/bash\necho 'sudo halt' | at now + 60 minutes\npython3 /opt/train.py\n"
POLL_MODEL_S = 10.0
WAIT_AT_MOST_MODEL_S = 3_000.0


def launch(context: "Context", image: MachineImage, role: Role, bucket: Bucket) -> dict[str, Any]:
    """Have the training done on spot instances; return what was seen of the request on the way."""
    ec2, s3 = context.client("ec2"), context.client("s3")
    history = ec2.describe_spot_price_history(
        InstanceTypes=[INSTANCE_TYPE], ProductDescriptions=["Linux/UNIX"], AvailabilityZone=zone_of(ec2)
    )
    price = float(history["SpotPriceHistory"][0]["SpotPrice"])
    cheap = _request(ec2, image, role, Type="one-time", SpotPrice=TOO_LITTLE)
    codes = _codes_until(context, ec2, cheap, {"price-too-low"})
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[cheap])
    wanted = _request(ec2, image, role, Type="persistent")
    until = context.now() + WAIT_AT_MOST_MODEL_S
    while context.now() < until and not context.stopping and fetched(s3, bucket, MODEL) is None:
        codes.add(_code(ec2, wanted))
        context.wait_model_s(POLL_MODEL_S)
    _end(context, ec2, wanted)
    on_demand = read_prices().ec2(INSTANCE_TYPE) or 0.0
    return {
        "price_too_low": "price-too-low" in codes,
        "fulfilled": "fulfilled" in codes,
        "taken_back": "instance-terminated-no-capacity" in codes,
        "spot_share": price / on_demand,
        **_lives(s3, bucket),
    }


def zone_of(ec2: Any) -> str:
    """Return the first zone of the region."""
    return str(ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"])


def _request(ec2: Any, image: MachineImage, role: Role, **how: str) -> str:
    launch = {
        "ImageId": image.id,
        "InstanceType": INSTANCE_TYPE,
        "IamInstanceProfile": {"Name": role.name},
        "UserData": base64.b64encode(USER_DATA.encode()).decode(),
    }
    made = ec2.request_spot_instances(LaunchSpecification=launch, **how)
    return str(made["SpotInstanceRequests"][0]["SpotInstanceRequestId"])


def _shown(ec2: Any, request: str) -> dict[str, Any]:
    found = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request])
    return dict(found["SpotInstanceRequests"][0])


def _code(ec2: Any, request: str) -> str:
    return str(_shown(ec2, request)["Status"]["Code"])


def _codes_until(context: "Context", ec2: Any, request: str, wanted: set[str]) -> set[str]:
    seen: set[str] = set()
    until = context.now() + WAIT_AT_MOST_MODEL_S
    while not seen & wanted and context.now() < until and not context.stopping:
        seen.add(_code(ec2, request))
        context.wait_model_s(1.0)
    return seen


def _end(context: "Context", ec2: Any, request: str) -> None:
    """Cancel the request first: a persistent one would launch the next instance; then end its instance."""
    instance = _shown(ec2, request).get("InstanceId")
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[request])
    if instance:
        ec2.terminate_instances(InstanceIds=[instance])
        await_terminated(context, ec2, instance)


def await_terminated(context: "Context", ec2: Any, instance: str) -> bool:
    """Wait until *instance* is terminated; False where it still is not."""
    until = context.now() + WAIT_AT_MOST_MODEL_S
    while context.now() < until and not context.stopping:
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        if found["State"]["Name"] == "terminated":
            return True
        context.wait_model_s(POLL_MODEL_S)
    return False


def _lives(s3: Any, bucket: Bucket) -> dict[str, Any]:
    """Return what the instances wrote down of themselves, one after the other."""
    lives = json.loads(fetched(s3, bucket, HISTORY) or b"[]")
    if not lives:
        return {"lives": 0}
    return {
        "lives": len(lives),
        "epochs": lives[-1]["to"],
        "epochs_twice": sum(one["to"] - one["from"] for one in lives) - lives[-1]["to"],
        "resumed_from": lives[-1]["from"],
        "noticed": sum(bool(one.get("noticed")) for one in lives),
        "accuracy": lives[-1].get("accuracy", 0.0),
    }
