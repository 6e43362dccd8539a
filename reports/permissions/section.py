"""All that the section about permissions shows, ready for its template."""

from typing import Any

from harness.iam.least_privilege import NOT_SEEN
from reports.permissions import matrix, remedies, roles, words
from reports.permissions.expected import Expected


def section(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the template shows of roles and refusals; None where nothing is known of them."""
    found = summary.get("iam")
    if not found:
        return None
    views = roles.roles(found)
    expected = Expected(summary["expectations"])
    refused = remedies.denials(found, expected)
    opened = sum(not one.expected for one in refused)
    return {
        "headline": words.headline(found, expected),
        "denials": refused[: remedies.MOST_DENIALS],
        "open_denials": min(remedies.MOST_OPEN, opened),
        "tone": "warn" if summary["verdict"] == "pass" else "bad",
        "denials_cut": max(len(refused) - remedies.MOST_DENIALS, 0),
        "roles": views,
        "in_full": roles.MOST_IN_FULL,
        "open_risks": roles.OPEN_RISKS,
        "matrix": matrix.matrix(found, [view.name for view in views]),
        "not_seen": NOT_SEEN,
    }
