"""What the stack declares, asked of each service by itself: CloudFormation's word is not taken for it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from harness.program import Context

NAME = "turbofan-stack"
ENDPOINT = MODEL = f"{NAME}-rul"
RAW, CURATED = f"{NAME}-raw", f"{NAME}-curated"
SENSORS, CRAWLER, JOB, CATALOGUE = f"{NAME}-sensors", f"{NAME}-raw", f"{NAME}-curate", "turbofan_stack"
ROLES = tuple(f"{NAME}-{who}" for who in ("firehose", "glue", "model", "notebook"))
VARIANT = f"endpoint/{ENDPOINT}/variant/AllTraffic"
GROUP, CIDR = f"{NAME}-closed", "10.20.0.0/16"

Clients = Callable[[str], Any]  # the client of a service, the same each time
Look = Callable[[Clients], Any]


def scalable_targets(client: Clients) -> Any:
    """Return the endpoint's scalable targets."""
    asked = {"ServiceNamespace": "sagemaker", "ResourceIds": [VARIANT]}
    return client("application-autoscaling").describe_scalable_targets(**asked)["ScalableTargets"]


def suspend_scale_in(client: Clients, *, suspended: bool) -> None:
    """Let the endpoint's policies take instances away, or not, until this is called again."""
    client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=VARIANT,
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        SuspendedState={"DynamicScalingInSuspended": suspended},
    )


def _policies(client: Clients) -> Any:
    asked = {"ServiceNamespace": "sagemaker", "ResourceId": VARIANT}
    return client("application-autoscaling").describe_scaling_policies(**asked)["ScalingPolicies"]


def _networks(client: Clients) -> Any:
    filters = [{"Name": "cidr", "Values": [CIDR]}]
    return client("ec2").describe_vpcs(Filters=filters)["Vpcs"]


def _subnets(client: Clients) -> Any:
    filters = [{"Name": "cidr-block", "Values": ["10.20.1.0/24"]}]
    return client("ec2").describe_subnets(Filters=filters)["Subnets"]


def _groups(client: Clients) -> Any:
    filters = [{"Name": "group-name", "Values": [GROUP]}]
    return client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]


def _gates(client: Clients) -> Any:
    found = client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    return [one for one in found if one["State"].lower() != "deleted" and "sagemaker" in one["ServiceName"]]


def configs(client: Clients) -> Any:
    """Return the names of the endpoint configurations that the stack has made."""
    found = client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    return [one["EndpointConfigName"] for one in found if one["EndpointConfigName"].startswith(NAME)]


def _role(name: str) -> Look:
    return lambda client: client("iam").get_role(RoleName=name)


LOOKS: Mapping[str, Look] = {
    "raw bucket": lambda client: client("s3").get_public_access_block(Bucket=RAW),
    "curated bucket": lambda client: client("s3").get_bucket_versioning(Bucket=CURATED)["Status"],
    **{f"role {name}": _role(name) for name in ROLES},
    "policy of the notebook": lambda client: client("iam").get_role_policy(
        RoleName=ROLES[-1], PolicyName="from-the-vpc"
    ),
    "delivery stream": lambda client: client("firehose").describe_delivery_stream(DeliveryStreamName=SENSORS),
    "database": lambda client: client("glue").get_database(Name=CATALOGUE),
    "crawler": lambda client: client("glue").get_crawler(Name=CRAWLER),
    "job": lambda client: client("glue").get_job(JobName=JOB),
    "model": lambda client: client("sagemaker").describe_model(ModelName=MODEL),
    "endpoint configuration": configs,
    "endpoint": lambda client: client("sagemaker").describe_endpoint(EndpointName=ENDPOINT),
    "scalable target": scalable_targets,
    "scaling policy": _policies,
    "VPC": _networks,
    "subnet": _subnets,
    "security group": _groups,
    "VPC endpoint": _gates,
    "notebook": lambda client: client("sagemaker").describe_notebook_instance(
        NotebookInstanceName=f"{NAME}-notebook"
    ),
}


def clients_of(context: "Context") -> Clients:
    """Return the clients of a program, each made once."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = context.client(service)
        return made[service]

    return client


def there(client: Clients) -> list[str]:
    """Return the names of what is there; what the services refuse to tell of is not."""
    found = []
    for name, look in LOOKS.items():
        try:
            if look(client):
                found.append(name)
        except ClientError as error:
            print(f"{name}: {error}", flush=True)
    return found
