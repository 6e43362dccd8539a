"""Every rule against its own two examples, and what all rules have in common."""

from pathlib import Path

import pytest

from harness.audit import rules as folder
from harness.audit.catalogue import chosen, every_rule
from harness.audit.model import SEVERITIES, Rule
from harness.errors import ScenarioError
from tests.unit.audit.audited import view

RULES = every_rule()
ROWS = [line.split(" | ") for line in Path(__file__).with_name("findings.txt").read_text().splitlines()[1:]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_finds_its_failing_example_and_not_its_passing_one(rule: Rule, tmp_path: Path) -> None:
    """The template that must fail has a finding, as findings.txt has it, with a line; the other has none."""
    found = list(rule.check(view(tmp_path, rule.failing)))
    assert found
    assert all(each.resource.line_of(each.path) for each in found)
    said = [[rule.id, each.resource.logical_id, each.path, each.message] for each in found]
    assert said == [row for row in ROWS if row[0] == rule.id]
    assert list(rule.check(view(tmp_path, rule.passing))) == []


def test_rules_are_as_many_as_their_files() -> None:
    """A file of the folder is a rule, and is called as its rule is."""
    files = {path.stem for path in Path(folder.__file__).parent.glob("[!_]*.py")}
    assert {rule.id.replace("-", "_") for rule in RULES} == files
    assert len(RULES) >= 45


def test_rules_say_what_happens_and_where_aws_says_so() -> None:
    """A rule has a severity, a title in one line, a reason, and a page of AWS's documentation."""
    assert {rule.severity for rule in RULES} == set(SEVERITIES)
    assert [rule.id for rule in RULES if rule.title.endswith(".")] == []
    assert [rule.id for rule in RULES if not rule.why.endswith((".", '"', ")"))] == []
    assert [rule.id for rule in RULES if not rule.source.startswith("https://docs.aws.amazon.com/")] == []


def test_chosen_rules_are_those_named_less_those_left_out() -> None:
    """`--rule` and `--ignore` take ids."""
    ids = [
        rule.id
        for rule in chosen(["max-receive-count-one", "secret-in-environment"], ["secret-in-environment"])
    ]
    assert ids == ["max-receive-count-one"]


def test_unknown_rule_is_told_with_the_nearest() -> None:
    """A misspelt id is an error that says what was meant."""
    with pytest.raises(ScenarioError, match="did you mean 'max-receive-count-one'"):
        chosen(["max-recieve-count-one"])
    with pytest.raises(ScenarioError, match="--rules"):
        chosen([], ["zzz"])
