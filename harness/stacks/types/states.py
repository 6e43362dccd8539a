"""AWS::StepFunctions::StateMachine."""

import re
from typing import Any

from harness.stacks.kind import Made, Properties, Refused, Seen, Surroundings
from harness.stacks.plain import Plain
from harness.stacks.shaping import arguments_of, as_text, document, shown
from harness.stacks.tags import read_tags, retag

_MACHINE = Plain(
    type="AWS::StepFunctions::StateMachine",
    service="stepfunctions",
    create="create_state_machine",
    describe="describe_state_machine",
    delete="delete_state_machine",
    by="stateMachineArn",
    ref="stateMachineArn",
    lists=("list_state_machines", "stateMachines", "stateMachineArn"),
)
_RENAMED = {
    "StateMachineName": "name",
    "StateMachineType": "type",
    "RoleArn": "roleArn",
    "LoggingConfiguration": "loggingConfiguration",
    "TracingConfiguration": "tracingConfiguration",
    "Tags": "tags",
}


def definition_of(where: Surroundings, properties: Properties) -> str:
    """Return the definition with the template's DefinitionSubstitutions filled in."""
    text = properties.get("DefinitionString", properties.get("Definition"))
    if text is None and "DefinitionS3Location" in properties:
        at = properties["DefinitionS3Location"]
        text = where.call("s3", "get_object", Bucket=at["Bucket"], Key=at["Key"])["Body"].read().decode()
    if text is None:
        raise Refused(
            "ValidationException", "One of Definition, DefinitionString, DefinitionS3Location is needed"
        )
    wanted = properties.get("DefinitionSubstitutions") or {}
    return re.sub(
        r"\$\{([A-Za-z0-9_]+)\}",
        lambda found: str(wanted.get(found[1], found[0])),
        as_text(text),
    )


def _arguments(
    where: Surroundings, method: str, properties: Properties, names: tuple[str, ...]
) -> dict[str, Any]:
    given = {_RENAMED[name]: properties[name] for name in names if name in properties}
    arguments = arguments_of(where.clients("stepfunctions"), method, given)
    return {**arguments, "definition": definition_of(where, properties)}


def _make(where: Surroundings, properties: Properties) -> Made:
    arguments = _arguments(where, "create_state_machine", properties, tuple(_RENAMED))
    return Made(where.call("stepfunctions", "create_state_machine", **arguments)["stateMachineArn"])


def _read(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    described = _MACHINE.describe_it(where, arn)
    if described is None:
        return None
    told = shown(*described)
    found = {
        "StateMachineName": told["Name"],
        "StateMachineType": told.get("Type", "STANDARD"),
        "RoleArn": told["RoleArn"],
        "DefinitionString": document(told["Definition"]),
    }
    if (logging := told.get("LoggingConfiguration")) and logging.get("Destinations"):
        found["LoggingConfiguration"] = logging
    if (tracing := told.get("TracingConfiguration")) and tracing.get("Enabled"):
        found["TracingConfiguration"] = tracing
    if tags := read_tags(where, "stepfunctions", arn):
        found["Tags"] = tags
    return Seen(found, {"Arn": arn, "Name": told["Name"]})


def _change(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    names = ("RoleArn", "LoggingConfiguration", "TracingConfiguration")
    arguments = _arguments(where, "update_state_machine", after, names)
    where.call("stepfunctions", "update_state_machine", stateMachineArn=arn, **arguments)
    retag(where, "stepfunctions", arn, before, after)


KINDS = (_MACHINE.kind(make=_make, read=_read, change=_change),)
