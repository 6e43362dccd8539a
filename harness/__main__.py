"""The command line: what each command takes, who carries it out, and how a run's end becomes an exit code.

Nothing heavy is imported at the top, so that `harness --help` answers at once; each command imports its own.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from harness import __version__
from harness.errors import ExitCode, HarnessError, Interrupted, ScenarioError
from harness.interrupts import interrupt_on_signals

EXIT_CODES = (
    "exit codes: 0 pass, 1 an expectation failed, 2 usage or scenario error, 3 environment (backend down, "
    "port in use), 4 invalid run (no data, saturated, unfinished), 130 interrupted"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    interrupt_on_signals()
    try:
        arguments = _parser().parse_args(given)
        return _flushed(int(arguments.carry_out(arguments)))
    except KeyboardInterrupt:
        return _say(Interrupted("Interrupted; what was recorded by then is kept."), given)
    except HarnessError as error:
        return _say(error, given)
    except BrokenPipeError:
        return _unread(int(ExitCode.PASS))


def _say(error: HarnessError, given: Sequence[str]) -> int:
    """Tell people on stderr, and machines on stdout when they asked for JSON."""
    code = int(error.exit_code)
    with suppress(BrokenPipeError):
        print(f"harness: {error}", file=sys.stderr)
    try:
        if "--json" in given:
            print(json.dumps({"error": str(error), "exit_code": code}))
        return _flushed(code)
    except BrokenPipeError:
        return _unread(code)


def _flushed(code: int) -> int:
    """Return *code* when all that was printed is out; raise BrokenPipeError when nobody reads it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unread(code)
    return code


def _unread(code: int) -> int:
    """Whoever read our output has left (`harness list | head -1`): say no more, and return *code*."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence, like any other error of the command."""

    add_arguments: Callable[[argparse.ArgumentParser], None] | None = None
    """Gives a command its arguments when it is asked for: some need imports that no other command does."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return what `argparse` does, of a command that knows its arguments now."""
        add, self.add_arguments = self.add_arguments, None
        if add is not None:
            add(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        raise ScenarioError(f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="harness",
        description="Rehearse machine-learning pipelines on AWS before anyone pays for them.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    parser.set_defaults(json=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_list(commands)
    _add_run(commands)
    _add_simulate(commands)
    _add_sweep(commands)
    _add_report(commands)
    _add_policy(commands)
    _add_audit(commands)
    _add_rehearse(commands)
    _add_serve(commands)
    _add_doctor(commands)
    return parser


def _command(commands: Any, name: str, carry_out: Any, text: str) -> _Parser:
    parser: _Parser = commands.add_parser(name, help=text, description=text, epilog=EXIT_CODES)
    parser.add_argument("--json", action="store_true", help="print JSON on stdout; people read stderr")
    parser.set_defaults(carry_out=carry_out)
    return parser


def _add_list(commands: Any) -> None:
    _command(commands, "list", _list, "List the scenarios and their variants.")


def _add_run(commands: Any) -> None:
    parser = _command(
        commands, "run", _run, "Rehearse scenarios and write their reports; all of them when none is named."
    )
    parser.add_argument("scenario", nargs="*", help="a scenario's name or the path of its file")
    parser.add_argument(
        "--variant", help="'corrected' (default) or 'as-written', the pipeline with its defect"
    )
    parser.add_argument(
        "--data", metavar="DIR", type=Path, help="a directory with NASA's turbofan files, plain or gzip"
    )
    parser.add_argument("--clock", help="'wall', 'compressed:N' or 'virtual'; the scenario's own otherwise")
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")
    parser.add_argument(
        "--client", choices=("boto3", "lean"), help="the load's client; the scenario's own otherwise"
    )
    parser.add_argument("--processes", type=_at_least_one, default=1, help="Locust processes (default 1)")
    parser.add_argument(
        "--fault",
        metavar="KIND:...",
        action="append",
        default=[],
        help="break something on purpose, as 'throttle:sns:0.1' or 'kill:worker:every=5'; may be repeated; "
        "'--fault help' shows every form",
    )
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        action="append",
        default=[],
        help="replace a value that the scenario declares, as 'endpoint.target=900'; may be repeated; "
        "'--set help' lists them",
    )
    parser.add_argument(
        "--no-report", action="store_true", help="draw no report.html now; 'harness report' draws it later"
    )
    _add_prices(parser)
    _add_iam(parser, "enforce")
    _add_backend(parser)
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def _add_prices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prices", metavar="FILE", type=Path, help="prices of your own, over the project's table"
    )


