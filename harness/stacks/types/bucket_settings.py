"""The settings of a bucket: each property that has calls of its own, both ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.stacks.shaping import as_tags


@dataclass(frozen=True, slots=True)
class Setting:
    """One property that has calls of its own; `sent` makes its argument, `told` the property of an answer."""

    name: str
    put: str
    get: str
    drop: str
    argument: str
    sent: Callable[[Any], Any]
    told: Callable[[Mapping[str, Any]], Any]
    nothing: Any = None  # what is put where there is no call to take it away


def _rules(value: Any) -> Any:
    """Return LifecycleConfiguration as the API takes it: its transitions and expirations lie deeper."""
    return {"Rules": [_rule(rule) for rule in value["Rules"]]}


_DAYS = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"Status": rule["Status"]}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in rule.get("TagFilters") or ()]
    if tags:
        made["Filter"] = {"And": {"Prefix": rule.get("Prefix", ""), "Tags": tags}}
    else:
        made["Filter"] = {"Prefix": rule.get("Prefix", "")}
    expiration = {api: _number(rule[name]) for name, api in _DAYS.items() if name in rule}
    if expiration:
        made["Expiration"] = expiration
    moves = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else ())]
    if moves:
        made["Transitions"] = [
            {"Days": int(move.get("TransitionInDays", 0)), "StorageClass": move["StorageClass"]}
            for move in moves
        ]
    if "NoncurrentVersionExpirationInDays" in rule:
        made["NoncurrentVersionExpiration"] = {
            "NoncurrentDays": int(rule["NoncurrentVersionExpirationInDays"])
        }
    if "NoncurrentVersionExpiration" in rule:
        made["NoncurrentVersionExpiration"] = dict(rule["NoncurrentVersionExpiration"])
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = dict(rule["AbortIncompleteMultipartUpload"])
    return made


def _number(value: Any) -> Any:
    return int(value) if str(value).isdigit() else value


def _rules_back(answer: Mapping[str, Any]) -> Any:
    return {"Rules": [_rule_back(rule) for rule in answer["Rules"]]}


def _rule_back(rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": rule["Status"]}
    if rule.get("ID"):
        found["Id"] = rule["ID"]
    prefix = (rule.get("Filter") or {}).get("Prefix") or rule.get("Prefix")
    if prefix:
        found["Prefix"] = prefix
    back = {api: name for name, api in _DAYS.items()}
    found |= {back[api]: value for api, value in (rule.get("Expiration") or {}).items() if api in back}
    if rule.get("Transitions"):
        found["Transitions"] = [
            {"StorageClass": move["StorageClass"], "TransitionInDays": move.get("Days", 0)}
            for move in rule["Transitions"]
        ]
    if days := (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays"):
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if rule.get("AbortIncompleteMultipartUpload"):
        found["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return found


_TARGETS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}


def _notifications(value: Any) -> Any:
    made: dict[str, Any] = {}
    for name, (api, target, member) in _TARGETS.items():
        for one in value.get(name) or ():
            entry: dict[str, Any] = {member: one[target], "Events": [one["Event"]]}
            rules = (one.get("Filter") or {}).get("S3Key", {}).get("Rules")
            if rules:
                named = [{"Name": str(rule["Name"]).lower(), "Value": rule["Value"]} for rule in rules]
                entry["Filter"] = {"Key": {"FilterRules": named}}
            made.setdefault(api, []).append(entry)
    bridge = value.get("EventBridgeConfiguration")
    if bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true":
        made["EventBridgeConfiguration"] = {}
    return made


def _notifications_back(answer: Mapping[str, Any]) -> Any:
    found: dict[str, Any] = {}
    for name, (api, target, member) in _TARGETS.items():
        for one in answer.get(api) or ():
            for event in one["Events"]:
                entry: dict[str, Any] = {"Event": event, target: one[member]}
                rules = (one.get("Filter") or {}).get("Key", {}).get("FilterRules")
                if rules:
                    named = [{"Name": rule["Name"].lower(), "Value": rule["Value"]} for rule in rules]
                    entry["Filter"] = {"S3Key": {"Rules": named}}
                found.setdefault(name, []).append(entry)
    if answer.get("EventBridgeConfiguration") is not None:
        found["EventBridgeConfiguration"] = {"EventBridgeEnabled": True}
    return found or None


def _encryption(value: Any) -> Any:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": dict(rule["ServerSideEncryptionByDefault"]),
            **({"BucketKeyEnabled": rule["BucketKeyEnabled"]} if "BucketKeyEnabled" in rule else {}),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
        if "ServerSideEncryptionByDefault" in rule
    ]
    return {"Rules": rules}


def _encryption_back(answer: Mapping[str, Any]) -> Any:
    rules = [
        {
            "ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
            **({"BucketKeyEnabled": True} if rule.get("BucketKeyEnabled") else {}),
        }
        for rule in answer["ServerSideEncryptionConfiguration"]["Rules"]
        if "ApplyServerSideEncryptionByDefault" in rule
    ]
    return {"ServerSideEncryptionConfiguration": rules}


def _cors(value: Any) -> Any:
    """CorsRules have no Allowed… and Exposed… of their own names in the API but with a plural."""
    names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    return {
        "CORSRules": [
            {names.get(key, key): inner for key, inner in rule.items()} for rule in value["CorsRules"]
        ]
    }


def _cors_back(answer: Mapping[str, Any]) -> Any:
    names = {"ExposeHeaders": "ExposedHeaders", "MaxAgeSeconds": "MaxAge", "ID": "Id"}
    return {
        "CorsRules": [
            {names.get(key, key): inner for key, inner in rule.items()} for rule in answer["CORSRules"]
        ]
    }


def _member(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda answer: answer.get(name) or None


def _same(value: Any) -> Any:
    return value


_PUBLIC = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def _public(value: Any) -> Any:
    return {name: str(value.get(name, False)).lower() == "true" for name in _PUBLIC}


SETTINGS = (
    Setting(
        "VersioningConfiguration",
        "put_bucket_versioning",
        "get_bucket_versioning",
        "",
        "VersioningConfiguration",
        _same,
        lambda answer: {"Status": answer["Status"]} if answer.get("Status") else None,
        {"Status": "Suspended"},
    ),
    Setting(
        "BucketEncryption",
        "put_bucket_encryption",
        "get_bucket_encryption",
        "delete_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        _encryption,
        _encryption_back,
    ),
    Setting(
        "LifecycleConfiguration",
        "put_bucket_lifecycle_configuration",
        "get_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        "LifecycleConfiguration",
        _rules,
        _rules_back,
    ),
    Setting(
        "CorsConfiguration",
        "put_bucket_cors",
        "get_bucket_cors",
        "delete_bucket_cors",
        "CORSConfiguration",
        _cors,
        _cors_back,
    ),
    Setting(
        "NotificationConfiguration",
        "put_bucket_notification_configuration",
        "get_bucket_notification_configuration",
        "",
        "NotificationConfiguration",
        _notifications,
        _notifications_back,
        {},
    ),
    Setting(
        "PublicAccessBlockConfiguration",
        "put_public_access_block",
        "get_public_access_block",
        "delete_public_access_block",
        "PublicAccessBlockConfiguration",
        _public,
        _member("PublicAccessBlockConfiguration"),
    ),
    Setting(
        "OwnershipControls",
        "put_bucket_ownership_controls",
        "get_bucket_ownership_controls",
        "delete_bucket_ownership_controls",
        "OwnershipControls",
        _same,
        _member("OwnershipControls"),
    ),
    Setting(
        "WebsiteConfiguration",
        "put_bucket_website",
        "get_bucket_website",
        "delete_bucket_website",
        "WebsiteConfiguration",
        lambda value: {
            **({"IndexDocument": {"Suffix": value["IndexDocument"]}} if "IndexDocument" in value else {}),
            **({"ErrorDocument": {"Key": value["ErrorDocument"]}} if "ErrorDocument" in value else {}),
        },
        lambda answer: (
            {
                **(
                    {"IndexDocument": answer["IndexDocument"]["Suffix"]}
                    if answer.get("IndexDocument")
                    else {}
                ),
                **({"ErrorDocument": answer["ErrorDocument"]["Key"]} if answer.get("ErrorDocument") else {}),
            }
            or None
        ),
    ),
    Setting(
        "Tags",
        "put_bucket_tagging",
        "get_bucket_tagging",
        "delete_bucket_tagging",
        "Tagging",
        lambda value: {"TagSet": as_tags(value)},
        lambda answer: as_tags(answer["TagSet"]) or None,
    ),
)
