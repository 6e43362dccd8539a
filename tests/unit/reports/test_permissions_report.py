"""The section on permissions: what held, who holds too much, what was refused, and what to copy."""

import json

import message_sample
import permission_sample as sample
import pytest
from permission_pages import EXACT, ONE, drawn, iam, section, seen, told
from test_html import NASTY, _poisoned, page

from harness import journal as j
from harness.summary import summarise
from reports.html import render
from reports.junit import junit
from reports.permissions import roles as permissions
from reports.permissions import words as permission_words
from reports.permissions.expected import Expected

# -- first screen and first line -----


def test_the_first_line_says_what_held() -> None:
    """Roles, refused calls, and who leaves most of what it is granted unused."""
    assert permission_words.headline(iam("three_callers"), Expected()) == (
        "2 roles and 1 other caller; role glue-etl was refused s3:PutObject (3 calls); "
        "role ranker-fn uses 1 of 751 granted actions."
    )
    assert permission_words.headline(iam("thirty_roles"), Expected()).startswith(
        "30 roles; 10 calls were refused; role team-02-"
    )
    assert permission_words.headline(told(ONE, EXACT)["iam"], Expected()) == "1 role; no call was refused."


def test_the_question_is_answered_on_the_first_screen() -> None:
    """Bad where calls were refused; only a thing to know where the run passed all the same."""
    refused = sample.denied(1.0, "etl", "job", "sqs:SendMessage", ONE.resource)
    headline = "Role etl was refused sqs:SendMessage (1 call)"
    assert permission_words.answer(told(refused, verdict="fail")) == (headline, "", "bad")
    found = permission_words.answer(
        told(refused, sample.policies("etl", own=sample.allow("sns:Publish", "*")))
    )
    assert found == (headline, "Role etl uses 0 of 1 granted action.", "warn")
    first = seen("three_callers").words
    assert first.index(permission_words.QUESTION) < first.index("Roles at a glance")


def test_a_role_that_needs_all_it_holds_is_the_good_answer() -> None:
    """One that holds more is not; one that nobody knows is neither."""
    good = permission_words.answer(told(ONE, EXACT))
    assert good == ("The one role uses all that it is granted, and no call was refused", "", "ok")
    wide = permission_words.answer(told(*sample.ranker()))
    assert wide is not None
    assert (wide[0], wide[2]) == ("Role ranker-fn uses 1 of 751 granted actions", "warn")
    assert "No call was refused. Role ranker-fn could give itself more rights (PassExistingRole" in wide[1]
    assert permission_words.answer(told(ONE)) == (
        "No call was refused",
        "What etl may do was not recorded.",
        "plain",
    )
    other = sample.used(1.0, "other", "job", "sqs:SendMessage", ONE.resource)
    assert permission_words.answer(told(ONE, other)) == (
        "No call was refused", "What 2 roles may do was not recorded.", "plain",
    )  # fmt: skip
    assert permission_words.answer(told()) is None
    assert permission_words.key_figures(told()) == []


def test_observed_refusals_are_not_called_refused() -> None:
    """They went through here; on AWS they would not."""
    seen_only = sample.denied(1.0, "etl", "job", "sqs:SendMessage", ONE.resource, enforced=False)
    words = page(sample.in_run(seen_only)).words
    assert "AWS would refuse 1 call that went through here" in words
    assert "AWS would refuse  etl" in words


def test_calls_that_nobody_mapped_are_named() -> None:
    """They could not be judged, which is no pass."""
    strange = sample.used(1.0, "etl", "job", "braket:Strange", "*", verdict="NotCovered")
    words = page(sample.in_run(strange, EXACT)).words
    assert "1 call could not be judged: nobody mapped them to actions" in words
    assert "braket:Strange (1\N{MULTIPLICATION SIGN}): nobody mapped this operation to an action" in words


# -- each role -----


def test_who_used_what_when_from_which_program() -> None:
    """With the API call where it is called otherwise."""
    words = section("three_callers")
    assert "s3:GetObject arn:aws:s3:::turbofan-raw/part-0000.csv, " in words
    assert "and 9 more transform-0 12 00:10\N{EN DASH}00:21" in words
    assert "s3:ListBucket for ListObjectsV2 arn:aws:s3:::turbofan-raw transform-0 1 00:09" in words


def test_the_smallest_policy_stands_beside_what_is_granted() -> None:
    """To be copied as it stands in the summary, with its proof."""
    [policy] = [view.policy for view in permissions.roles(iam("three_callers")) if view.name == "ranker-fn"]
    assert json.loads(policy) == iam("three_callers")["ranker-fn"]["minimal_policy"]
    words = section("three_callers")
    assert "1 statement, 1 action, " in words
    assert "where 751 actions in " in words
    assert (
        "Proven: all 13 recorded uses pass under it, and without any of its 2 parts something would be "
        "refused." in words
    )


def test_a_policy_that_is_not_proven_says_so() -> None:
    """What it refuses, and what of it could go."""
    proof = {
        "holds": False,
        "requests": 2,
        "parts": 3,
        "refused": ["s3:GetObject on x"],
        "idle": ["statement A"],
    }
    size = {"statements": 1, "actions": 1, "characters": 90}
    one = iam("three_callers")["glue-etl"] | {"proof": proof, "minimal_size": size}
    [view] = permissions.roles({"glue-etl": one})
    assert view.proof == (
        "Not proven: of 2 recorded uses and 3 parts tried, it refuses s3:GetObject on x and "
        "statement A could go."
    )


