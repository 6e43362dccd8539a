"""Terraform's files and plans as templates."""

from harness.templates.terraform.load import load, load_plan

__all__ = ["load", "load_plan"]
