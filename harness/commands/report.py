"""`harness report`: a run's report and summary, drawn again from its journal."""

import argparse
from pathlib import Path

from harness.commands import emit
from harness.commands.options import add_prices, add_runs
from harness.errors import EnvironmentFault, ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness report`."""
    parser.add_argument("run", nargs="?", type=Path, help="a run's directory; the newest run otherwise")
    add_prices(parser)
    add_runs(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Draw the report again, at other prices where a table is named; 3 when it cannot be drawn."""
    from harness.config import read_settings
    from harness.cost.prices import read_prices
    from harness.run import results
    from harness.store import newest

    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    directory = arguments.run or newest(runs)
    prices = read_prices(arguments.prices) if arguments.prices else None
    summary, trouble = results.redraw(directory, prices)
    if trouble:
        raise EnvironmentFault(trouble)
    report = directory / results.REPORT
    if arguments.json:
        emit({"report": str(report), "verdict": summary["verdict"]})
    else:
        print(report)
    return ExitCode.PASS
