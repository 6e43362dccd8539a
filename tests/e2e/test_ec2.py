"""EC2 over HTTP: instances that run programs under their roles, spot requests, and what EC2 refuses."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Served, until

from harness import journal, sessions
from harness.aws.compute.machines import Programs
from harness.aws.compute.part import DeclaredCompute
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.clock import Clock, ClockSpec
from harness.compute.interruptions import InterruptionPlan
from harness.compute.settings import ComputeSettings
from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.config import Settings
from harness.gateway.inject import OWN_CALLS

AMI, PLAIN = "ami-999844e0", "ami-760aaa0f"  # both are known to moto; the first has a program
BUCKET = "instances"
PROGRAM = Path(__file__).parent / "programs" / "on_an_instance.py"
SETTINGS = ComputeSettings(
    instance_boot_s=6.0, instance_stop_s=6.0, instance_shutdown_s=6.0, spot_capacity_returns_s=6.0
)


@dataclass
class Cloud:
    """A gateway that enforces permissions, with EC2 behind it."""

    url: str
    stage: Stage
    records: list[journal.Record]

    def client(self, service: str) -> Any:
        """Return a client of the rehearsal's own calls, which may all."""
        return sessions.client(service, self.url, user_agent_extra=OWN_CALLS)

    def state(self, instance: str) -> dict[str, Any]:
        found = self.client("ec2").describe_instances(InstanceIds=[instance])
        return dict(found["Reservations"][0]["Instances"][0])

    def awaited(self, instance: str, state: str) -> dict[str, Any]:
        """Return the instance once it is in *state*."""

        def look() -> dict[str, Any] | None:
            found = self.state(instance)
            return found if found["State"]["Name"] == state else None

        return until(look, f"{instance} {state}")

    def written(self, key: str) -> dict[str, Any]:
        """Return the JSON that a program left under *key*, once it is there."""
        s3 = self.client("s3")

        def look() -> dict[str, Any] | None:
            try:
                return dict(json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))
            except ClientError:
                return None

        return until(look, key)

    def rules(self, instance: str) -> list[str]:
        """Return the rules of the findings about *instance*."""
        found = [one for one in self.records if isinstance(one, journal.Finding)]
        return [one.rule for one in found if instance in one.resource]


