"""`harness compare`: its options and who carries it out."""

import argparse

from harness.compare.options import DESCRIPTION, add_options

__all__ = ["DESCRIPTION", "add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what became better or worse between runs."""
    from harness.config import spare_numpy_threads

    spare_numpy_threads()
    from harness.compare.command import compare_command

    return compare_command(arguments)
