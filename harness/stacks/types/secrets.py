"""AWS::KMS, AWS::SSM and AWS::SecretsManager: keys and their aliases, parameters, secrets."""

import secrets as chance
import string
from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import Plain, gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, as_text, document
from harness.stacks.tags import read_tags, retag

# KMS API reference, ScheduleKeyDeletion: what PendingWindowInDays is when it is not given.
_PENDING_DAYS = 30


def _make_key(where: Surroundings, properties: Properties) -> Made:
    given: dict[str, Any] = {
        name: properties[name]
        for name in (
            "Description",
            "KeyUsage",
            "KeySpec",
            "MultiRegion",
            "Origin",
            "BypassPolicyLockoutSafetyCheck",
        )
        if name in properties
    }
    if "KeyPolicy" in properties:
        given["Policy"] = properties["KeyPolicy"]
    arguments = arguments_of(where.clients("kms"), "create_key", given)
    if tags := as_tags(properties.get("Tags")):
        arguments["Tags"] = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]
    key = str(where.call("kms", "create_key", **arguments)["KeyMetadata"]["KeyId"])
    with known_as(key):
        _settle_key(where, key, {}, properties)
    return Made(key)


def _settle_key(where: Surroundings, key: str, before: Properties, after: Properties) -> None:
    had, wanted = (_truth(each.get("EnableKeyRotation", False)) for each in (before, after))
    if had != wanted:
        where.call("kms", "enable_key_rotation" if wanted else "disable_key_rotation", KeyId=key)
    had, wanted = (_truth(each.get("Enabled", True)) for each in (before, after))
    if had != wanted:
        where.call("kms", "enable_key" if wanted else "disable_key", KeyId=key)


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _read_key(where: Surroundings, key: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("kms", "describe_key", KeyId=key))
    if answer is None or answer["KeyMetadata"].get("KeyState") == "PendingDeletion":
        return None
    told = answer["KeyMetadata"]
    found: dict[str, Any] = {
        name: told[name] for name in ("Description", "KeyUsage", "KeySpec") if told.get(name)
    }
    found["Enabled"] = bool(told.get("Enabled", True))
    policy = where.call("kms", "get_key_policy", KeyId=key, PolicyName="default")
    found["KeyPolicy"] = document(policy["Policy"])
    rotation = gone_is_fine(lambda: where.call("kms", "get_key_rotation_status", KeyId=key))
    if rotation and rotation.get("KeyRotationEnabled"):
        found["EnableKeyRotation"] = True
    if tags := read_tags(where, "kms", key):
        found["Tags"] = tags
    return Seen(found, {"Arn": told["Arn"], "KeyId": key})


