"""`harness init`: the work is in `harness.rehearse`."""

import argparse

from harness.rehearse.options import add_init_options as add_options

__all__ = ["add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Write a scenario that rehearses a template."""
    from harness.rehearse.command import init

    return init(arguments)