def _add_iam(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--iam",
        choices=("enforce", "observe", "off"),
        default=default,
        help="'enforce' refuses what AWS's policies do not allow, 'observe' only notes it, 'off' does not "
        f"look (default {default})",
    )


def _add_backend(parser: argparse.ArgumentParser) -> None:
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


def _add_simulate(commands: Any) -> None:
    from harness.whatif.simulate_options import add_arguments

    add_arguments(
        _command(
            commands,
            "simulate",
            _simulate,
            "Play a scenario's endpoints, or a policy against traffic, on the virtual clock.",
        )
    )


def _add_sweep(commands: Any) -> None:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        from harness.sweep.options import add_options

        add_options(parser)

    parser = _command(
        commands, "sweep", _sweep, "Try many policies over one trace and show which are worth it."
    )
    parser.add_arguments = add_arguments


def _add_report(commands: Any) -> None:
    parser = _command(commands, "report", _report, "Draw the report of a run again from its journal.")
    parser.add_argument("run", nargs="?", type=Path, help="a run's directory; the newest run otherwise")
    _add_prices(parser)
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default ./runs)")


def _add_policy(commands: Any) -> None:
    from harness.policy.options import DESCRIPTION, add_options

    add_options(_command(commands, "policy", _policy, DESCRIPTION))


def _add_rehearse(commands: Any) -> None:
    from harness.rehearse.options import add_init_options, add_rehearse_options

    rehearse = _command(
        commands,
        "rehearse",
        _rehearse,
        "Audit a template, deploy it here, give it traffic, enforce IAM, simulate its scaling, and report.",
    )
    add_rehearse_options(rehearse)
    _add_iam(rehearse, "enforce")
    _add_backend(rehearse)
    add_init_options(_command(commands, "init", _init, "Write a scenario that rehearses a template."))


def _add_audit(commands: Any) -> None:
    from harness.audit.options import DESCRIPTION, add_options

    add_options(_command(commands, "audit", _audit, DESCRIPTION))


def _add_serve(commands: Any) -> None:
    parser = _command(commands, "serve", _serve, "Serve the gateway for any AWS client until Ctrl-C.")
    parser.add_argument(
        "--port", type=_port, default=4566, help="port on 127.0.0.1 (default 4566, 0 takes a free one)"
    )
    parser.add_argument("--clock", default="wall", help="'wall' (default) or 'compressed:N'")
    parser.add_argument("--seed", type=int, default=1, help="seed of every random stream (default 1)")
    _add_iam(parser, "off")
    _add_backend(parser)
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where the journal is kept (default ./runs)")
    parser.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="URI=FOLDER",
        help="the code that runs for a container image of SageMaker's jobs: a folder with a program train or "
        "train.py (several times for several images)",
    )


def _add_doctor(commands: Any) -> None:
    _add_backend(_command(commands, "doctor", _doctor, "Check this machine and say what is missing."))


def _at_least_one(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _list(arguments: argparse.Namespace) -> int:
    from harness.commands import list_scenarios

    return list_scenarios(as_json=arguments.json)


def _run(arguments: argparse.Namespace) -> int:
    from harness.commands import run_scenarios

    return run_scenarios(arguments)


def _simulate(arguments: argparse.Namespace) -> int:
    from harness.config import spare_numpy_threads

    spare_numpy_threads()
    from harness.whatif.simulate_command import simulate_command

    return simulate_command(arguments)


def _sweep(arguments: argparse.Namespace) -> int:
    from harness.sweep.command import sweep_policies

    return sweep_policies(arguments)


def _report(arguments: argparse.Namespace) -> int:
    from harness.commands import redraw

    return redraw(arguments.run, arguments.runs, prices=arguments.prices, as_json=arguments.json)


def _policy(arguments: argparse.Namespace) -> int:
    from harness.policy.command import policy_command

    return policy_command(arguments)


def _rehearse(arguments: argparse.Namespace) -> int:
    from harness.rehearse.command import rehearse

    return rehearse(arguments)


def _init(arguments: argparse.Namespace) -> int:
    from harness.rehearse.command import init

    return init(arguments)


def _audit(arguments: argparse.Namespace) -> int:
    from harness.audit.command import audit_command

    return audit_command(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    from harness.commands import serve

    return serve(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from harness.commands import doctor

    return doctor(arguments)


if __name__ == "__main__":
    sys.exit(main())
