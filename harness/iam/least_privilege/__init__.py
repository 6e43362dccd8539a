"""Least privilege: what a role holds against what it did, its risks, and the smallest policy. Pure."""

from harness.iam.least_privilege.comparison import NewGrant, new_grants
from harness.iam.least_privilege.grants import Grant, granted_actions, grants_of, statements_of
from harness.iam.least_privilege.proof import Proof, prove
from harness.iam.least_privilege.rendering import FORMS, render, too_many
from harness.iam.least_privilege.risks import Risk, risks
from harness.iam.least_privilege.role_use import NOT_SEEN, RoleUse, Wider, role_uses
from harness.iam.least_privilege.sizes import parts
from harness.iam.least_privilege.smallest import needed_uses, smallest
from harness.iam.least_privilege.uses import By, Use
from harness.iam.least_privilege.wildcards import WILDCARD_ABOVE

__all__ = [
    "FORMS",
    "NOT_SEEN",
    "WILDCARD_ABOVE",
    "By",
    "Grant",
    "NewGrant",
    "Proof",
    "Risk",
    "RoleUse",
    "Use",
    "Wider",
    "granted_actions",
    "grants_of",
    "needed_uses",
    "new_grants",
    "parts",
    "prove",
    "render",
    "risks",
    "role_uses",
    "smallest",
    "statements_of",
    "too_many",
]
