"""A template audited as it lies there: with the code beside it and the comments in it."""

from collections.abc import Sequence
from pathlib import Path

from harness.audit.catalogue import every_rule
from harness.audit.engine import Audit, audit
from harness.audit.model import Rule
from harness.audit.packages import packages
from harness.audit.view import ACCOUNT_CONCURRENCY, View
from harness.templates.model import Template


def audit_template(
    template: Template,
    rules: Sequence[Rule] | None = None,
    *,
    account_concurrency: int = ACCOUNT_CONCURRENCY,
) -> Audit:
    """Return what *rules*, all of them by default, find in *template* and in the code of its functions."""
    view = View(template, packages(template), account_concurrency=account_concurrency)
    return audit(view, every_rule() if rules is None else rules, source_text)


def source_text(file: str) -> str:
    """Return the text of *file*, "" where it cannot be read: then no comment in it counts."""
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace") if file else ""
    except OSError:
        return ""
