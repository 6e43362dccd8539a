"""Permissions in a run: the ways in by VPC endpoints at its start, the smallest policies at its end."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.aws.permission.off import NoPermission
from harness.iam import Kind
from harness.journal import PermissionTotal, PermissionUsed, Record, RolePolicies
from harness.run.context import RunContext
from harness.scenario.permissions import document

if TYPE_CHECKING:
    from harness.aws.permission.part import Permission
    from harness.aws.thread import Gateway


def open_ways_in(run: RunContext, gateway: "Gateway", permission: "Permission | NoPermission") -> None:
    """Open a way in for each VPC endpoint of the scenario, and let *run* act as AWS's services.

    Both are noted in *run*.
    """
    if not isinstance(permission, NoPermission):
        run.act_as = permission.act_as
    region, account = run.settings.region, run.settings.account_id
    for one in run.scenario.vpc_endpoints:
        written = document(one.policy, region, account, Kind.RESOURCE) if one.policy else None
        policy = json.dumps(written) if written else None
        run.entrances[one.id] = gateway.entrance(one.id, policy, vpc_id=one.vpc)


def smallest_policies(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """Yield the name of each role that used something, and the smallest policy that allows it, as JSON.

    A list of policies where one would be longer than IAM takes.
    """
    kinds = (PermissionUsed, PermissionTotal, RolePolicies)
    own = [record for record in records if isinstance(record, kinds)]
    if not own:
        return
    from harness.iam.least_privilege import parts, render, role_uses, smallest

    for arn, role in role_uses(own).items():
        found = smallest(role)
        if ":role/" in arn and found["Statement"]:
            yield role.name, render(parts(found), "json", role=arn)
