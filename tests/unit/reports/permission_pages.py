"""Pages and summaries of runs under permissions, made once for all tests that look at them."""

from functools import cache
from typing import Any

import permission_sample as sample
from test_html import Page

from harness import journal as j
from harness.summary import summarise
from reports.html import render


@cache
def _of(name: str) -> tuple[list[j.Record], Any]:
    records = getattr(sample, name)()
    return records, summarise(records)


@cache
def drawn(name: str) -> str:
    """Return the page of a sample run, drawn once for all tests."""
    return render(*_of(name))


def iam(name: str) -> Any:
    """Return the summary's `iam` of a sample run."""
    return _of(name)[1]["iam"]


@cache
def seen(name: str) -> Page:
    """Return the parsed page of a sample run."""
    return Page(drawn(name))


def section(name: str) -> str:
    """Return the words of the section of a sample run."""
    words = seen(name).words
    return " ".join(words[words.index("Permissions", words.index("Model time")) :].split())


def told(*records: j.Record, **changes: Any) -> Any:
    """Return the summary of a run with *records*."""
    return summarise(sample.in_run(*records, **changes))


ONE = sample.used(1.0, "etl", "job", "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q")
EXACT = sample.policies("etl", own=sample.allow("sqs:SendMessage", ONE.resource))
