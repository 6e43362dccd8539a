"""SageMaker's endpoints through boto3: their life, their errors, their lists and tags."""

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from conftest import Served, at_once, sum_artefact, unique, until

from harness import journal

ARN = "arn:aws:sagemaker:us-east-1:123456789012:"
PATIENT = {"Delay": 0, "MaxAttempts": 2_000}
CSV = "1,2,3"


@pytest.fixture
def sagemaker(served: Served) -> Any:
    return served.client("sagemaker")


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Return code and message of AWS's error."""
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


# ---- their life ----


def test_an_endpoint_is_creating_then_in_service_then_gone(served: Served, sagemaker: Any) -> None:
    """The states that waiters wait for, live counts, the image, and the moments of the model's clock."""
    config = served.config({"InitialInstanceCount": 2})
    name = served.create(config)
    creating = served.describe(name)
    assert creating["EndpointStatus"] == "Creating"
    assert creating["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=PATIENT)
    shown = served.describe(name)
    (variant,) = shown["ProductionVariants"]
    assert (shown["EndpointArn"], shown["EndpointConfigName"]) == (f"{ARN}endpoint/{name}", config)
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (2, 2)
    assert "sagemaker-xgboost" in variant["DeployedImages"][0]["ResolvedImage"]
    assert (shown["LastModifiedTime"] - shown["CreationTime"]).total_seconds() == pytest.approx(76, abs=30)
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=PATIENT)
    # From the journal: on this clock Deleting may be over before anybody can ask.
    statuses = [one.status for one in served.of(journal.EndpointChanged) if one.endpoint == name]
    assert statuses == ["Creating", "InService", "Deleting", "Deleted"]


def test_an_unknown_endpoint_is_refused_in_aws_words(sagemaker: Any) -> None:
    """Describe, update and delete all say the same of a name that is not there."""
    for call in (sagemaker.describe_endpoint, sagemaker.delete_endpoint):
        with pytest.raises(ClientError) as error:
            call(EndpointName="Nobody")
        assert refused(error) == ("ValidationException", f'Could not find endpoint "{ARN}endpoint/nobody".')


def test_a_name_is_taken_once(served: Served) -> None:
    """Of many concurrent creations of one name one succeeds; the others are refused as AWS refuses them."""
    config, name = served.config(), unique()
    answers = at_once([lambda: served.create(config, name)] * 5)
    refusals = [each for each in answers if isinstance(each, ClientError)]
    assert len(refusals) == 4
    for each in refusals:
        assert each.response["Error"]["Message"] == (
            f'Cannot create already existing endpoint "{ARN}endpoint/{name}".'
        )


def test_an_endpoint_needs_a_configuration(served: Served) -> None:
    """CreateEndpoint refuses a configuration that is not stored."""
    with pytest.raises(ClientError) as error:
        served.create("missing")
    assert "Could not find endpoint configuration" in refused(error)[1]


def test_an_endpoint_needs_its_model(served: Served, sagemaker: Any) -> None:
    """CreateEndpoint refuses a configuration whose model was deleted meanwhile."""
    config = served.config()
    sagemaker.delete_model(ModelName=config)
    with pytest.raises(ClientError) as error:
        served.create(config)
    assert refused(error) == ("ValidationException", f'Could not find model "{ARN}model/{config}".')


@pytest.mark.parametrize(
    ("artefact", "reason"),
    [
        (None, "Failed to download model data"),
        (b"no archive at all", "did not pass the ping health check"),
    ],
)
def test_an_artefact_that_does_not_load_fails_the_endpoint(
    served: Served, sagemaker: Any, artefact: bytes | None, reason: str
) -> None:
    """The endpoint ends as Failed with SageMaker's FailureReason; it can be deleted."""
    url = served.upload(artefact) if artefact else "s3://artefacts-of-nobody/model.tar.gz"
    name = served.create(served.config(container={"ModelDataUrl": url}))
    with pytest.raises(WaiterError):
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=PATIENT)
    described = served.describe(name)
    assert described["EndpointStatus"] == "Failed"
    assert reason in described["FailureReason"]
    assert url in described["FailureReason"]
    sagemaker.delete_endpoint(EndpointName=name)


def test_an_unknown_harness_model_fails_the_endpoint(served: Served) -> None:
    """A container that asks for a stand-in that does not exist says so in its FailureReason."""
    name = served.create(served.config(container={"Environment": {"HARNESS_MODEL": "oracle"}}))
    assert "oracle" in served.await_status(name, "Failed")["FailureReason"]