@pytest.fixture(scope="module")
def cloud(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("ec2")
    programs = Programs({AMI: (sys.executable, str(PROGRAM))}, {}, folder / "disks", folder / "logs")
    declared = DeclaredCompute(programs, SETTINGS, {"r4.large": [(0.0, 0.04)]}, {"r4.large": 0.133}.get)
    records: list[journal.Record] = []
    stage = Stage(
        Clock(ClockSpec(60.0)),
        records.append,
        served.backend.route,
        Settings(),
        seed=1,
        iam=Mode.ENFORCE,
        compute=declared,
    )
    with Gateway(stage) as gateway:
        made = Cloud(gateway.url, stage, records)
        _prepare(made)
        yield made


def _prepare(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    writes = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    for name, service in (("worker", "ec2"), ("untrusting", "lambda")):
        trusted = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(writes))
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def run(cloud: Cloud, image: str = PLAIN, **more: Any) -> dict[str, Any]:
    asked = {"ImageId": image, "InstanceType": "r4.large", "MinCount": 1, "MaxCount": 1} | more
    return dict(cloud.client("ec2").run_instances(**asked)["Instances"][0])


def test_an_instance_runs_its_program_under_its_role_and_ends_itself(cloud: Cloud) -> None:
    """Plain boto3 finds the role by the metadata service; user data ends the instance, and its disk goes."""
    made = run(
        cloud,
        AMI,
        IamInstanceProfile={"Name": "worker"},
        InstanceInitiatedShutdownBehavior="terminate",
        UserData="#!/bin/bash\npython train.py\nshutdown -h now\n",
        MetadataOptions={"HttpTokens": "required"},
    )
    name = made["InstanceId"]
    assert made["State"]["Name"] == "pending"
    assert made["IamInstanceProfile"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/worker"
    said = cloud.written(f"{name}/who")
    assert said["who"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/{name}"
    assert said["has_keys"] is False
    ended = cloud.awaited(name, "terminated")
    assert ended["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert not Path(said["home"]).exists()
    output = cloud.client("ec2").get_console_output(InstanceId=name)["Output"]
    assert f"hello from {name}" in output


def test_a_spot_instance_hears_its_notice_and_everybody_else_does(cloud: Cloud) -> None:
    """In its metadata, and as an event; the request is fulfilled anew when there is capacity again."""
    ec2, sqs, events = cloud.client("ec2"), cloud.client("sqs"), cloud.client("events")
    queue = sqs.create_queue(QueueName="interruptions")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:interruptions"
    may = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": document(may)})
    pattern = {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]}
    events.put_rule(Name="interruptions", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="interruptions", Targets=[{"Id": "1", "Arn": arn}])
    launch = {"ImageId": AMI, "InstanceType": "r4.large", "IamInstanceProfile": {"Name": "worker"}}
    request = ec2.request_spot_instances(Type="persistent", LaunchSpecification=launch)
    name = request["SpotInstanceRequests"][0]["SpotInstanceRequestId"]

    def shown() -> dict[str, Any]:
        found = ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[name])
        return dict(found["SpotInstanceRequests"][0])

    instance = until(lambda: shown().get("InstanceId"), "the instance")
    cloud.written(f"{instance}/who")
    take_back(cloud)

    assert cloud.written(f"{instance}/notice")["action"] == "terminate"
    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"instance-id": instance, "instance-action": "terminate"}
    assert cloud.awaited(instance, "terminated")["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    again = until(lambda: (one := shown())["State"] == "active" and one, "the next instance")
    assert again["InstanceId"] != instance
    ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[name])
    ec2.terminate_instances(InstanceIds=[again["InstanceId"]])
    assert shown()["Status"]["Code"] == "request-canceled-and-instance-running"
    assert any(isinstance(one, journal.FaultInjected) for one in cloud.records)


def take_back(cloud: Cloud) -> None:
    async def arm() -> None:
        cloud.stage.compute.interrupt(InterruptionPlan("test", image=AMI))

    cloud.stage.await_on_loop(arm())


def test_a_spot_instance_at_once_has_a_request(cloud: Cloud) -> None:
    """RunInstances with a market: the instance names its request, which is active."""
    ec2 = cloud.client("ec2")
    made = run(cloud, InstanceMarketOptions={"MarketType": "spot"})
    assert made["InstanceLifecycle"] == "spot"
    (request,) = ec2.describe_spot_instance_requests(
        Filters=[{"Name": "instance-id", "Values": [made["InstanceId"]]}]
    )["SpotInstanceRequests"]
    assert (request["State"], request["SpotInstanceRequestId"]) == ("active", made["SpotInstanceRequestId"])
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def test_an_instance_stops_starts_and_is_found_by_its_state(cloud: Cloud) -> None:
    """As the model has it, whatever the emulator would say."""
    ec2 = cloud.client("ec2")
    name = run(cloud)["InstanceId"]
    cloud.awaited(name, "running")
    changed = ec2.stop_instances(InstanceIds=[name])["StoppingInstances"][0]
    assert (changed["PreviousState"]["Name"], changed["CurrentState"]["Name"]) == ("running", "stopping")
    cloud.awaited(name, "stopped")
    stopped = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}])
    assert [one["InstanceId"] for group in stopped["Reservations"] for one in group["Instances"]] == [name]
    assert not ec2.describe_instance_status(InstanceIds=[name])["InstanceStatuses"]
    ec2.start_instances(InstanceIds=[name])
    cloud.awaited(name, "running")
    ec2.terminate_instances(InstanceIds=[name])


