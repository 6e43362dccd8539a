"""`harness serve`: the gateway for any AWS client."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.commands.options import add_backend, add_iam, add_runs, add_seed, port, settings_of
from harness.errors import ScenarioError

if TYPE_CHECKING:
    from harness.jobs.program import Code


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness serve`."""
    parser.add_argument(
        "--port", type=port, default=4566, help="port on 127.0.0.1 (default 4566, 0 takes a free one)"
    )
    parser.add_argument(
        "--listen",
        metavar="HOST",
        default="",
        help="an address of this machine at which clients on other hosts reach the gateway as well; without "
        "it nobody else does",
    )
    parser.add_argument(
        "--account",
        metavar="ID",
        type=account_id,
        help="the AWS account whose resources are kept here (default 123456789012), where several gateways "
        "share out accounts",
    )
    parser.add_argument("--clock", default="wall", help="'wall' (default) or 'compressed:N'")
    add_seed(parser)
    add_iam(parser, "off")
    add_backend(parser)
    add_runs(parser, "the journal is kept")
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="URI=FOLDER",
        help="the code that runs for a container image of SageMaker's jobs: a folder with a program train or "
        "train.py (several times for several images)",
    )


def account_id(text: str) -> str:
    """Return the account id that *text* is: 12 digits (IAM User Guide, "AWS account identifiers")."""
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account id of 12 digits")
    return text


def carry_out(arguments: argparse.Namespace) -> int:
    """Serve the gateway until interrupted."""
    from harness.clock import ClockSpec
    from harness.loopback import listen_on_loopback

    clock = ClockSpec.parse(arguments.clock)
    if clock.is_virtual:
        raise ScenarioError("--clock virtual waits for nobody, so no client can be served on it; say 'wall'")
    if arguments.listen and not arguments.port:
        raise ScenarioError("--listen is for clients that must know the port beforehand; say --port as well")
    settings = settings_of(arguments)
    # Before all that takes time: a port in use is told at once, and who calls meanwhile waits for the answer.
    with listen_on_loopback(arguments.port, purpose="The gateway") as listener:
        from harness.aws.permission import Mode
        from harness.serving import serve_until_interrupted

        return serve_until_interrupted(
            replace(settings, account_id=arguments.account) if arguments.account else settings,
            clock,
            listener=listener,
            listen=arguments.listen,
            seed=arguments.seed,
            as_json=arguments.json,
            iam=Mode(arguments.iam),
            images=_images(arguments.image),
        )


def _images(given: list[str]) -> "Mapping[str, Code]":
    """Return the code of each image; the words of scenarios are read only where there is one."""
    if not given:
        return {}
    from harness.scenario.images import images_given

    return images_given(given)