def test_an_update_serves_the_new_model_when_it_shows_the_new_configuration(
    served: Served, sagemaker: Any
) -> None:
    """The old model answers while the endpoint is Updating; configuration and model change together."""
    old = {"ModelDataUrl": served.upload(sum_artefact())}
    new = served.config(container={"ModelDataUrl": served.upload(sum_artefact(plus=100.0))})
    name = served.endpoint(container=old)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
    pending = served.describe(name)
    assert pending["EndpointStatus"] == "Updating"
    assert pending["PendingDeploymentSummary"]["EndpointConfigName"] == new
    shown, answers = [pending["EndpointConfigName"]], []
    while new not in shown[:-1]:
        answers.append(float(served.invoke(name, CSV)["Body"].read()))
        shown.append(served.describe(name)["EndpointConfigName"])
    # Between two looks that show the same configuration, its model has answered.
    settled = [
        (now, answer) for before, now, answer in zip(shown, shown[1:], answers, strict=False) if now == before
    ]
    # On a busy machine the update may be over before the old configuration was seen twice.
    assert (new, 106.0) in settled
    assert set(settled) <= {(shown[0], 6.0), (new, 106.0)}
    assert "PendingDeploymentSummary" not in served.await_status(name, "InService")


def test_an_update_that_cannot_load_its_model_is_rolled_back(served: Served, sagemaker: Any) -> None:
    """The endpoint is InService again with its old configuration and model, and says why."""
    name = served.endpoint(container={"ModelDataUrl": served.upload(sum_artefact())})
    old = served.describe(name)["EndpointConfigName"]
    broken = served.config(container={"ModelDataUrl": served.upload(b"nonsense")})
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=broken)
    described = served.await_status(name, "InService")
    assert described["EndpointConfigName"] == old
    assert "did not pass the ping health check" in described["FailureReason"]
    assert float(served.invoke(name, CSV)["Body"].read()) == 6.0


def test_one_update_at_a_time(served: Served, sagemaker: Any) -> None:
    """Of two concurrent updates one is refused, and the configuration of the other is the one that comes."""
    name, first, second = served.endpoint(), served.config(), served.config()
    answers = at_once(
        [
            lambda: sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=first),
            lambda: sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=second),
        ]
    )
    (refusal,) = [each for each in answers if isinstance(each, ClientError)]
    assert (
        refusal.response["Error"]["Message"] == f'Cannot update in-progress endpoint "{ARN}endpoint/{name}".'
    )
    accepted = second if answers.index(refusal) == 0 else first
    assert served.await_status(name, "InService")["EndpointConfigName"] == accepted


def test_instances_join_one_at_a_time(served: Served, sagemaker: Any) -> None:
    """UpdateEndpointWeightsAndCapacities shows the desired count at once and the current one as it grows."""
    name = served.endpoint()
    change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 4}
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[change])
    begun = served.describe(name)
    assert begun["EndpointStatus"] == "Updating"
    assert begun["ProductionVariants"][0]["DesiredInstanceCount"] == 4
    served.await_status(name, "InService")
    counts = [each.in_service for each in served.of(journal.CapacityChanged) if each.endpoint == name]
    assert [count for count in counts if count][-4:] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"VariantName": "Other", "DesiredInstanceCount": 1}, 'Variant "Other" does not exist'),
        ({"VariantName": "AllTraffic", "DesiredInstanceCount": 0}, "must be at least 1"),
    ],
)
def test_a_capacity_that_cannot_be(served: Served, sagemaker: Any, change: dict[str, Any], said: str) -> None:
    """An unknown variant and a count of zero are refused, and nothing changes."""
    name = served.endpoint()
    with pytest.raises(ClientError) as error:
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[change]
        )
    assert refused(error)[0] == "ValidationException"
    assert said in refused(error)[1]
    assert served.describe(name)["EndpointStatus"] == "InService"


# ---- lists and tags ----


def test_endpoints_are_listed_sorted_filtered_and_in_pages(served: Served, sagemaker: Any) -> None:
    """The paginator finds every endpoint of a prefix in the order asked for, and the filters apply."""
    prefix, config = unique("list"), served.config()
    names = [served.create(config, f"{prefix}-{letter}") for letter in "bac"]
    pages = sagemaker.get_paginator("list_endpoints").paginate(
        NameContains=prefix, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    listed = [[each["EndpointName"] for each in page["Endpoints"]] for page in pages]
    assert listed == [sorted(names)[:2], sorted(names)[2:]]
    newest = sagemaker.list_endpoints(NameContains=prefix, MaxResults=1)["Endpoints"]
    assert [each["EndpointName"] for each in newest] == [names[-1]]
    for name in names:
        served.await_status(name, "InService")
    assert not sagemaker.list_endpoints(NameContains=prefix, StatusEquals="Creating")["Endpoints"]
    born = newest[0]["CreationTime"]
    assert not sagemaker.list_endpoints(NameContains=prefix, CreationTimeBefore=born.replace(year=2001))[
        "Endpoints"
    ]


def test_a_foreign_next_token_is_refused(sagemaker: Any) -> None:
    """A token that ListEndpoints never gave is a ValidationException, no error of ours."""
    with pytest.raises(ClientError) as error:
        sagemaker.list_endpoints(NextToken="not-a-token")
    assert refused(error)[0] == "ValidationException"


def test_tags_of_an_endpoint(served: Served, sagemaker: Any) -> None:
    """Tags given at creation and later are listed, and deleted by key."""
    name, config = unique("Tagged"), served.config()
    arn = sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=config, Tags=[{"Key": "team", "Value": "engines"}]
    )["EndpointArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "low"}])
    assert {each["Key"]: each["Value"] for each in sagemaker.list_tags(ResourceArn=arn)["Tags"]} == {
        "team": "engines",
        "cost": "low",
    }
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "low"}]


