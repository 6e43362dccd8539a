"""What `harness rehearse` and `harness init` take."""

import argparse
from pathlib import Path

TEMPLATE = (
    "a CloudFormation or SAM template, a cdk.out folder, a Terraform folder or plan in JSON, a Pulumi project"
)


def add_template_options(parser: argparse.ArgumentParser) -> None:
    """Add what both commands take: the template, what it lacks, and its traffic."""
    parser.add_argument("template", metavar="TEMPLATE", type=Path, help=TEMPLATE)
    parser.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of the template, or a variable; may be repeated",
    )
    parser.add_argument("--stack", default="", metavar="NAME", help="the stack's name (default the file's)")
    parser.add_argument(
        "--code",
        metavar="ID=PATH",
        action="append",
        default=[],
        help="the folder or zip of a function whose code the template has in S3; may be repeated",
    )
    parser.add_argument(
        "--traffic",
        metavar="[ID=]STAGES",
        action="append",
        default=[],
        help="what every function, queue, topic, API and endpoint that nothing feeds gets, or the one with "
        "that logical id, as 5rps:2m,5-20rps:1m,0:1m; without it one stage of each shape",
    )
    parser.add_argument(
        "--payload",
        metavar="ID=FILE",
        action="append",
        default=[],
        help="the body of the requests to that logical id; {{number}} in it becomes the request's number",
    )


def add_rehearse_options(parser: argparse.ArgumentParser) -> None:
    """Add what only `harness rehearse` takes, beside the backend's own."""
    add_template_options(parser)
    parser.add_argument(
        "--scaling-traffic",
        metavar="STAGES",
        help="what each scaled endpoint gets in virtual time; without it half its target, a ramp to twice, "
        "a spike of four times, and half an hour of nothing",
    )
    parser.add_argument("--clock", help="'wall' or 'compressed:N' (default: what suits the stack)")
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "never"),
        default="error",
        help="the least severity of the audit that fails the rehearsal (default error)",
    )
    parser.add_argument(
        "--apply",
        action="store_true",
        help="let Terraform itself apply its folder, in a copy; slow: its provider waits 25 s for a queue",
    )
    parser.add_argument("--no-lint", action="store_true", help="do not ask cfn-lint first")
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def add_init_options(parser: argparse.ArgumentParser) -> None:
    """Add what only `harness init` takes."""
    add_template_options(parser)
    parser.add_argument(
        "--output", "-o", metavar="FILE", type=Path, help="the scenario's file (default NAME.py; - prints it)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
