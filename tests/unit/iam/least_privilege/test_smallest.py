"""The smallest policy: complete, minimal, the same for the same uses, with its proof."""

from collections.abc import Mapping
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from made_uses import ACCOUNT, ENDPOINT, EXECUTION, QUEUE, ROLE, allow, allowed, document, role_of, use, used

from harness.iam import Kind, parse
from harness.iam.least_privilege import Use, needed_uses, prove, smallest
from harness.iam.least_privilege.smallest import smallest_for

SAGEMAKER = {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}


def statements(*records: Any, **options: Any) -> list[Mapping[str, Any]]:
    """Return the statements of the smallest policy for *records*, proven."""
    role = role_of(*records)
    found = smallest(role, **options)
    kept = {key: value for key, value in options.items() if key == "include_denied"}
    assert prove([found], ROLE, needed_uses(role, **kept)).holds
    result: list[Mapping[str, Any]] = found["Statement"]
    return result


def test_actions_on_one_resource_share_a_statement() -> None:
    """And so do resources with the same actions."""
    (one,) = statements(
        *allowed(
            ("sqs:DeleteMessage", QUEUE),
            ("sqs:ReceiveMessage", QUEUE),
            ("sqs:ReceiveMessage", f"{QUEUE}-2"),
            ("sqs:DeleteMessage", f"{QUEUE}-2"),
        )
    )
    assert one == {
        "Sid": "SqsDeleteMessageOrders",
        "Effect": "Allow",
        "Action": ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
        "Resource": [QUEUE, f"{QUEUE}-2"],
    }


def test_a_passed_role_is_bound_to_its_service() -> None:
    """iam:PassedToService is written where every use had it."""
    (one,) = statements(*allowed(("iam:PassRole", EXECUTION, SAGEMAKER)))
    assert one["Condition"] == {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}


def test_a_key_that_one_use_lacks_narrows_nothing() -> None:
    """Otherwise that use would be denied; several values at once, or an empty one, narrow nothing either."""
    bucket = "arn:aws:s3:::raw"
    prefixes: list[dict[str, list[str]]] = [{}, {"s3:prefix": ["a", "b"]}, {"s3:prefix": [""]}]
    for context in prefixes:
        (one,) = statements(
            *allowed(("s3:ListBucket", bucket, {"s3:prefix": ["in/"]}), ("s3:ListBucket", bucket, context))
        )
        assert "Condition" not in one


def test_many_values_of_a_key_become_a_pattern() -> None:
    """Above the threshold, with the operator for patterns."""
    bucket = "arn:aws:s3:::raw"
    listed = [("s3:ListBucket", bucket, {"s3:prefix": [f"in/part-{n}"]}) for n in range(12)]
    (one,) = statements(*allowed(*listed))
    assert one["Condition"] == {"StringLike": {"s3:prefix": ["in/part-*"]}}
    (one,) = statements(*allowed(*listed), wildcard_above=12)
    assert len(one["Condition"]["StringEquals"]["s3:prefix"]) == 12


def test_an_action_without_resource_types_gets_a_star() -> None:
    """Whatever the mapping of the call took for its resource."""
    (one,) = statements(*allowed(("ecr:GetAuthorizationToken", QUEUE)))
    assert one["Resource"] == ["*"]


def test_a_namespace_narrows_metrics() -> None:
    """They have no ARN."""
    (one,) = statements(*allowed(("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": ["Turbofan"]})))
    assert one["Resource"] == ["*"]
    assert one["Condition"]["StringEquals"] == {"cloudwatch:namespace": ["Turbofan"]}


def test_many_objects_of_a_folder_become_one_pattern() -> None:
    """Few stay as they are, and an action that needs few gets no more for it."""
    objects = [f"arn:aws:s3:::raw/in/part-{n}" for n in range(11)]
    found = statements(*allowed(*(("s3:GetObject", each) for each in objects), ("s3:PutObject", objects[0])))
    assert [each["Resource"] for each in found] == [["arn:aws:s3:::raw/in/part-*"], [objects[0]]]
    (one,) = statements(*allowed(*(("s3:GetObject", each) for each in objects)), wildcard_above=11)
    assert one["Resource"] == sorted(objects)


def test_a_pattern_takes_in_the_names_beside_it() -> None:
    """A use on every resource makes those on single ones superfluous."""
    (one,) = statements(
        *allowed(("sqs:ListQueues", "*"), ("sagemaker:Search", "*"), ("sqs:ListQueues", QUEUE))
    )
    assert one["Resource"] == ["*"]
    (one,) = statements(*allowed(("s3:GetObject", "*"), ("s3:GetObject", "arn:aws:s3:::raw/a")))
    assert one["Resource"] == ["*"]


def test_wildcards_in_names_mean_themselves() -> None:
    """The key `a*` of an object gives no right to `ab`."""
    (one,) = statements(*allowed(("s3:GetObject", "arn:aws:s3:::raw/a*b?${c}")))
    assert one["Resource"] == ["arn:aws:s3:::raw/a${*}b${?}${$}{c}"]


