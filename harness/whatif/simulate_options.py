"""What `harness simulate` takes on the command line. Light: `harness --help` imports this."""

import argparse
from pathlib import Path

from harness.thresholds.options import add_threshold

ENGINES = ("auto", "exact", "reference", "counts")
SPAN = "SECONDS|KIND:FIGURES"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the arguments of `harness simulate`."""
    parser.add_argument("scenario", nargs="?", help="a scenario's name or the path of its file")
    parser.add_argument("--variant", help="'corrected' (default) or 'as-written', with SCENARIO")
    _add_inputs(parser)
    _add_assumptions(parser)
    parser.add_argument(
        "--prices", metavar="FILE", type=Path, help="prices of your own, over the project's table"
    )
    add_threshold(parser)
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")
    parser.add_argument(
        "--engine", choices=ENGINES, default="auto", help="what plays it; 'counts' knows no latency"
    )
    parser.add_argument(
        "--no-ranges", action="store_true", help="do not play again what is not known at its ends"
    )
    parser.add_argument("--no-report", action="store_true", help="write no report.html (implied by --json)")
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a policy against traffic, instead of SCENARIO")
    group.add_argument(
        "--policy",
        metavar="FILE",
        type=Path,
        help="AWS JSON, a CloudFormation template, or Terraform (a folder, a file or a plan as JSON)",
    )
    group.add_argument(
        "--target",
        metavar="RESOURCE_ID",
        help="the scalable target, where a template has several",
    )
    group.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a parameter of a template, or a variable of Terraform",
    )
    group.add_argument(
        "--traffic",
        metavar="FILE|STAGES",
        help="counts a minute, arrival times, a CloudWatch export, or stages such as 50rps:10m,0:5m",
    )
    group.add_argument(
        "--initial",
        metavar="N",
        type=int,
        help="instances in service at the start",
    )
    group.add_argument(
        "--arrivals",
        choices=("poisson", "uniform"),
        default="poisson",
        help="where in its minute each of the counted requests arrives (default poisson)",
    )
    group.add_argument("--until", metavar="SECONDS", help="when to stop (default 300 s after the traffic)")
    group.add_argument(
        "--start", metavar="ISO", help="when the traffic begins, as 2026-01-01T00:00:00Z; cron needs it"
    )


def _add_assumptions(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is assumed")
    group.add_argument("--launch", metavar=SPAN, help="decision to in service, as 240 or lognormal:240,600")
    group.add_argument("--service-time", metavar=SPAN, help="one request on an idle instance, as 0.05")
    group.add_argument("--concurrency", metavar="N", type=int, help="requests an instance works on at once")
    group.add_argument("--instance-type", metavar="TYPE", help="as ml.m5.large, the default")
    group.add_argument("--duration", metavar=SPAN, help="one invocation of a Lambda function, as 0.2")
    group.add_argument("--profile", metavar="FILE", type=Path, help="a profile.json that 'harness run' wrote")
    group.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting of the model (docs/explanation/fidelity.md lists them), or a value that SCENARIO "
        "declares, as endpoint.target=900",
    )
