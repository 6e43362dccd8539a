"""`harness serve`: the gateway for any AWS client."""

import argparse

from harness.commands.options import add_backend, add_iam, add_runs, add_seed, port, settings_of
from harness.errors import ScenarioError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness serve`."""
    parser.add_argument(
        "--port", type=port, default=4566, help="port on 127.0.0.1 (default 4566, 0 takes a free one)"
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


def carry_out(arguments: argparse.Namespace) -> int:
    """Serve the gateway until interrupted."""
    from harness.aws.permission import Mode
    from harness.backends.emulator import listen_on_loopback
    from harness.clock import ClockSpec
    from harness.scenario.images import images_given
    from harness.serving import serve_until_interrupted

    clock = ClockSpec.parse(arguments.clock)
    if clock.is_virtual:
        raise ScenarioError("--clock virtual waits for nobody, so no client can be served on it; say 'wall'")
    if arguments.port:  # told before the emulators start, which takes seconds
        listen_on_loopback(arguments.port, purpose="The gateway").close()
    return serve_until_interrupted(
        settings_of(arguments),
        clock,
        port=arguments.port,
        seed=arguments.seed,
        as_json=arguments.json,
        iam=Mode(arguments.iam),
        images=images_given(arguments.image),
    )
