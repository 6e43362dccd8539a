"""`python -m reports.pages`: write the pages of docs/reference that code makes; tell which changed."""

import sys
from collections.abc import Callable
from pathlib import Path

from reports.pages import (
    commands_page,
    declarations_page,
    journal_page,
    metrics_page,
    scenarios_page,
    summary_page,
)

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: dict[str, Callable[[], str]] = {
    "command-line.md": commands_page.page,
    "scenarios.md": scenarios_page.page,
    "scenario.md": declarations_page.scenario_page,
    "resources.md": declarations_page.resources_page,
    "faults.md": declarations_page.faults_page,
    "expectations.md": declarations_page.expectations_page,
    "metrics.md": metrics_page.page,
    "summary.md": summary_page.page,
    "journal.md": journal_page.page,
}


def main() -> int:
    """Write the pages that are not what they should be; return the exit code."""
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
