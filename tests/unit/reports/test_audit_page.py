"""docs/reference/audit-rules.md says what the rules say."""

from harness.audit.catalogue import every_rule
from reports.pages import audit_page


def test_page_is_up_to_date() -> None:
    """Who changes a rule makes the page anew: python -m reports.pages.audit_page."""
    assert audit_page.PAGE.read_text(encoding="utf-8") == audit_page.page(every_rule())
