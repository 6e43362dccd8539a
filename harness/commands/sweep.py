"""`harness sweep`: the work is in `harness.sweep`."""

import argparse

from harness.sweep.options import add_options

__all__ = ["add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Try many policies over one trace and show which are worth it."""
    from harness.sweep.command import sweep_policies

    return sweep_policies(arguments)
