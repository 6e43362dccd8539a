"""How large a policy may be: AWS counts no white space, and inline policies of a role together."""

import pytest
from made_uses import QUEUE, ROLE, allow, document, use

from harness.iam.least_privilege import parts, prove, too_many
from harness.iam.least_privilege.sizes import INLINE_CHARACTERS, MANAGED_CHARACTERS, characters


def test_what_fits_inline_stays_one_document() -> None:
    """White space does not count."""
    small = document(allow("sqs:SendMessage", [QUEUE], Sid="A"))
    assert parts(small) == (small,)
    assert characters({"a": "b c"}) == len('{"a":"b c"}')


@pytest.mark.parametrize(
    "statements",
    [
        [
            allow(["s3:GetObject"], [f"arn:aws:s3:::raw/{s}-{n}" for n in range(30)], Sid=f"S{s}")
            for s in range(20)
        ],
        [allow(["s3:GetObject"], [f"arn:aws:s3:::raw/a-{n}" for n in range(900)], Sid="S")],
        [allow([f"s3:Get{n}" for n in range(900)], ["arn:aws:s3:::raw/a"], Sid="S")],
    ],
)
def test_what_does_not_becomes_managed_policies(statements: list[dict[str, object]]) -> None:
    """Each within its limit, all together the same grants, no Sid twice in one."""
    whole = document(*statements)
    assert characters(whole) > INLINE_CHARACTERS
    found = parts(whole)
    assert len(found) > 1
    assert all(characters(each) <= MANAGED_CHARACTERS for each in found)
    assert _pairs(*found) == _pairs(whole)
    for each in found:
        sids = [statement["Sid"] for statement in each["Statement"]]
        assert len(set(sids)) == len(sids)


def _pairs(*documents: object) -> list[tuple[str, str]]:
    return sorted(
        (action, resource)
        for each in documents
        for statement in each["Statement"]  # type: ignore[index]
        for action in statement["Action"]
        for resource in statement["Resource"]
    )


def test_a_single_grant_is_never_cut() -> None:
    """Even where it is too large by itself: AWS says so then."""
    whole = document(allow(["s3:GetObject"], ["arn:aws:s3:::raw/" + "a" * 11_000], Sid="S"))
    assert parts(whole) == (whole,)


def test_documents_that_were_cut_prove_themselves() -> None:
    """Together they are complete and minimal still."""
    uses = [use("s3:GetObject", f"arn:aws:s3:::raw/{n}") for n in range(40)]
    whole = document(allow(["s3:GetObject"], [each.resource for each in uses], Sid="S"))
    found = parts(whole, inline=500, managed=500)
    assert len(found) > 2
    assert prove(found, ROLE, uses).holds


def test_more_managed_policies_than_a_role_may_have_are_told() -> None:
    """With the way out."""
    one = document(allow("sqs:SendMessage", [QUEUE]))
    assert too_many([one] * 10) == ""
    assert "--wildcard-above" in too_many([one] * 11)
