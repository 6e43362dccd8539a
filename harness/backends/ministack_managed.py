"""MiniStack knows all of AWS's managed policies, and attaches none that does not exist.

It carries 24 of them (1.5.33), AmazonSageMakerFullAccess not among them, and attaches whatever ARN it is
given. Theirs come from the list in `harness.iam.managed`, which is read when one is first asked
for: the start takes no longer.
"""

from collections.abc import Callable, ItemsView
from typing import Any

Record = dict[str, Any]
ATTACHING = ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy")


class AwsPolicies(dict[str, Record]):
    """MiniStack's store of AWS's policies by ARN; *make* builds one of its records from path, name, text."""

    def __init__(self, make: Callable[[str, str], Record]) -> None:
        super().__init__()
        self._make = make

    def get(self, arn: str, default: Any = None) -> Any:
        """Return the record of the policy *arn*, *default* where AWS has none."""
        known = super().get(arn)
        if known is None or not known.get("of_aws"):
            known = self._record(arn) or known
        return default if known is None else known

    def items(self) -> ItemsView[str, Record]:  # type: ignore[override]
        """Return every policy of AWS: for ListPolicies."""
        from harness.iam.managed import managed_policies

        for arn in managed_policies():
            self.get(arn)
        return super().items()

    def _record(self, arn: str) -> Record | None:
        from harness.iam.managed import PREFIX, managed_policies

        found = managed_policies().find(arn)
        if found is None:
            return None
        record = self._make(arn.removeprefix(f"{PREFIX}/"), found.document)
        version = record["Versions"].pop(record["DefaultVersionId"])
        record["Versions"][found.version] = version | {
            "VersionId": found.version,
            "CreateDate": _date(found.updated),
        }
        record |= {
            "PolicyId": found.unique_id,
            "DefaultVersionId": found.version,
            "CreateDate": _date(found.created),
            "UpdateDate": _date(found.updated),
            "of_aws": True,
        }
        self[arn] = record
        return record


def install() -> None:
    """Put AWS's policies into MiniStack, in the process that serves it."""
    from ministack.services import iam

    policies = AwsPolicies(iam._make_aws_managed_record)
    policies.update(iam._aws_managed_policies)
    iam._aws_managed_policies = policies
    for action in ATTACHING:
        iam._IAM_HANDLERS[action] = _only_existing(iam, iam._IAM_HANDLERS[action])


def _only_existing(iam: Any, attach: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def attach_existing(given: Any) -> Any:
        arn = iam._p(given, "PolicyArn")
        if not iam._policy_exists(arn):
            said = f"Policy {arn} does not exist or is not attachable."
            return iam._error(404, "NoSuchEntity", said, ns="iam")
        return attach(given)

    return attach_existing


def _date(text: str) -> str:
    """Return a date as IAM's answers have it."""
    return text.replace("+00:00", "Z")
