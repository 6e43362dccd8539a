"""`harness simulate`: the work is in `harness.whatif`."""

import argparse

from harness.whatif.simulate_options import add_arguments as add_options

__all__ = ["add_options", "carry_out"]


def carry_out(arguments: argparse.Namespace) -> int:
    """Play a scenario's endpoints, or a policy against traffic, on the virtual clock."""
    from harness.config import spare_numpy_threads

    spare_numpy_threads()
    from harness.whatif.simulate_command import simulate_command

    return simulate_command(arguments)
