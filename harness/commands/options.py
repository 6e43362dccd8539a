"""Options that several commands take, and the settings that they and the environment make together."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.config import Settings


def add_prices(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--prices`."""
    parser.add_argument(
        "--prices", metavar="FILE", type=Path, help="prices of your own, over the project's table"
    )


def add_iam(parser: argparse.ArgumentParser, default: str) -> None:
    """Give *parser* `--iam`."""
    parser.add_argument(
        "--iam",
        choices=("enforce", "observe", "off"),
        default=default,
        help="'enforce' refuses what AWS's policies do not allow, 'observe' only notes it, 'off' does not "
        f"look (default {default})",
    )


def add_backend(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--backend` and `--allow-endpoint`."""
    parser.add_argument(
        "--backend", help="'embedded' (default), 'moto', 'localstack', or the URL of what speaks AWS"
    )
    parser.add_argument(
        "--allow-endpoint",
        metavar="HOST",
        action="append",
        default=[],
        help="let calls go to this address off this machine",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--seed`."""
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Give *parser* `--load-workers`, `--load-master` and `--gateway-port`."""
    parser.add_argument(
        "--load-workers",
        metavar="N",
        type=at_least_one,
        help="let N Locust workers send the load, which you start on this host or on others, instead of "
        "processes here",
    )
    parser.add_argument(
        "--load-master",
        metavar="HOST[:PORT]",
        default="",
        help="this machine's address where they come to Locust's master (default 127.0.0.1:5557); off "
        "loopback the gateway listens there too",
    )
    parser.add_argument(
        "--gateway-port",
        metavar="PORT",
        type=port,
        default=0,
        help="the gateway's port, where workers must know it beforehand (default any free one)",
    )


def add_runs(parser: argparse.ArgumentParser, what: str = "runs are kept") -> None:
    """Give *parser* `--runs`."""
    parser.add_argument("--runs", metavar="DIR", type=Path, help=f"where {what} (default ./runs)")


def at_least_one(text: str) -> int:
    """Return the whole number of 1 or more that *text* is."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def port(text: str) -> int:
    """Return the number of a TCP port that *text* is, 0 for any free one."""
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def settings_of(arguments: argparse.Namespace) -> "Settings":
    """Return what the environment and *arguments* decide. Raises ScenarioError for a bad address."""
    from harness.config import read_settings

    return read_settings(
        backend=arguments.backend,
        runs_dir=getattr(arguments, "runs", None),
        allowed_endpoints=arguments.allow_endpoint,
    )