def test_the_same_client_token_launches_once(cloud: Cloud) -> None:
    """A call that is sent again gets the answer of the first."""
    first, again = (run(cloud, ClientToken="once") for _ in range(2))
    assert first["InstanceId"] == again["InstanceId"]
    cloud.client("ec2").terminate_instances(InstanceIds=[first["InstanceId"]])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"ImageId": "ami-00000000"}, "InvalidAMIID.NotFound"),
        ({"InstanceType": "t9.nothing"}, "InvalidParameterValue"),
        ({"IamInstanceProfile": {"Name": "nobody"}}, "InvalidParameterValue"),
        ({"UserData": "x" * 16_385}, "InvalidParameterValue"),
        ({"MinCount": 2}, "InvalidParameterValue"),
        ({"DryRun": True}, "DryRunOperation"),
        (
            {"InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.01"}}},
            "SpotMaxPriceTooLow",
        ),
    ],
)
def test_what_ec2_refuses_is_refused(cloud: Cloud, asked: dict[str, Any], code: str) -> None:
    """Where emulators launch all the same."""
    with pytest.raises(ClientError) as caught:
        run(cloud, **asked)
    assert caught.value.response["Error"]["Code"] == code


def test_a_launch_template_says_what_the_call_does_not(cloud: Cloud) -> None:
    """What the call says itself comes first; a version that there is not is refused."""
    ec2 = cloud.client("ec2")
    data = {
        "ImageId": PLAIN,
        "InstanceType": "t2.micro",
        "IamInstanceProfile": {"Name": "worker"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "ml"}]}],
    }
    ec2.create_launch_template(LaunchTemplateName="trainers", LaunchTemplateData=data)
    named = {"LaunchTemplateName": "trainers", "Version": "$Latest"}
    made = ec2.run_instances(LaunchTemplate=named, InstanceType="r4.large", MinCount=1, MaxCount=1)[
        "Instances"
    ][0]
    shown = cloud.state(made["InstanceId"])
    assert (shown["ImageId"], shown["InstanceType"]) == (PLAIN, "r4.large")
    assert shown["IamInstanceProfile"]["Arn"].endswith("/worker")
    assert shown["Tags"] == [{"Key": "team", "Value": "ml"}]
    with pytest.raises(ClientError, match=r"InvalidLaunchTemplateId|LaunchTemplate"):
        ec2.run_instances(LaunchTemplate=named | {"Version": "9"}, MinCount=1, MaxCount=1)
    ec2.terminate_instances(InstanceIds=[made["InstanceId"]])


def test_spot_prices_have_a_history(cloud: Cloud) -> None:
    """Of each zone, for the product asked for."""
    ec2 = cloud.client("ec2")
    found = ec2.describe_spot_price_history(InstanceTypes=["r4.large"], AvailabilityZone="us-east-1a")
    assert [one["SpotPrice"] for one in found["SpotPriceHistory"]] == ["0.040000"]
    windows = ec2.describe_spot_price_history(InstanceTypes=["r4.large"], ProductDescriptions=["Windows"])
    assert windows["SpotPriceHistory"] == []
    with pytest.raises(ClientError, match=r"InvalidSpotInstanceRequestID\.NotFound"):
        ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=["sir-nothing"])


def test_a_role_that_does_not_trust_ec2_gives_no_credentials(cloud: Cloud) -> None:
    """The program finds none, fails, and a finding says so; left running, the instance is one at the end."""
    made = run(cloud, AMI, IamInstanceProfile={"Name": "untrusting"})
    until(lambda: "instance-program-failed" in cloud.rules(made["InstanceId"]), "the finding")
    output = cloud.client("ec2").get_console_output(InstanceId=made["InstanceId"])["Output"]
    assert "Unable to locate credentials" in output
    cloud.client("ec2").terminate_instances(InstanceIds=[made["InstanceId"]])


def test_passing_a_role_to_an_instance_needs_permission(cloud: Cloud) -> None:
    """iam:PassRole on the role in the profile, as for every service."""
    iam = cloud.client("iam")
    iam.create_user(UserName="launcher")
    may = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
    iam.put_user_policy(UserName="launcher", PolicyName="p", PolicyDocument=document(may))
    key = iam.create_access_key(UserName="launcher")["AccessKey"]
    ec2 = sessions.client("ec2", cloud.url, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    asked = {"ImageId": PLAIN, "InstanceType": "r4.large", "MinCount": 1, "MaxCount": 1}
    name = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
    with pytest.raises(ClientError) as caught:
        ec2.run_instances(**asked, IamInstanceProfile={"Name": "worker"})
    assert caught.value.response["Error"]["Code"] == "UnauthorizedOperation"
    ec2.terminate_instances(InstanceIds=[name])
