"""What the gateway saw, and what was found: API calls, findings."""

from collections.abc import Iterator

from harness.journal import Exchange, Finding
from harness.thresholds.found import Found, Nothing
from harness.thresholds.measures.run import Follow, Following, Run, Tags, about, counted


def _calls(tags: Tags) -> Follow:
    service, operation, status = (tags.get(tag) for tag in ("service", "operation", "status"))

    def each(one: Exchange) -> Iterator[float]:
        if (
            service in (None, one.service)
            and operation in (None, one.operation)
            and status in (None, str(one.status))
        ):
            yield 1.0

    return each


def _findings(tags: Tags) -> Follow:
    def each(one: Finding) -> Iterator[float]:
        if all(getattr(one, tag) == value for tag, value in tags.items()):
            yield 1.0

    return each


CALLS = Following((Exchange,), _calls)
FINDINGS = Following((Finding,), _findings)


def calls(run: Run, tags: Tags) -> Found:
    """Return how many API calls came; nothing where the gateway saw none at all."""
    if not run.seen.all(Exchange):
        return Nothing("No call went through the gateway")
    found = run.each(CALLS, tags)
    return counted(run, f"{len(found)} calls{about(tags)}", found)


def findings(run: Run, tags: Tags) -> Found:
    """Return how much was found."""
    found = run.each(FINDINGS, tags)
    rules = list(dict.fromkeys(one.rule for one in run.seen.all(Finding)))
    told = f"; the run has {', '.join(rules)}" if rules else ""
    return counted(run, f"{len(found)} findings{about(tags)}{told}", found)
