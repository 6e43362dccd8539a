"""`harness policy`: the work is in `harness.policy`."""

import argparse

from harness.policy.options import DESCRIPTION, add_options

__all__ = ["DESCRIPTION", "add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Write, check or judge policies."""
    from harness.policy.command import policy_command

    return policy_command(arguments)