def test_risks_name_the_path_of_escalation() -> None:
    """PassRole with a create that takes the role."""
    words = section("three_callers")
    assert "Privilege escalation: PassExistingRoleToNewSageMakerNotebookInstance : iam:PassRole with" in words
    assert "10 high, 2 medium, 1 low" in words


def test_grants_in_vain_are_told_by_name_or_by_service() -> None:
    """A few are named; of many the services."""
    words = section("three_callers")
    assert "Granted and not used: s3:DeleteObject, s3:GetBucketLocation." in words
    assert "750 actions granted and not used: sagemaker 459, servicecatalog 46, " in words
    assert "statements: nothing that was used needed them" in words
    assert "read-raw#0 allows it on arn:aws:s3:::turbofan-raw/*; used: 12 resources" in words


def test_a_role_that_did_nothing_has_no_policy() -> None:
    """It is listed all the same, and nothing that it holds is called unused."""
    words = page(sample.in_run(EXACT)).words
    assert "It made no call in this run: " in words
    assert "Granted: " in words
    assert "No role made a call in this run" in words
    for absent in ("The smallest policy", "Granted in vain", "Unused grants", "not used."):
        assert absent not in words


def test_a_role_that_made_no_call_is_told_apart_on_the_first_screen() -> None:
    """Its grants are not counted as unused: what AWS does under it did not run here."""
    quiet = [sample.policies(name, own=sample.allow("sqs:*", "*")) for name in ("exec-a", "exec-b", "exec-c")]
    found = told(ONE, EXACT, quiet[0])
    assert permission_words.key_figures(found)[1] == (
        "Unused grants",
        "0",
        "of 1 granted action; 1 role made no call",
    )
    one, three = permission_words.answer(found), permission_words.answer(told(ONE, EXACT, *quiet))
    assert one is not None
    assert three is not None
    assert one[0] == "Every role that made a call uses all that it is granted, and no call was refused"
    assert one[1].endswith("Role exec-a made no call in this run, so nothing is known of what it needs.")
    assert three[1].endswith("what they need: exec-a, exec-b, exec-c.")


def test_a_role_whose_policies_are_unknown_has_no_size_to_compare() -> None:
    """A killed run: the smallest policy alone."""
    [view] = permissions.roles(told(ONE)["iam"])
    assert (view.granted, view.line) == (None, "1 action used")
    assert view.policy_line.endswith("characters.")


def test_one_role_needs_no_table_of_roles() -> None:
    """Its own part says it all, unfolded."""
    html = render(records := sample.in_run(ONE, EXACT), summarise(records))
    assert "Roles at a glance" not in html
    assert '<details class="role" open>' in html


# -- the page as a whole -----


def test_a_run_without_permissions_has_no_section() -> None:
    """The footer says so."""
    words = page(message_sample.whole(*message_sample.once(1))).words
    assert "permissions" in words[words.index("Not part of this run") :]
    assert "Roles by actions" not in words


@pytest.mark.parametrize("name", ["three_callers", "thirty_roles"])
def test_links_labels_and_ids_fit_together(name: str) -> None:
    """No id twice, no link that leads nowhere; nothing is loaded."""
    ids = seen(name).all("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in seen(name).all("href") if href.startswith("#")} <= set(ids)
    assert not {"script", "img"} & {tag for tag, _ in seen(name).elements}


def test_thirty_wide_roles_stay_below_the_budget() -> None:
    """Half of the megabyte a page may have; what is cut is counted."""
    assert len(drawn("thirty_roles").encode()) < 600_000
    assert "more risks are in summary.json" in section("thirty_roles")


def test_whatever_a_policy_says_stays_text() -> None:
    """Names of roles, programs, actions, statements and reasons are shown, never run."""
    records = [_poisoned(record) for record in sample.in_run(*sample.glue()[:14])]
    found = page(records)
    assert not {"script", "img"} & {tag for tag, _ in found.elements}
    odd = sample.policies("etl", **{NASTY: sample.allow("sqs:SendMessage", NASTY)})
    assert not {"script", "img"} & {tag for tag, _ in page(sample.in_run(ONE, odd)).elements}


def test_of_very_many_findings_the_page_shows_some() -> None:
    """A refusal on each of a thousand objects leaves the page small."""
    many = [
        j.Finding(1.0, "iam-denied", "error", "r", f"refused s3:PutObject on {n}", "") for n in range(1_000)
    ]
    html = render(records := sample.in_run(*many), summarise(records))
    assert "850 more findings are not shown here" in html
    assert len(html.encode()) < 200_000


def test_junit_shows_findings_without_judging_them() -> None:
    """A refused call that no expectation speaks of is in the output of the suite."""
    [out] = junit(summarise(sample.three_callers())).iter("system-out")
    assert (out.text or "").startswith(
        "error: iam-denied: arn:aws:iam::123456789012:role/glue-etl: glue-etl was refused"
    )
    assert not list(junit(told(ONE)).iter("system-out"))