def test_denied_uses_are_written_on_request_only() -> None:
    """What a Deny refused is not: a Deny wins over every Allow."""
    records = [
        *allowed(("sqs:SendMessage", QUEUE)),
        used("sagemaker:InvokeEndpoint", ENDPOINT, verdict="ImplicitlyDenied"),
        used("sqs:PurgeQueue", QUEUE, verdict="ExplicitlyDenied"),
    ]
    assert [each["Action"] for each in statements(*records)] == [["sqs:SendMessage"]]
    assert [each["Action"] for each in statements(*records, include_denied=True)] == [
        ["sagemaker:InvokeEndpoint"],
        ["sqs:SendMessage"],
    ]


def test_what_needs_no_permission_is_left_out() -> None:
    """sts:GetCallerIdentity is allowed to everybody."""
    assert statements(*allowed(("sts:GetCallerIdentity", "*"))) == []


def test_other_accounts_keys_and_roles_need_the_callers_policy_too() -> None:
    """Their own policies must agree as well, and are taken to."""
    found = statements(
        *allowed(
            ("sqs:SendMessage", "arn:aws:sqs:us-east-1:999999999999:orders"),
            ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"),
            ("sts:AssumeRole", EXECUTION),
        )
    )
    assert [each["Action"] for each in found] == [["kms:Decrypt"], ["sqs:SendMessage"], ["sts:AssumeRole"]]


def test_sids_are_unique() -> None:
    """Statements that would be called alike are numbered."""
    found = statements(
        *allowed(
            ("s3:GetObject", "arn:aws:s3:::a/x"),
            ("s3:GetObject", "arn:aws:s3:::b/x"),
            ("s3:PutObject", "arn:aws:s3:::b/x"),
            ("s3:GetObject", "arn:aws:s3:::c/x"),
            ("s3:DeleteObject", "arn:aws:s3:::c/x"),
        )
    )
    assert [each["Sid"] for each in found] == ["S3DeleteObjectX", "S3GetObjectX", "S3GetObjectX2"]


def test_a_proof_names_what_does_not_pass_and_what_nobody_needs() -> None:
    """A policy that is too small or too large does not prove itself."""
    uses = [use("sqs:SendMessage", QUEUE), use("sqs:ReceiveMessage", QUEUE)]
    small = prove([document(allow("sqs:SendMessage", QUEUE))], ROLE, uses)
    assert [each.action for each in small.refused] == ["sqs:ReceiveMessage"]
    assert (small.complete, small.minimal, small.holds) == (False, True, False)
    condition = {"StringEquals": {"sqs:x": ["a", "b"]}}
    large = document(
        allow(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:PurgeQueue"], QUEUE),
        allow("s3:GetObject", ["arn:aws:s3:::a/1", "arn:aws:s3:::a/2"], Sid="Read", Condition=condition),
    )
    proof = prove([large], ROLE, uses)
    assert (proof.complete, proof.minimal) == (True, False)
    assert proof.idle[0] == "sqs:PurgeQueue of statement 0"
    assert {"statement Read", "arn:aws:s3:::a/1 of statement Read", "sqs:x a of statement Read"} <= {
        *proof.idle
    }
    assert proof.parts == 9


ACTIONS = {
    "sqs:SendMessage": QUEUE,
    "sqs:ReceiveMessage": QUEUE,
    "s3:GetObject": "arn:aws:s3:::raw/in/part-",
    "s3:PutObject": "arn:aws:s3:::raw/in/part-",
    "s3:ListBucket": "arn:aws:s3:::raw",
    "iam:PassRole": EXECUTION,
    "cloudwatch:PutMetricData": "*",
    "kms:Decrypt": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/",
}
CONTEXTS: list[dict[str, list[str]]] = [
    {},
    {"s3:prefix": ["in/a"]},
    {"s3:prefix": ["in/b"]},
    SAGEMAKER,
    {"iam:passedtoservice": ["lambda.amazonaws.com"]},
    {"cloudwatch:namespace": ["Turbofan"]},
]


@st.composite
def some_uses(draw: st.DrawFn) -> list[Use]:
    """Draw uses of a few actions on resources that look alike."""
    rows = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(ACTIONS)), st.integers(0, 6), st.sampled_from(CONTEXTS)),
            min_size=1,
            max_size=25,
        )
    )
    return [
        use(action, "*" if ACTIONS[action] == "*" or n == 6 else f"{ACTIONS[action]}{n}", **context)
        for action, n, context in rows
    ]


@given(some_uses(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_it_is_complete_minimal_and_deterministic(uses: list[Use], above: int, random: Random) -> None:
    """Every use passes, no part can be left out, and the order of the uses is irrelevant."""
    found = smallest_for(ROLE, uses, wildcard_above=above)
    proof = prove([found], ROLE, uses)
    assert proof.holds, proof
    random.shuffle(uses)
    assert smallest_for(ROLE, uses + uses, wildcard_above=above) == found
    parse(found, Kind.IDENTITY)  # AWS would take it
