"""Cost, predictions, results of programs, jobs, instances; and any figure of the summary by its path."""

from collections.abc import Callable
from typing import Any

from harness.thresholds.found import Counted, Found, Nothing, Values
from harness.thresholds.measures.run import Run, Tags, about, counted, values
from harness.thresholds.paths import read


def cost(run: Run, tags: Tags) -> Found:
    """Return what the run, or one service of it, would have cost."""
    from harness.scenario.expectations.cost import cost as question

    return _one(*question(tags.get("service", "")).measure(run.records))


def cost_per_1000(run: Run, tags: Tags) -> Found:
    """Return what 1,000 predictions cost."""
    from harness.scenario.expectations.cost import cost_per_1000 as question

    return _one(*question().measure(run.records))


def result(run: Run, tags: Tags) -> Found:
    """Return the figure that a program returned."""
    from harness.scenario.expectations.expectation import result as question

    return _one(*question(tags["program"], tags["key"]).measure(run.records))


def interruptions(run: Run, tags: Tags) -> Found:
    """Return how often EC2 took a spot instance back."""
    from harness.scenario.expectations.compute import interrupted

    value, said = interrupted().measure(run.records)
    return Nothing(said) if value is None else Counted(said, value, run.span_s)


def rmse(run: Run, tags: Tags) -> Found:
    """Return the error of the predictions."""
    part = run.part("predictions")
    if not part:
        return Nothing("No prediction was compared with the truth")
    return Values(f"{part['rows']} rows: {part['source']}", [part["rmse"]])


def _one(value: float | None, said: str) -> Found:
    return Nothing(said) if value is None else Values(said, [value])


# -- jobs and programs -----


def jobs(run: Run, tags: Tags) -> Found:
    """Return how many jobs there were; nothing where there was no job of that kind or name."""
    asked = {tag: value for tag, value in tags.items() if tag != "status"}
    rows = _jobs(run, asked)
    if not rows:
        return Nothing(f"No job{about(asked)} was created")
    status = tags.get("status")
    found = [one for one in rows if status in (None, one["status"])]
    return counted(run, f"{len(found)} of {len(rows)} jobs{about(tags)}", [1.0] * len(found))


def job_time(run: Run, tags: Tags) -> Found:
    """Return how long jobs had their instances."""
    return _job_seconds(run, tags, "took_s")


def billable_time(run: Run, tags: Tags) -> Found:
    """Return for how long each instance of a job is billed."""
    return _job_seconds(run, tags, "billable_s")


def _job_seconds(run: Run, tags: Tags, key: str) -> Found:
    found = [one[key] for one in _jobs(run, tags) if key in one]
    return values(f"of {len(found)} jobs{about(tags)}", found, f"No job{about(tags)} ended")


def _jobs(run: Run, tags: Tags) -> list[dict[str, Any]]:
    rows = run.summary.get("jobs", [])
    return [one for one in rows if all(one.get(tag) == value for tag, value in tags.items())]


def of_programs(key: str) -> Callable[[Run, Tags], Found]:
    """Return the measure of *key* of the summary's account of programs."""

    def measure(run: Run, tags: Tags) -> Found:
        rows = run.part("programs")
        named = {name: row[key] for name, row in rows.items() if tags.get("program", name) == name}
        if not named:
            return Nothing(f"No process of a program{about(tags)} was started")
        told = ", ".join(f"{name} {count}" for name, count in named.items() if count) or "none"
        return counted(run, f"{key}: {told}", named.values())

    return measure


# -- any figure -----


def at_path(path: tuple[str, ...]) -> Callable[[Run, Tags], Found]:
    """Return the measure of the figure of the summary at *path*."""

    def measure(run: Run, tags: Tags) -> Found:
        found = read(run.summary, path)
        return Nothing(found) if isinstance(found, str) else Values("as in summary.json", [found])

    return measure