def test_tags_of_a_model_stay_with_the_backend(served: Served, sagemaker: Any) -> None:
    """What is not an endpoint is tagged where it is stored."""
    arn = sagemaker.describe_model(ModelName=served.config())["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "engines"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "engines"}]


# ---- what the emulator would get wrong ----


def test_a_t3_configuration_is_kept_and_shown_as_given(served: Served, sagemaker: Any) -> None:
    """ml.t3 is not in the emulator's list; the endpoint runs on it all the same."""
    config = served.config({"InstanceType": "ml.t3.medium"})
    shown = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    assert shown["ProductionVariants"][0]["InstanceType"] == "ml.t3.medium"
    served.await_status(served.create(config), "InService")
    sagemaker.delete_endpoint_config(EndpointConfigName=config)


def test_what_was_not_given_is_not_shown(served: Served, sagemaker: Any) -> None:
    """No empty VpcConfig, Containers or DataCaptureConfig: infrastructure tools would see a change."""
    config = served.config()
    model, stored = (
        sagemaker.describe_model(ModelName=config),
        sagemaker.describe_endpoint_config(EndpointConfigName=config),
    )
    assert not {"VpcConfig", "Containers"} & set(model)
    assert "DataCaptureConfig" not in stored


def test_a_serverless_variant_is_a_finding(served: Served, sagemaker: Any) -> None:
    """What is not modelled is said: the run has an error for it."""
    model, name = served.config(), unique("serverless")
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": serverless}
        ],
    )
    served.create(name, name)
    assert served.findings(name) == [("serverless-variant-not-covered", "error")]


# ---- who calls, and how ----


def test_a_call_with_a_real_looking_key_passes_and_is_journalled(served: Served) -> None:
    """Who calls decides nothing here yet; the journal keeps the key's id."""
    served.client("sagemaker", access_key="AKIAIOSFODNN7EXAMPLE").list_endpoints()

    def written() -> list[journal.Exchange]:
        return [each for each in served.of(journal.Exchange) if each.access_key == "AKIAIOSFODNN7EXAMPLE"]

    (record,) = until(written, "the record")
    assert (record.operation, record.status) == ("ListEndpoints", 200)


def test_an_unsigned_call_passes(served: Served) -> None:
    """X-Amz-Target says which service is meant when nothing is signed, also for what the backend is asked."""
    name, config = unique(), served.config()
    client: Any = boto3.session.Session().client(
        "sagemaker",
        region_name="us-east-1",
        endpoint_url=served.url,
        config=Config(signature_version=UNSIGNED),
    )
    client.create_endpoint(EndpointName=name, EndpointConfigName=config)
    # On this clock Creating lasts a quarter of a second, which a busy machine may need to ask.
    assert client.describe_endpoint(EndpointName=name)["EndpointStatus"] in ("Creating", "InService")
    client.close()


def test_a_presigned_url_reaches_its_service(served: Served) -> None:
    """The credential scope of a presigned URL is in its query."""
    s3 = served.client("s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a", Body=b"found")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "a"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"found"
    until(lambda: [x for x in served.of(journal.Exchange) if x.service == "s3" and x.bytes_out][-1], "it")


@pytest.mark.parametrize("body", [b"{", b"[1, 2]"])
def test_a_body_that_is_no_json_object(served: Served, body: bytes) -> None:
    """A SerializationException with status 400, as AWS answers, and the journal has it."""
    request = urllib.request.Request(served.url, body, {"X-Amz-Target": "SageMaker.DescribeEndpoint"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    assert error.value.code == 400
    assert b"SerializationException" in error.value.read()
    error.value.close()


def test_deleting_an_endpoint_takes_its_scaling_with_it(served: Served, sagemaker: Any) -> None:
    """Target, policy and alarms are gone everywhere: on AWS DeleteEndpoint deregisters them."""
    name, scaling = served.endpoint(), served.client("application-autoscaling")
    variant = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/AllTraffic",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaling.register_scalable_target(**variant, MinCapacity=1, MaxCapacity=2)
    metric = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
    scaling.put_scaling_policy(
        **variant,
        PolicyName="p",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1.0,
            "PredefinedMetricSpecification": metric,
        },
    )
    sagemaker.delete_endpoint(EndpointName=name)
    found = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[variant["ResourceId"]]
    )
    assert found["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(**variant)["ScalingPolicies"] == []
    prefix = f"TargetTracking-{variant['ResourceId']}"
    cloudwatch = served.client("cloudwatch")
    until(
        lambda: not cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"],
        "the alarms' end",
    )
