"""Templates written in a test, loaded as anybody's are, and what the audit says of them."""

from pathlib import Path

from harness.audit.engine import Audit
from harness.audit.of_template import audit_template
from harness.audit.packages import packages
from harness.audit.view import View
from harness.templates.load import load


def view(folder: Path, text: str) -> View:
    """Return the template *text* as rules see it."""
    path = folder / "template.yaml"
    path.write_text(text)
    template = load(path)
    return View(template, packages(template))


def audited(folder: Path, text: str) -> Audit:
    """Return what all rules find in the template *text*."""
    path = folder / "template.yaml"
    path.write_text(text)
    return audit_template(load(path))


def rules_broken(folder: Path, text: str) -> set[str]:
    """Return the ids of the rules that the template *text* breaks."""
    return {each.rule for each in audited(folder, text).findings}
