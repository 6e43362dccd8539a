"""The page docs/reference/audit-rules.md: every rule of `harness audit`, with what it says and AWS's page.

Made from the rules, so that it cannot say more than is checked: `python -m reports.pages.audit_page` writes
it anew, and a test fails when it is out of date.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from harness.audit.catalogue import every_rule
from harness.audit.model import SEVERITIES, Rule

WIDTH = 118
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "audit-rules.md"

HEAD = """# Rules of `harness audit`

<!-- Made by `python -m reports.pages.audit_page` from harness/audit/rules. Do not edit. -->

{count} rules. An **error** is refused by AWS or does not work there, a **warning** works and will hurt, a
**note** is worth knowing. Each rule is a file of `harness/audit/rules` with its AWS page, a template that it
finds wrong and one that it does not; the tests hold it to both. `harness audit --rules` lists them,
[Audit a template](../how-to/audit-a-template.md) says how to choose and how to leave a finding alone.
"""

_MEANING = {
    "error": "Errors: refused by AWS, or without effect there",
    "warning": "Warnings: works, and will hurt",
    "note": "Notes: worth knowing",
}


def page(rules: Sequence[Rule]) -> str:
    """Return the page about *rules*."""
    return "\n".join([HEAD.format(count=len(rules)), *_sections(rules)])


def _sections(rules: Sequence[Rule]) -> Iterator[str]:
    for severity in SEVERITIES:
        own = [rule for rule in rules if rule.severity == severity]
        yield f"## {_MEANING[severity]}\n"
        for rule in own:
            told = fill(f"{rule.title}. {rule.why}", WIDTH, break_long_words=False, break_on_hyphens=False)
            yield f"### {rule.id}\n\n{told}\n[AWS's page]({rule.source})\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(every_rule()), encoding="utf-8")


if __name__ == "__main__":
    main()
