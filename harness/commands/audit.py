"""`harness audit`: the work is in `harness.audit`."""

import argparse

from harness.audit.options import DESCRIPTION, add_options

__all__ = ["DESCRIPTION", "add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Say what of a template passes here and fails on AWS, or hurts there."""
    from harness.audit.command import audit_command

    return audit_command(arguments)
