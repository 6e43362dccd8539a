"""The plan is what boto3 takes: every call is valid for the real API, and all that is made is removed."""

import json
from typing import Any

import pytest
from declared import MODEL, RANKER, a_scenario, an_endpoint

from harness.scenario import Model, Role, allow
from harness.scenario.plans.deployment import Call, clearing, deployment, removal, scaling, unscaling
from harness.sessions import shared_session

ACCOUNT = "123456789012"
ROLE = Role("worker", statements=(allow("s3:GetObject", on="arn:aws:s3:::b/*"), allow("logs:PutLogEvents")))
FULL = a_scenario(
    resources=[
        an_endpoint(model=Model("m", build=MODEL.build, role=ROLE, environment={"HARNESS_MODEL": "echo"}))
    ]
)

GONE = [*unscaling(FULL.resources), *removal(FULL.resources), *clearing(FULL, ACCOUNT)]


def made(region: str = "us-east-1") -> list[Call]:
    return list(deployment(FULL, {"m": b"tar"}, ACCOUNT, region))


def by_method(calls: list[Call], method: str) -> dict[str, Any]:
    return next(dict(call.arguments) for call in calls if call.method == method)


@pytest.mark.untraced
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_every_call_is_valid_for_the_real_api(region: str) -> None:
    """botocore's own validation, from AWS's service models, accepts the arguments of each call."""
    from botocore.validate import ParamValidator

    everything = [*made(region), *scaling(FULL.resources), *GONE]
    for call in everything:
        service = shared_session().client(
            call.service, region_name=region, aws_access_key_id="test", aws_secret_access_key="test"
        )
        operation = service.meta.method_to_api_mapping[call.method]
        shape = service.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(call.arguments, shape)
        assert not report.has_errors(), f"{call.what}: {report.generate_report()}"


def test_calls_come_in_an_order_that_works() -> None:
    """What a call names exists by then."""
    methods = [call.method for call in made()]
    assert methods == [
        "create_role",
        "put_role_policy",
        "create_bucket",
        "put_object",
        "create_model",
        "create_endpoint_config",
        "create_endpoint",
    ]


def test_a_role_trusts_its_service_and_allows_what_is_declared() -> None:
    """The documents are what IAM stores."""
    calls = made()
    trust = json.loads(by_method(calls, "create_role")["AssumeRolePolicyDocument"])
    policy = json.loads(by_method(calls, "put_role_policy")["PolicyDocument"])

    assert trust["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert [statement["Action"] for statement in policy["Statement"]] == [
        ["s3:GetObject"],
        ["logs:PutLogEvents"],
    ]
    assert policy["Statement"][0]["Resource"] == ["arn:aws:s3:::b/*"]


def test_a_role_without_statements_gets_no_policy() -> None:
    """An empty policy document would be refused; so it is neither put nor deleted."""
    calls = [
        *deployment(a_scenario(), {"ranker-model": b""}, ACCOUNT, "us-east-1"),
        *clearing(a_scenario(), ACCOUNT),
    ]
    assert not [call for call in calls if "role_policy" in call.method]


def test_the_model_is_the_artefact_that_was_put() -> None:
    """ModelDataUrl names the bucket and key of put_object."""
    calls = made()
    put, model = by_method(calls, "put_object"), by_method(calls, "create_model")
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{put['Bucket']}/{put['Key']}"
    assert put["Body"] == b"tar"
    assert model["PrimaryContainer"]["Environment"] == {"HARNESS_MODEL": "echo"}
    assert model["ExecutionRoleArn"] == ROLE.arn("us-east-1", ACCOUNT)


def test_the_policy_is_the_declared_one() -> None:
    """Bounds go to the scalable target; target and cooldowns to the policy."""
    target, policy = (dict(call.arguments) for call in scaling([RANKER]))
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["ResourceId"]) == (1, 4, RANKER.resource_id)
    assert (configuration["TargetValue"], configuration["ScaleInCooldown"]) == (60, 300)


def test_an_endpoint_without_scaling_has_no_target() -> None:
    """Nothing is registered, so nothing is deregistered."""
    fixed = an_endpoint(scaling=None)
    assert not list(scaling([fixed]))
    assert not list(unscaling([fixed]))


def test_all_that_is_made_is_removed() -> None:
    """A second run against the same backend finds nothing of the first."""
    gone = [call.method for call in GONE]
    for call in (*made(), *scaling(FULL.resources)):
        opposite = call.method.replace("create_", "delete_").replace("put_object", "delete_object")
        opposite = opposite.replace("put_role", "delete_role").replace("register_", "deregister_")
        assert opposite in gone or call.method == "put_scaling_policy"  # goes with its target
