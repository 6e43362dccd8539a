"""Granted, used, unused, denied: what a role may do against what it did."""

from made_uses import (
    ENDPOINT,
    EXECUTION,
    QUEUE,
    ROLE,
    allow,
    deny,
    document,
    policies,
    role_of,
    used,
)

from harness.iam.least_privilege import Wider, granted_actions, grants_of, role_uses, statements_of
from harness.iam.least_privilege.grants import takes_resource, writes

INVOKE = "sagemaker:InvokeEndpoint"


def test_wildcards_are_expanded_into_actions_that_exist() -> None:
    """And a pattern that names none is told."""
    found = role_of(policies(document(allow(["sqs:Send*", "sqs:Sned*"], QUEUE))))
    assert found.granted == ("sqs:SendMessage",)
    assert found.grants[0].nothing == ("sqs:Sned*",)
    assert (found.grants[0].label, found.known) == ("p0#0", True)


def test_granted_but_unused_and_needed_but_denied() -> None:
    """Each action is where it belongs."""
    found = role_of(
        policies(document(allow(["sqs:SendMessage", "sqs:ReceiveMessage"], QUEUE))),
        used("sqs:SendMessage", QUEUE),
        used(INVOKE, ENDPOINT, verdict="ImplicitlyDenied", reason="because no identity-based policy allows"),
        used("", "*", call="quantum:Entangle", verdict="NotCovered"),
    )
    assert (found.used_actions, found.unused_actions) == (("sqs:SendMessage",), ("sqs:ReceiveMessage",))
    assert (found.denied_actions, found.denied[0].reason[:7]) == ((INVOKE,), "because")
    assert [each.call for each in found.not_covered] == ["quantum:Entangle"]


def test_statements_that_no_use_needed_are_named() -> None:
    """By Sid, or by their number."""
    statements = (allow("sqs:SendMessage", QUEUE, Sid="Send"), allow("sqs:ReceiveMessage", QUEUE))
    whole = document(*statements, deny("sqs:PurgeQueue"))
    found = role_of(policies(whole), used("sqs:SendMessage", QUEUE))
    assert found.unused_statements == ("p0#1",)


def test_a_statement_counts_as_used_when_the_run_names_it() -> None:
    """The run knew every condition key; the record has only those that the call brought."""
    inside = allow("sqs:SendMessage", QUEUE, Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    record = used("sqs:SendMessage", QUEUE, statements=["p0#0"])
    assert role_of(policies(document(inside)), record).unused_statements == ()
    assert role_of(policies(document(inside)), used("sqs:SendMessage", QUEUE)).unused_statements == ("p0#0",)


def test_an_action_that_nobody_knows_is_used_under_its_pattern() -> None:
    """AWS has new actions before the catalogue has."""
    whole = document(allow("sqs:Entangle*", QUEUE), allow("sqs:SendMessage", QUEUE))
    assert role_of(policies(whole), used("sqs:EntangleQueues", QUEUE)).unused_statements == ("p0#1",)


def test_grants_wider_than_what_was_used_are_told() -> None:
    """The pattern beside the resources that were used of it; not for actions that take no resource."""
    found = role_of(
        policies(
            document(
                allow([INVOKE, "ecr:GetAuthorizationToken"]),
                allow("sqs:SendMessage", [QUEUE, f"{QUEUE}-dead"]),
                {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/admin"},
            )
        ),
        used(INVOKE, ENDPOINT),
        used("ecr:GetAuthorizationToken", "*"),
        used("sqs:SendMessage", QUEUE),
        used("iam:PassRole", EXECUTION),
    )
    assert found.wider == (
        Wider(INVOKE, "*", "p0#0", (ENDPOINT,)),
        Wider("iam:PassRole", "everything but arn:aws:iam::*:role/admin", "p0#2", (EXECUTION,)),
    )


def test_a_deny_on_everything_takes_an_action_away() -> None:
    """One with a condition, or on some resources, does not."""
    whole = document(allow("sqs:*Message"), deny("sqs:DeleteMessage"), deny("sqs:SendMessage", QUEUE))
    some = deny("sqs:ReceiveMessage", Condition={"Bool": {"aws:SecureTransport": "false"}})
    whole["Statement"].append(some)
    granted = granted_actions(statements_of(whole, "p"))
    assert granted == {"sqs:SendMessage", "sqs:ReceiveMessage"}


def test_a_boundary_limits_and_grants_nothing() -> None:
    """What only the boundary allows is not granted, and what it does not allow neither."""
    rows = [
        {"name": "own", "kind": "inline", "document": document(allow("sqs:*Message"))},
        {"name": "b", "kind": "boundary", "document": document(allow(["sqs:SendMessage", "s3:GetObject"]))},
        {"name": "trust", "kind": "trust", "document": {}},
    ]
    grants, unreadable = grants_of(rows)
    assert (granted_actions(grants), unreadable) == ({"sqs:SendMessage"}, ())


def test_not_action_grants_every_other_action() -> None:
    """It is expanded into all that exist but those named."""
    other = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    (grant,) = statements_of(document(other))
    assert "s3:GetObject" in grant.expanded
    assert not any(each.startswith("iam:") for each in grant.expanded)


def test_the_last_recorded_policies_count_and_unreadable_ones_are_told() -> None:
    """An emulator may keep what AWS would refuse; it grants nothing here, and the role says so."""
    later = policies({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}, at=9.5)
    found = role_of(later, policies(document(allow("s3:*")), at=9.0))
    assert (found.granted, found.grants) == ((), ())
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("p0: ")


def test_a_role_without_recorded_policies_is_not_known() -> None:
    """Nothing is said to be granted."""
    found = role_uses([used("sqs:SendMessage", QUEUE)])[ROLE]
    assert (found.known, found.granted, found.name) == (False, (), "worker")


def test_unknown_actions_take_resources_and_write_nothing() -> None:
    """What nobody knows is not generalised to `*`."""
    assert takes_resource("quantum:Entangle")
    assert not takes_resource("ecr:GetAuthorizationToken")
    assert (writes("sqs:SendMessage"), writes("sqs:GetQueueUrl"), writes("quantum:Entangle")) == (
        True,
        False,
        False,
    )
