"""Which actions an API call needs on which resources, and what brings condition keys. Pure."""

from harness.iam.actions.catalogue import (
    ResourceType,
    access_level,
    actions_of,
    condition_keys,
    exists,
    expand,
    resource_types,
)
from harness.iam.actions.context import is_unread
from harness.iam.actions.mapping import needs_of, prefix_of
from harness.iam.actions.need import Call, Need, Place

__all__ = [
    "Call",
    "Need",
    "Place",
    "ResourceType",
    "access_level",
    "actions_of",
    "condition_keys",
    "exists",
    "expand",
    "is_unread",
    "needs_of",
    "prefix_of",
    "resource_types",
]
