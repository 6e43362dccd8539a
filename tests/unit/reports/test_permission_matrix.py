"""Roles by actions: signs and words, what is folded and counted, and the names below."""

from typing import Any

import permission_sample as sample
import pytest
from permission_pages import EXACT, ONE, drawn, iam, section, told

from harness.summary import summarise
from reports.html import render
from reports.permissions import matrix as permission_matrix


def row(name: str, service: str, label: str) -> list[str]:
    """Return what the cells of one row of a sample run's matrix say."""
    found = permission_matrix.matrix(iam(name), list(iam(name)))
    assert found is not None
    [group] = [each for each in found.groups if each.service == service]
    [cells] = [each.cells for each in group.rows if each.label == label]
    return [" ".join(mark.words for mark in marks) for marks in cells]


def test_the_matrix_tells_used_unused_denied_and_not_granted() -> None:
    """Roles in order of their names here; what nobody recorded of the user is not called not granted."""
    times = "\N{MULTIPLICATION SIGN}"
    assert row("three_callers", "s3", "GetObject") == [f"used 12{times}", "not used", "not known"]
    assert row("three_callers", "s3", "PutObject") == [f"refused 3{times}", "not used", "not known"]
    assert row("three_callers", "sagemaker", "InvokeEndpoint") == [
        "not granted",
        f"used 1,204{times}",
        "not known",
    ]
    assert row("three_callers", "sagemaker", "459 more actions") == [
        "not granted",
        "459 not used",
        "not known",
    ]


def test_a_cell_may_be_used_and_refused() -> None:
    """On one object, and on another."""
    found = told(
        ONE, sample.denied(2.0, "etl", "job", "sqs:SendMessage", ONE.resource[:-1] + "other"), EXACT
    )["iam"]
    matrix = permission_matrix.matrix(found, ["etl"])
    assert matrix is not None
    assert [mark.state for mark in matrix.groups[0].rows[0].cells[0]] == ["used", "denied"]


def test_no_sign_is_told_by_its_colour_alone() -> None:
    """Each state has a sign of its own, and words for those who do not see it."""
    assert len(set(permission_matrix.SIGNS.values())) == len(permission_matrix.SIGNS)
    few, many = drawn("three_callers"), drawn("thirty_roles")
    assert '<b aria-hidden="true">✕</b> <span>refused 3' in few
    assert '<b class="denied" aria-hidden="true">✕</b><span class="hidden">refused 1' in many


def test_what_a_role_without_a_call_holds_is_not_called_unused() -> None:
    """Its work did not run here: nobody knows what it needs. It has a sign and a legend of its own."""
    quiet = sample.policies("execution", own=sample.allow(["logs:PutLogEvents", "s3:GetObject"], "*"))
    found = told(quiet, sample.used(1.0, "etl", "job-0", "s3:GetObject", sample.BUCKET))["iam"]
    made = permission_matrix.matrix(found, ["etl", "execution"])
    assert made is not None
    [s3, logs] = made.groups
    assert [mark.words for mark in logs.rows[0].cells[1]] == ["1 granted"]
    assert [mark.words for mark in s3.rows[0].cells[1]] == ["granted"]
    assert (made.silent, logs.rows[0].holders) == (True, "1 role")


def test_where_thirty_columns_do_not_fit_the_holders_are_counted() -> None:
    """On a narrow screen the rows of unused actions say how many roles hold them."""
    assert "459 more actions held by 30 roles" in section("thirty_roles")
    assert "80 actions held by 10 roles" in section("thirty_roles")
    assert "held by 1 role " not in section("three_callers")


def test_names_of_unused_actions_are_below_the_matrix() -> None:
    """Each row of them leads to a list; all 750 are there."""
    found = permission_matrix.matrix(iam("three_callers"), ["ranker-fn"])
    assert found is not None
    assert sum(len(names) for one in found.names for _, names in one.held) == 750
    assert 'href="#unused-sagemaker"' in drawn("three_callers")
    assert "CreateModelPackageGroup" in section("three_callers")


def test_names_are_told_apart_by_who_holds_them() -> None:
    """Two that hold different actions of a service; of too many different holders the names alone."""

    def holding(count: int) -> Any:
        actions = sorted(permission_names())[: count + 1]
        policies = [
            sample.policies(f"r{n:02}", own=sample.allow([actions[n], actions[n + 1]], "*"))
            for n in range(count)
        ]
        found = permission_matrix.matrix(one := told(*policies)["iam"], list(one))
        assert found is not None
        return found.names[0].held

    def permission_names() -> list[str]:
        return told(sample.policies("all", own=sample.allow("sqs:*", "*")))["iam"]["all"]["unused"]  # type: ignore[no-any-return]

    assert sorted(who for who, _ in holding(2)) == ["held by r00", "held by r00, r01", "held by r01"]
    [(who, names)] = holding(13)
    assert (who, len(names)) == ("held by some of the roles", 14)
    six = [sample.policies(f"r{n}", own=sample.allow("sqs:SendMessage", "*")) for n in range(6)]
    found = permission_matrix.matrix(one := told(*six)["iam"], list(one))
    assert found is not None
    assert found.names[0].held[0][0] == "held by r0, r1, r2, r3 and 2 more"


def test_of_an_administrator_whole_services_are_one_name() -> None:
    """Not 20,000; the page stays small and says what it leaves out."""
    wide = sample.policies("etl", own=sample.allow("*", "*"))
    records = sample.in_run(ONE, wide, *sample.glue(), *sample.ranker())
    html = render(records, summary := summarise(records))
    assert len(html.encode()) < 700_000
    found = permission_matrix.matrix(summary["iam"], ["etl"])
    assert found is not None
    service = next(one for one in found.names if one.service == "dynamodb")
    assert (service.title, service.held) == ("every action", [("", ["*"])])


def test_more_rows_than_fit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so are roles and names."""
    monkeypatch.setattr(permission_matrix, "MOST_CELLS", 1)
    monkeypatch.setattr(permission_matrix, "MOST_COLUMNS", 1)
    monkeypatch.setattr(permission_matrix, "MOST_NAMES", 100)
    found = permission_matrix.matrix(iam("three_callers"), ["ranker-fn", "glue-etl"])
    assert found is not None
    assert (found.columns, found.columns_cut) == (["ranker-fn"], 2)
    assert sum(len(group.rows) for group in found.groups) == 20
    assert found.rows_cut > 0
    assert sum(one.cut for one in found.names) > 0


def test_no_matrix_without_actions() -> None:
    """A caller of whom only an unmapped call is known."""
    found = told(sample.used(1.0, "etl", "job", "braket:Strange", "*", verdict="NotCovered"))["iam"]
    assert permission_matrix.matrix(found, ["etl"]) is None
