"""`harness rehearse`: the work is in `harness.rehearse`."""

import argparse

from harness.ci.options import add_options as add_ci_options
from harness.commands.options import add_backend, add_iam
from harness.rehearse.options import add_rehearse_options
from harness.thresholds.options import HELP
from harness.thresholds.options import add_options as add_threshold_options

DESCRIPTION = (
    "Audit a template, deploy it here, give it traffic, enforce IAM, simulate its scaling, and report."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness rehearse`."""
    add_rehearse_options(parser)
    add_threshold_options(parser)
    add_iam(parser, "enforce")
    add_backend(parser)
    add_ci_options(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Rehearse a template."""
    if HELP in arguments.threshold:
        from harness.commands.run import show_metrics

        return show_metrics(as_json=arguments.json)
    from harness.rehearse.command import rehearse
    from harness.thresholds.asking import asked, delay_of

    asked(arguments.threshold)  # a mistake in one is told before the template is read
    delay_of(arguments.abort_delay, abort=arguments.abort_on_fail)
    return rehearse(arguments)
