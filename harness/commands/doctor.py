"""`harness doctor`: what this machine has and lacks, and the command that mends each."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.commands import emit
from harness.commands.options import add_backend, add_runs, settings_of
from harness.errors import ExitCode
from harness.terminal import BAD, GOOD, STYLES, Column, Line, Table, console, show_all

if TYPE_CHECKING:
    from harness.backends.doctor_row import DoctorRow


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness doctor`."""
    add_backend(parser)
    add_runs(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Print what this machine has and lacks; 3 when something that a run needs is missing."""
    from harness.backends.doctor import doctor_rows

    rows = doctor_rows(settings_of(arguments))
    if arguments.json:
        emit(
            {
                "checks": [
                    {"check": each.check, "ok": each.ok, "detail": each.detail, "mend": each.mend}
                    for each in rows
                ]
            }
        )
    else:
        drawn = console() is not None  # plain lines have the commands in them already
        show_all([_table(rows), *(_mends(rows) if drawn else ()), _sum(rows)])
    return ExitCode.PASS if all(row.ok for row in rows) else ExitCode.ENVIRONMENT


def _table(rows: "Sequence[DoctorRow]") -> Table:
    """Return a row for each check; a plain line has the command that mends it below."""
    lines: list[str] = []
    for row in rows:
        lines.append(f"{row.state:<4} {row.check:<24} {row.detail}")
        lines += [f"{'':<4} {'':<24} mend: {row.mend}"] if row.mend else []
    columns = (Column("", whole=True), Column("check", whole=True), Column("found"))
    return Table(columns, [(row.state, row.check, row.detail) for row in rows], lines)


def _mends(rows: "Sequence[DoctorRow]") -> Iterator[Line]:
    """Yield each command by itself, as it can be copied from a terminal."""
    for row in rows:
        if row.mend:
            yield Line(f"{row.state} {row.check}: {row.mend}", STYLES[row.state], row.state)


def _sum(rows: "Sequence[DoctorRow]") -> Line:
    missing = [row.check for row in rows if not row.ok]
    if missing:
        return Line(f"A run cannot start: {', '.join(missing)}", BAD)
    poor = sum(row.state == "note" for row in rows)
    notes = f"; {poor} note{'' if poor == 1 else 's'}" if poor else ""
    return Line(f"All that a run needs is here{notes}", GOOD)
