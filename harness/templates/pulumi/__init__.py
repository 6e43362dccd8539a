"""Pulumi programs as templates."""

from harness.templates.pulumi.load import load

__all__ = ["load"]
