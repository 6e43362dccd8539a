"""AWS::SageMaker: models, endpoint configurations, endpoints, notebook instances."""

from contextlib import suppress

from harness.stacks.kind import Properties, Refused, Seen, Surroundings
from harness.stacks.plain import Plain, after_slash
from harness.stacks.shaping import shown

_MODEL = Plain(
    type="AWS::SageMaker::Model",
    service="sagemaker",
    create="create_model",
    describe="describe_model",
    delete="delete_model",
    by="ModelName",
    name="ModelName",
    ref="ModelArn",
    key=after_slash,
    attributes={"ModelName": "ModelName", "ModelArn": "ModelArn"},
    lists=("list_models", "Models", "ModelArn"),
    tagging="sagemaker",
    tagged="ref",
)
_CONFIG = Plain(
    type="AWS::SageMaker::EndpointConfig",
    service="sagemaker",
    create="create_endpoint_config",
    describe="describe_endpoint_config",
    delete="delete_endpoint_config",
    by="EndpointConfigName",
    name="EndpointConfigName",
    ref="EndpointConfigArn",
    key=after_slash,
    attributes={"EndpointConfigName": "EndpointConfigName", "EndpointConfigArn": "EndpointConfigArn"},
    lists=("list_endpoint_configs", "EndpointConfigs", "EndpointConfigArn"),
    tagging="sagemaker",
    tagged="ref",
)
_ASIDE = frozenset(
    {"ExcludeRetainedVariantProperties", "RetainAllVariantProperties", "RetainDeploymentConfig"}
)


def _name_of(arn: str, properties: Properties) -> str:
    """Return the endpoint's name: its ARN has it in small letters."""
    return str(properties.get("EndpointName") or after_slash(arn))


def _ready(where: Surroundings, arn: str, properties: Properties) -> str | None:
    told = where.call("sagemaker", "describe_endpoint", EndpointName=_name_of(arn, properties))
    status = told["EndpointStatus"]
    if status in ("Creating", "Updating", "SystemUpdating", "RollingBack"):
        return None
    return "" if status == "InService" else str(told.get("FailureReason") or f"its status is {status}")


_ENDPOINT = Plain(
    type="AWS::SageMaker::Endpoint",
    service="sagemaker",
    create="create_endpoint",
    describe="describe_endpoint",
    delete="delete_endpoint",
    update="update_endpoint",
    by="EndpointName",
    name="EndpointName",
    ref="EndpointArn",
    key=after_slash,
    aside=_ASIDE,
    attributes={"EndpointName": "EndpointName", "EndpointArn": "EndpointArn"},
    lists=("list_endpoints", "Endpoints", "EndpointArn"),
    tagging="sagemaker",
    tagged="ref",
    ready=_ready,
)


def _remove_endpoint(where: Surroundings, arn: str, properties: Properties) -> None:
    """Delete it, once nothing of it is under way, and wait until it is gone, as CloudFormation does."""
    name = _name_of(arn, properties)
    try:
        while _ready(where, arn, properties) is None:
            where.pause(0.05)
        where.call("sagemaker", "delete_endpoint", EndpointName=name)
        while True:
            where.call("sagemaker", "describe_endpoint", EndpointName=name)
            where.pause(0.05)
    except Refused as refused:
        if not refused.says_gone:
            raise


_NOTEBOOK = Plain(
    type="AWS::SageMaker::NotebookInstance",
    service="sagemaker",
    create="create_notebook_instance",
    describe="describe_notebook_instance",
    delete="delete_notebook_instance",
    by="NotebookInstanceName",
    name="NotebookInstanceName",
    ref="NotebookInstanceArn",
    key=after_slash,
    attributes={"NotebookInstanceName": "NotebookInstanceName"},
    lists=("list_notebook_instances", "NotebookInstances", "NotebookInstanceArn"),
    tagging="sagemaker",
    tagged="ref",
)


def _remove_notebook(where: Surroundings, arn: str, properties: Properties) -> None:
    name = after_slash(arn)
    with suppress(Refused):  # it is not there, or does not run
        where.call("sagemaker", "stop_notebook_instance", NotebookInstanceName=name)
    _NOTEBOOK.remove(where, arn, properties)


def _read_notebook(where: Surroundings, arn: str, properties: Properties) -> Seen | None:
    described = _NOTEBOOK.describe_it(where, arn, properties)
    if described is None:
        return None
    told = shown(*described)
    names = {
        "SecurityGroups": "SecurityGroupIds",
        "NotebookInstanceLifecycleConfigName": "LifecycleConfigName",
    }
    return _NOTEBOOK.seen(where, arn, {names.get(name, name): value for name, value in told.items()})


KINDS = (
    _MODEL.kind(),
    _CONFIG.kind(),
    _ENDPOINT.kind(remove=_remove_endpoint),
    _NOTEBOOK.kind(read=_read_notebook, remove=_remove_notebook),
)
