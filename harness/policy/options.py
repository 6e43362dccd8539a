"""What `harness policy` takes on the command line, and what goes together. Light: the help imports this."""

import argparse
from pathlib import Path

from harness.errors import ScenarioError

FORMS = ("json", "cloudformation", "terraform")
ROLE, TRUST = "role", "trust"
KINDS = (ROLE, TRUST, "queue", "topic", "function")
DESCRIPTION = (
    "Write the smallest policy that a role needed in a run, or the smallest that lets in whoever used a "
    "queue, topic or function or assumed a role, with the proof that it is; or, with --check, fail when a "
    "role, a resource or a policy grants what a reference does not; or, with --vectors, judge known cases."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the arguments of `harness policy`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="a role, queue, topic or function of the run, or its ARN"
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="what NAME is: needed where a role and a resource have one name, and for `trust`, the policy "
        "that says who may assume a role",
    )
    parser.add_argument(
        "--run", metavar="DIR", type=Path, help="a run's directory, or a scenario's; the newest run otherwise"
    )
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")
    written = parser.add_argument_group("the smallest policy")
    written.add_argument("--format", choices=FORMS, help="how it is written (default json)")
    written.add_argument(
        "--include-denied", action="store_true", help="also allow what the run needed and no policy allowed"
    )
    written.add_argument(
        "--wildcard-above",
        metavar="N",
        type=_count,
        help="more names than this with one beginning become a wildcard (default 10)",
    )
    gate = parser.add_argument_group("a gate for CI, instead")
    gate.add_argument(
        "--check",
        metavar="REFERENCE",
        type=Path,
        help="exit 1 when NAME, or --policy, grants anything that this policy does not: a document, a list "
        "of them, or {name: document}; without NAME every role of the run is checked, or all of --kind",
    )
    gate.add_argument("--policy", metavar="FILE", type=Path, help="the policy to check instead of the run's")
    parser.add_argument(
        "--vectors",
        metavar="FILE",
        type=Path,
        help="judge requests against policies: one JSON line each, the rate on stderr",
    )


def check_options(arguments: argparse.Namespace) -> None:
    """Raise ScenarioError for arguments that do not go together."""
    if arguments.vectors is not None:
        _none_of(arguments, "--vectors", ("name", "kind", "check", "policy", "run", "runs", *_WRITING))
    elif arguments.check is not None:
        _none_of(arguments, "--check", _WRITING)
        if arguments.policy is not None:
            _none_of(arguments, "--policy", ("name", "run", "runs"))
    elif arguments.policy is not None:
        raise ScenarioError("--policy FILE is checked against a reference: say --check REFERENCE too")


_WRITING = ("format", "include_denied", "wildcard_above")


def _none_of(arguments: argparse.Namespace, option: str, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(arguments, name) not in (None, False):
            given = "a NAME" if name == "name" else f"--{name.replace('_', '-')}"
            raise ScenarioError(f"{given} does not go with {option}")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)
