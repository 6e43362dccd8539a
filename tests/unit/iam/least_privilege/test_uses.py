"""What a role did: counted over its programs, whatever the order of the records."""

from random import Random

from made_uses import QUEUE, ROLE, session, total, used

from harness.iam.least_privilege import role_uses
from harness.iam.least_privilege.uses import identity_of, uses_by
from harness.journal import PhaseStarted

SEND, RECEIVE = "sqs:SendMessage", "sqs:ReceiveMessage"


def test_what_two_programs_did_alike_is_one_use() -> None:
    """Calls add up, moments span, and each program is told."""
    records = [
        used(SEND, QUEUE, at=2.0, reason="because"),
        used(SEND, QUEUE, at=1.0, principal=session("worker-1"), reason="earlier", statements=["p#0"]),
        total(SEND, QUEUE, 7, 5.0),
        total(SEND, QUEUE, 3, 8.0, principal=session("worker-1")),
    ]
    (found,) = uses_by(records, identity_of)[ROLE]
    assert (found.calls, found.first_at, found.last_at) == (10, 1.0, 8.0)
    assert found.programs == ("worker-0", "worker-1")
    assert [(each.program, each.calls, each.last_at) for each in found.by] == [
        ("worker-0", 7, 5.0),
        ("worker-1", 3, 8.0),
    ]
    assert (found.reason, found.statements) == ("earlier", ("p#0",))


def test_a_killed_run_has_one_call_for_each_use() -> None:
    """Without totals what was seen is counted as often as it was told."""
    (found,) = uses_by([used(SEND, QUEUE, at=3.0), used(SEND, QUEUE, at=4.0)], identity_of)[ROLE]
    assert (found.calls, found.first_at, found.last_at) == (2, 3.0, 4.0)


def test_a_total_alone_is_a_use() -> None:
    """A use whose first record is lost is still one."""
    (found,) = uses_by([total(SEND, QUEUE, 4, 6.0)], identity_of)[ROLE]
    assert (found.calls, found.first_at, found.last_at, found.enforced) == (4, 6.0, 6.0, True)
    assert (found.reason, found.statements) == ("", ())


def test_verdicts_contexts_and_calls_are_kept_apart() -> None:
    """One action allowed here and denied there, or needed by two calls, are several uses."""
    records = [
        used(SEND, QUEUE),
        used(SEND, QUEUE, verdict="ImplicitlyDenied", enforced=False),
        used(SEND, QUEUE, call="sqs:SendMessageBatch"),
        used(SEND, QUEUE, context={"AWS:TagKeys": ["a"]}),
    ]
    found = uses_by(records, identity_of)[ROLE]
    assert len(found) == 4
    assert {tuple(each.context) for each in found} == {(), ("aws:tagkeys",)}
    assert [each.enforced for each in found if each.verdict != "Allowed"] == [False]


def test_users_have_uses_of_their_own_and_services_and_root_none() -> None:
    """Only what has policies of its own is judged."""
    user = "arn:aws:iam::123456789012:user/data/scientist"
    records = [
        used(SEND, QUEUE, principal=user, role=""),
        used(SEND, QUEUE, principal="sns.amazonaws.com", role=""),
        used(SEND, QUEUE, principal="arn:aws:iam::123456789012:root", role=""),
        PhaseStarted(at=0.0, phase="load"),
    ]
    found = role_uses(records)
    assert list(found) == [user]
    assert (found[user].name, found[user].used[0].programs) == ("scientist", ("scientist",))


def test_the_order_of_records_is_irrelevant() -> None:
    """A journal read in any order says the same."""
    records = [
        *(used(SEND, QUEUE, at=float(n), principal=session(f"w-{n % 3}"), reason=str(n)) for n in range(6)),
        *(used(RECEIVE, f"{QUEUE}-{n}", verdict="ExplicitlyDenied") for n in range(4)),
        *(total(SEND, QUEUE, n + 1, float(n), principal=session(f"w-{n}")) for n in range(3)),
    ]
    expected = uses_by(records, identity_of)
    for seed in range(5):
        Random(seed).shuffle(records)
        assert uses_by(records, identity_of) == expected
