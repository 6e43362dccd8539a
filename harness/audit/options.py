"""What `harness audit` takes on the command line. Light: the help imports this."""

import argparse
from pathlib import Path

from harness.errors import ScenarioError

DESCRIPTION = (
    "Say what of a template passes here and fails on AWS, or hurts there: CloudFormation, SAM, cdk.out, "
    "Terraform, Pulumi, a scenario of this harness, or what an endpoint holds. Each finding names a rule, "
    "file and line, and AWS's page."
)
FAIL_ON = ("error", "warning", "note", "never")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the arguments of `harness audit`."""
    parser.add_argument(
        "template", nargs="*", metavar="TEMPLATE", help="a template's file or folder, or a scenario"
    )
    parser.add_argument("--endpoint", metavar="URL", help="audit what is deployed at this address instead")
    parser.add_argument(
        "--allow-endpoint",
        metavar="HOST",
        action="append",
        default=[],
        help="let calls go to this address off this machine",
    )
    parser.add_argument("--variant", help="of a scenario: 'corrected' (default) or 'as-written'")
    parser.add_argument(
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a value of a template's parameter, or of a variable of Terraform; may be repeated",
    )
    parser.add_argument(
        "--parameters", metavar="FILE", type=Path, help="a file of them, as AWS's tools take it"
    )
    parser.add_argument(
        "--region", default="us-east-1", help="where it is to be deployed (default us-east-1)"
    )
    parser.add_argument(
        "--account-concurrency",
        metavar="N",
        type=_count,
        default=1_000,
        help="the account's quota of concurrent executions of functions (default 1000)",
    )
    rules = parser.add_argument_group("rules")
    rules.add_argument(
        "--rule", metavar="ID", action="append", default=[], help="only this rule; may be repeated"
    )
    rules.add_argument(
        "--ignore", metavar="ID", action="append", default=[], help="not this rule; may be repeated"
    )
    rules.add_argument("--rules", action="store_true", help="list the rules and do nothing else")
    rules.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default="warning",
        help="exit 1 when a finding is as bad as this or worse (default warning)",
    )
    shown = parser.add_argument_group("how it is told")
    shown.add_argument("--explain", action="store_true", help="add why and AWS's page of each broken rule")
    shown.add_argument("--sarif", metavar="FILE", type=Path, help="also write the findings as SARIF 2.1.0")
    shown.add_argument("--github", action="store_true", help="print annotations of GitHub Actions on stdout")


def check_options(arguments: argparse.Namespace) -> None:
    """Raise ScenarioError for arguments that do not go together."""
    if arguments.rules:
        return
    if not arguments.template and arguments.endpoint is None:
        raise ScenarioError(
            "Nothing to audit: name a TEMPLATE, or an --endpoint URL; --rules lists the rules"
        )
    if arguments.template and arguments.endpoint is not None:
        raise ScenarioError("TEMPLATE and --endpoint are both given; audit one after the other")
    if arguments.github and arguments.json:
        raise ScenarioError("--github and --json both write to stdout; choose one, or write --sarif FILE")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
