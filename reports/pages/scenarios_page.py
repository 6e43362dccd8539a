"""The page docs/reference/scenarios.md: the scenarios of the package, and the defect of each original."""

from harness.scenario import find, names

HEAD = """# Scenarios

<!-- Made by `python -m reports.pages` from the scenarios. Do not edit. -->

`harness run NAME` rehearses one, `harness run` all of them; `--variant as-written` runs the pipeline with the
defect that its authors gave it, which must fail. `harness list` prints this table."""


def page() -> str:
    """Return the page."""
    rows = ["| name | what it shows | clock | as written it fails because |", "|---|---|---|---|"]
    for name in names():
        scenario = find(name)
        defect = scenario.as_written.defect if scenario.as_written else "-"
        cells = (f"`{name}`", scenario.description, f"`{scenario.clock}`", defect)
        rows.append(f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in cells)} |")
    return f"{HEAD}\n\n" + "\n".join(rows) + "\n"
