"""`harness list`: every scenario with its variants and what it is about."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.commands import emit
from harness.errors import ExitCode
from harness.terminal import QUIET, Column, Table, show_all

if TYPE_CHECKING:
    from harness.scenario import Scenario


def add_options(parser: argparse.ArgumentParser) -> None:
    """`harness list` has no options of its own."""


def carry_out(arguments: argparse.Namespace) -> int:
    """Print every scenario with its variants and what it is about."""
    from harness.scenario import find, names

    rows = [_row(find(name)) for name in names()]
    if arguments.json:
        emit({"scenarios": rows})
        return ExitCode.PASS
    show_all([_table(rows)])
    return ExitCode.PASS


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    lines: list[str] = []
    cells: list[tuple[str, str, str]] = []
    for row in rows:
        lines.append(f"{row['name']:<26} {row['description']}")
        cells.append((row["name"], row["clock"], row["description"]))
        if row["defect"]:
            lines.append(f"{'':<26} --variant as-written: {row['defect']}")
            cells.append(("", "", f"--variant as-written: {row['defect']}"))
    styles = ["" if name else QUIET for name, *_ in cells]
    columns = (Column("scenario", whole=True), Column("clock", whole=True), Column("what it rehearses"))
    return Table(columns, cells, lines, row_styles=styles)


def _row(scenario: "Scenario") -> dict[str, Any]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "variants": list(scenario.variants),
        "defect": scenario.as_written.defect if scenario.as_written else "",
        "clock": scenario.clock,
    }
