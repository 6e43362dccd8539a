"""Decisions remembered."""

from harness.iam import DecisionCache, Kind, PolicySet, Principal, Request, authorize, context_keys, parse

USER = Principal.named("arn:aws:iam::111122223333:user/ann")
POLICIES = PolicySet(
    (
        parse(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/${aws:username}"},
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"aws:RequestedRegion": "${aws:PrincipalTag/home}"}},
                    },
                    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
                ],
            },
            Kind.IDENTITY,
        ),
    )
)


def asked(action: str = "s3:GetObject", **context: str) -> Request:
    return Request.of(
        USER, action, "arn:aws:s3:::b/ann", {f"aws:{key}": each for key, each in context.items()}
    )


def test_only_the_keys_of_the_policies_count() -> None:
    """Promise: what no statement about the action looks at does not tell requests apart."""
    assert context_keys(POLICIES, "s3:GetObject") == (
        "aws:principaltag/home",
        "aws:requestedregion",
        "aws:username",
    )
    assert context_keys(POLICIES, "sqs:SendMessage") == ()
    cache = DecisionCache()
    first = cache.authorize(POLICIES, asked(username="ann", SourceIp="10.0.0.1"))
    assert cache.get(asked(username="ann", SourceIp="10.0.0.2")) is first
    assert cache.get(asked(username="bob")) is None
    assert not cache.authorize(POLICIES, asked(username="bob")).allowed
    assert len(cache) == 2


def test_a_decision_without_context() -> None:
    """Promise: it is found whatever the context holds, and only for its action and scope."""
    cache = DecisionCache()
    first = cache.authorize(POLICIES, asked("sqs:SendMessage"), scope="AKIA1")
    assert cache.get(asked("sqs:SendMessage", username="ann"), scope="AKIA1") is first
    assert cache.get(asked("sqs:SendMessage"), scope="AKIA2") is None
    assert cache.get(asked("sqs:DeleteMessage"), scope="AKIA1") is None


def test_forgetting() -> None:
    """Promise: after a change of policies everything is decided again."""
    cache = DecisionCache()
    assert cache.authorize(POLICIES, asked("sqs:SendMessage")).allowed
    cache.forget()
    assert cache.get(asked("sqs:SendMessage")) is None
    assert not cache.authorize(PolicySet(), asked("sqs:SendMessage")).allowed


def test_a_full_cache_begins_anew() -> None:
    """Promise: it never holds more than its capacity, and answers as before."""
    cache = DecisionCache(capacity=2)
    for region in ("a", "b", "c", "d", "e"):
        request = asked(RequestedRegion=region)
        assert cache.authorize(POLICIES, request) == authorize(POLICIES, request)
        assert len(cache) <= 2


def test_learning_again() -> None:
    """Promise: what is decided again replaces what was known."""
    cache = DecisionCache()
    cache.learn(POLICIES, asked("sqs:SendMessage"))
    cache.learn(PolicySet(), asked("sqs:SendMessage"))
    known = cache.get(asked("sqs:SendMessage"))
    assert known is not None
    assert not known.allowed
