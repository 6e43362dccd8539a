"""Terraform itself, against the gateway: a copy of the user's folder, applied, and destroyed at the end."""

from harness.terraform.applied import Applied, applied

__all__ = ["Applied", "applied"]
