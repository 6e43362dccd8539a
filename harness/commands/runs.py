"""`harness runs`: its options and who carries it out."""

import argparse

from harness.store.options import DESCRIPTION, add_options

__all__ = ["DESCRIPTION", "add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """List, pin or delete runs."""
    from harness.store.command import store_command

    return store_command(arguments)
