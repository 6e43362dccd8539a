"""Names, ARNs and URLs of the resources of a template, and the way back from them.

Forms of ARNs: Service Authorization Reference, "Resource types defined by ..."; what Ref and Fn::GetAtt give:
CloudFormation template reference, "Return values" of each type.
"""

from collections.abc import Mapping
from typing import Any

from harness.templates.model import TOKEN, Resource

QUEUE, TOPIC, BUCKET = "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket"
FUNCTION, ALIAS, VERSION = "AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::Version"
ROLE, MANAGED_POLICY, RULE = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Events::Rule"
ENDPOINT, CONFIG = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"
MODEL, KEY = "AWS::SageMaker::Model", "AWS::KMS::Key"

# The service and what stands before the name in its ARN.
_FORMS = {
    QUEUE: ("sqs", ""),
    TOPIC: ("sns", ""),
    BUCKET: ("s3", ""),
    FUNCTION: ("lambda", "function:"),
    ROLE: ("iam", "role/"),
    MANAGED_POLICY: ("iam", "policy/"),
    "AWS::IAM::User": ("iam", "user/"),
    ENDPOINT: ("sagemaker", "endpoint/"),
    CONFIG: ("sagemaker", "endpoint-config/"),
    MODEL: ("sagemaker", "model/"),
    RULE: ("events", "rule/"),
    "AWS::Events::EventBus": ("events", "event-bus/"),
    "AWS::DynamoDB::Table": ("dynamodb", "table/"),
    "AWS::Kinesis::Stream": ("kinesis", "stream/"),
    "AWS::KinesisFirehose::DeliveryStream": ("firehose", "deliverystream/"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "alarm:"),
    "AWS::Logs::LogGroup": ("logs", "log-group:"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:"),
    "AWS::SSM::Parameter": ("ssm", "parameter/"),
    KEY: ("kms", "key/"),
}
# The property that names a resource: CloudFormation user guide, "Name type".
NAME_PROPERTIES = {
    QUEUE: "QueueName",
    TOPIC: "TopicName",
    BUCKET: "BucketName",
    FUNCTION: "FunctionName",
    ALIAS: "Name",
    ROLE: "RoleName",
    MANAGED_POLICY: "ManagedPolicyName",
    "AWS::IAM::Policy": "PolicyName",
    "AWS::IAM::User": "UserName",
    ENDPOINT: "EndpointName",
    CONFIG: "EndpointConfigName",
    MODEL: "ModelName",
    RULE: "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SSM::Parameter": "Name",
}
_WITHOUT_REGION, _WITHOUT_ACCOUNT = ("s3", "iam"), ("s3",)
_BY_SERVICE: dict[str, list[tuple[str, str]]] = {}
for _type, (_service, _prefix) in _FORMS.items():
    _BY_SERVICE.setdefault(_service, []).append((_prefix, _type))

# Types whose Ref is their ARN.
_REF_IS_ARN = frozenset(
    {
        TOPIC,
        ENDPOINT,
        CONFIG,
        MODEL,
        MANAGED_POLICY,
        ALIAS,
        VERSION,
        "AWS::StepFunctions::StateMachine",
        "AWS::SecretsManager::Secret",
    }
)


class Names:
    """The names of *resources*, as they are in *region* and *account*."""

    def __init__(self, resources: Mapping[str, Resource], region: str, account: str, partition: str) -> None:
        self._resources = resources
        self._region, self._account, self._partition = region, account, partition
        self._by_name: dict[tuple[str, str], Resource] = {}
        for one in resources.values():
            for each in (one.logical_id, one.physical_id, self.name(one), self.name(one).lower()):
                if each:
                    self._by_name.setdefault((one.type, each), one)

    def name(self, resource: Resource) -> str:
        """Return the name that is given, else the end of what Ref gives, else the logical id."""
        given = resource.properties.get(NAME_PROPERTIES.get(resource.type, ""))
        if isinstance(given, str) and given:
            return given
        tail = resource.physical_id.rpartition("/")[2].rpartition(":")[2]
        return tail or resource.logical_id

    def arn(self, resource: Resource) -> str:
        """Return its ARN; for a type that is not known here, a text that is its own."""
        if resource.type in (ALIAS, VERSION):
            function = resource.properties.get("FunctionName", "")
            owner = self.find(function, (FUNCTION,))
            base = self.arn(owner) if owner else str(function)
            return f"{base}:{resource.properties.get('Name', '1') if resource.type == ALIAS else '1'}"
        if resource.type not in _FORMS:
            return resource.physical_id or resource.logical_id
        service, prefix = _FORMS[resource.type]
        region = "" if service in _WITHOUT_REGION else self._region
        account = "" if service in _WITHOUT_ACCOUNT else self._account
        name = f"{prefix}{self._path(resource)}{self.name(resource)}"
        return f"arn:{self._partition}:{service}:{region}:{account}:{name}"

    def attribute(self, logical_id: str, attribute: str) -> str:
        """Return what `Ref` or a GetAtt attribute of a resource gives: itself where the name decides it."""
        resource = self._resources.get(logical_id)
        if resource is None:
            return f"{logical_id}.{attribute}"
        if attribute == "Ref":
            return self._ref(resource)
        if attribute.endswith("Arn"):
            return self.arn(resource)
        if attribute.endswith("Url") and resource.type == QUEUE:
            return self._url(resource)
        if attribute.endswith("Name") and "Domain" not in attribute:
            return self.name(resource)
        return f"{logical_id}.{attribute}"

    def find(self, value: Any, types: tuple[str, ...] = ()) -> Resource | None:
        """Return the resource that *value* names, None where none here does."""
        if not isinstance(value, str) or not value:
            return None
        token = TOKEN.fullmatch(value)
        if token:
            found = self._resources.get(token["logical_id"])
        elif value.startswith("arn:"):
            found = self._of_arn(value)
        elif value.startswith(("http://", "https://")):
            found = self._by_name.get((QUEUE, value.rpartition("/")[2]))
        else:
            found = next((self._by_name[t, value] for t in types if (t, value) in self._by_name), None)
        return found if found is None or not types or found.type in types else None

    def _of_arn(self, arn: str) -> Resource | None:
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[4] not in ("", self._account):
            return None
        for prefix, kind in _BY_SERVICE.get(parts[2], ()):
            if parts[5].startswith(prefix):
                name = parts[5].removeprefix(prefix)
                for each in (name, name.partition(":")[0], name.partition("/")[0], name.rpartition("/")[2]):
                    if (kind, each) in self._by_name:
                        return self._by_name[kind, each]
        return None

    def _ref(self, resource: Resource) -> str:
        if resource.type == QUEUE:
            return self._url(resource)
        if resource.type in _REF_IS_ARN:
            return self.arn(resource)
        return resource.physical_id or self.name(resource)

    def _url(self, queue: Resource) -> str:
        return f"https://sqs.{self._region}.amazonaws.com/{self._account}/{self.name(queue)}"

    @staticmethod
    def _path(resource: Resource) -> str:
        """Return what stands before the name in its ARN: the path of a role, the bus of a rule."""
        if resource.type == RULE:
            bus = str(resource.properties.get("EventBusName") or "default").rpartition("/")[2]
            return "" if bus == "default" else f"{bus}/"
        path = resource.properties.get("Path", "/") if resource.type in (ROLE, MANAGED_POLICY) else "/"
        return path.strip("/") + "/" if isinstance(path, str) and path.strip("/") else ""
