"""Least privilege: what a role holds against what it did, its risks, and the smallest policy. Pure."""

from harness.iam.least_privilege.comparison import NewGrant, new_grants
from harness.iam.least_privilege.grants import Grant, granted_actions, grants_of, statements_of
from harness.iam.least_privilege.proof import Proof, prove
from harness.iam.least_privilege.rendering import FORMS, render, too_many
from harness.iam.least_privilege.resource_comparison import new_grants_at_resource
from harness.iam.least_privilege.resource_rendering import render_resource
from harness.iam.least_privilege.resource_use import RESOURCE_KINDS, Asked, ResourceUse, resource_uses
from harness.iam.least_privilege.risks import Risk, risks
from harness.iam.least_privilege.role_use import NOT_SEEN, RoleUse, Wider, role_uses
from harness.iam.least_privilege.sizes import parts
from harness.iam.least_privilege.smallest import needed_uses, smallest
from harness.iam.least_privilege.smallest_resource import needed_asks, prove_resource, smallest_resource
from harness.iam.least_privilege.uses import By, Use
from harness.iam.least_privilege.wildcards import WILDCARD_ABOVE

__all__ = [
    "FORMS",
    "NOT_SEEN",
    "RESOURCE_KINDS",
    "WILDCARD_ABOVE",
    "Asked",
    "By",
    "Grant",
    "NewGrant",
    "Proof",
    "ResourceUse",
    "Risk",
    "RoleUse",
    "Use",
    "Wider",
    "granted_actions",
    "grants_of",
    "needed_asks",
    "needed_uses",
    "new_grants",
    "new_grants_at_resource",
    "parts",
    "prove",
    "prove_resource",
    "render",
    "render_resource",
    "resource_uses",
    "risks",
    "role_uses",
    "smallest",
    "smallest_resource",
    "statements_of",
    "too_many",
]
