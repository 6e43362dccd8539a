"""Which actions an API call needs on which resources, and what brings condition keys. Pure."""

from harness.iam.actions.need import Call, Need, Place

__all__ = ["Call", "Need", "Place"]