def _change_key(where: Surroundings, key: str, before: Properties, after: Properties) -> None:
    if before.get("KeyPolicy") != after.get("KeyPolicy") and "KeyPolicy" in after:
        text = as_text(after["KeyPolicy"])
        where.call("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=text)
    if before.get("Description") != after.get("Description"):
        where.call("kms", "update_key_description", KeyId=key, Description=after.get("Description", ""))
    _settle_key(where, key, before, after)
    retag(where, "kms", key, before, after)


def _remove_key(where: Surroundings, key: str, properties: Properties) -> None:
    if _read_key(where, key, {}) is not None:
        days = int(properties.get("PendingWindowInDays", _PENDING_DAYS))
        where.call("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=days)


def _keys(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("kms", "list_keys", "Keys"):
        told = where.call("kms", "describe_key", KeyId=each["KeyId"])["KeyMetadata"]
        if told.get("KeyManager") != "AWS" and not _is_of_aws(told):
            yield each["KeyId"], {}


def _is_of_aws(told: Properties) -> bool:
    """Whether an emulator made the key by itself, for an alias such as `alias/aws/sqs`."""
    # In moto's words, and in AWS's own for keys that it manages.
    description = str(told.get("Description", ""))
    return description == "Default key" or description.startswith("Default master key that protects my ")


# -- aliases -----


def _make_alias(where: Surroundings, properties: Properties) -> Made:
    name, target = str(properties["AliasName"]), str(properties["TargetKeyId"])
    where.call("kms", "create_alias", AliasName=name, TargetKeyId=target)
    return Made(name)


def _read_alias(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    for each in where.pages("kms", "list_aliases", "Aliases"):
        if each["AliasName"] == name and each.get("TargetKeyId"):
            return Seen({"AliasName": name, "TargetKeyId": each["TargetKeyId"]})
    return None


def _change_alias(where: Surroundings, name: str, _before: Properties, after: Properties) -> None:
    where.call("kms", "update_alias", AliasName=name, TargetKeyId=str(after["TargetKeyId"]))


def _remove_alias(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("kms", "delete_alias", AliasName=name))


def _aliases(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("kms", "list_aliases", "Aliases"):
        if not each["AliasName"].startswith("alias/aws/"):
            yield each["AliasName"], {}


# -- parameters -----


def _put_parameter(where: Surroundings, properties: Properties, *, again: bool = False) -> Made:
    given = {name: value for name, value in properties.items() if not (again and name == "Tags")}
    arguments = arguments_of(where.clients("ssm"), "put_parameter", given)
    where.call("ssm", "put_parameter", **arguments, **({"Overwrite": True} if again else {}))
    return Made(str(properties["Name"]))


def _make_parameter(where: Surroundings, properties: Properties) -> Made:
    return _put_parameter(where, properties)


def _read_parameter(where: Surroundings, name: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("ssm", "get_parameter", Name=name))
    if answer is None:
        return None
    told = answer["Parameter"]
    found: dict[str, Any] = {"Name": name, "Type": told["Type"], "Value": told["Value"]}
    if tags := read_tags(where, "ssm", name):
        found["Tags"] = tags
    return Seen(found, {"Type": told["Type"], "Value": told["Value"]})


def _change_parameter(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    _put_parameter(where, after, again=True)
    retag(where, "ssm", name, before, after)


def _remove_parameter(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("ssm", "delete_parameter", Name=name))


def _parameters(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("ssm", "describe_parameters", "Parameters"):
        yield each["Name"], {}


# -- secrets -----

_SECRET = Plain(
    type="AWS::SecretsManager::Secret",
    service="secretsmanager",
    create="create_secret",
    describe="describe_secret",
    delete="delete_secret",
    by="SecretId",
    name="Name",
    ref="ARN",
    attributes={"Id": "ARN"},
    lists=("list_secrets", "SecretList", "ARN"),
)
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def generated(wish: Properties) -> str:
    """Return a secret as GenerateSecretString asks for it (Secrets Manager API, GetRandomPassword)."""
    groups = {
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": _PUNCTUATION,
    }
    letters = "".join(group for name, group in groups.items() if not _truth(wish.get(name, False)))
    letters += " " if _truth(wish.get("IncludeSpace", False)) else ""
    allowed = [letter for letter in letters if letter not in str(wish.get("ExcludeCharacters", ""))]
    if not allowed:
        raise Refused("InvalidParameterException", "GenerateSecretString excludes every character")
    word = "".join(chance.choice(allowed) for _ in range(int(wish.get("PasswordLength", 32))))
    if "SecretStringTemplate" not in wish:
        return word
    return as_text({**document(wish["SecretStringTemplate"]), str(wish["GenerateStringKey"]): word})


def _make_secret(where: Surroundings, properties: Properties) -> Made:
    given = {
        name: properties[name] for name in ("Name", "Description", "KmsKeyId", "Tags") if name in properties
    }
    if "GenerateSecretString" in properties:
        given["SecretString"] = generated(properties["GenerateSecretString"])
    elif "SecretString" in properties:
        given["SecretString"] = properties["SecretString"]
    arguments = arguments_of(where.clients("secretsmanager"), "create_secret", given)
    return Made(where.call("secretsmanager", "create_secret", **arguments)["ARN"])


def _read_secret(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("secretsmanager", "describe_secret", SecretId=arn))
    if answer is None or answer.get("DeletedDate"):
        return None
    found = {name: answer[name] for name in ("Name", "Description", "KmsKeyId") if answer.get(name)}
    if tags := as_tags(answer.get("Tags")):
        found["Tags"] = tags
    return Seen(found, {"Id": arn})


def _change_secret(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    given = {name: after[name] for name in ("Description", "KmsKeyId") if name in after}
    if before.get("SecretString") != after.get("SecretString") and "SecretString" in after:
        given["SecretString"] = after["SecretString"]
    arguments = arguments_of(where.clients("secretsmanager"), "update_secret", given)
    where.call("secretsmanager", "update_secret", SecretId=arn, **arguments)


def _remove_secret(where: Surroundings, arn: str, _properties: Properties) -> None:
    """CloudFormation deletes a secret without a recovery window (user guide, AWS::SecretsManager::Secret)."""
    named = {"SecretId": arn, "ForceDeleteWithoutRecovery": True}
    gone_is_fine(lambda: where.call("secretsmanager", "delete_secret", **named))


KINDS = (
    Kind(
        "AWS::KMS::Key",
        "kms",
        _make_key,
        _read_key,
        _remove_key,
        _change_key,
        listed=_keys,
        twins=("KeyPolicy",),
    ),
    Kind(
        "AWS::KMS::Alias",
        "kms",
        _make_alias,
        _read_alias,
        _remove_alias,
        _change_alias,
        listed=_aliases,
        twins=("AliasName",),
    ),
    Kind(
        "AWS::SSM::Parameter",
        "ssm",
        _make_parameter,
        _read_parameter,
        _remove_parameter,
        _change_parameter,
        listed=_parameters,
    ),
    _SECRET.kind(make=_make_secret, read=_read_secret, remove=_remove_secret, change=_change_secret),
)
