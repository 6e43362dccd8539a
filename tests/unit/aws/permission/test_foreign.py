"""Keys that the gateway has not seen being made: whom it asks, and what it makes of odd answers."""

import asyncio
import json
import math
import time

import pytest
from asked_backend import AskedBackend, xml

from harness.aws.permission import foreign
from harness.aws.permission.foreign import KEYS_PATH, Foreign
from harness.aws.permission.keys import Key, SessionPolicies
from harness.errors import BackendError
from harness.gateway.chain import Address
from harness.gateway.fetch import FetchReply

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml/trainer"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/one"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/ml/ann"
OURS = Address("ministack", "127.0.0.1", 1, "password")


def asker(backend: AskedBackend, address: Address) -> Foreign:
    return Foreign(backend.as_fetcher(), lambda _service: address, "eu-west-1")


def ask(
    backend: AskedBackend, address: Address | None = None, key: str = "AKIA1", token: str = ""
) -> Key | None:
    """Return what is found out of *key*; *address* is moto's unless it is given."""
    return asyncio.run(asker(backend, address or Address("moto", "127.0.0.1", 1)).ask(key, token))


def told(**more: object) -> AskedBackend:
    """Return our MiniStack, which tells of AKIA1."""
    record = {
        "arn": USER_ARN,
        "user_id": "AIDA1",
        "secret": "s",
        "token": "",
        "active": True,
        "left_s": None,
        "policies": [],
        "policy_arns": [],
        "tags": {},
    }
    body = json.dumps(record | more).encode()
    role = xml(Arn=ROLE)
    return AskedBackend(**{f"{KEYS_PATH}AKIA1": FetchReply(200, (), body), "GetRole": role})


def known_as(arn: str, **more: FetchReply) -> AskedBackend:
    """Return another backend, to whom the key is that of *arn*."""
    return AskedBackend(GetCallerIdentity=xml(Arn=arn, UserId="ID1"), **more)


def keys(status: str) -> FetchReply:
    listed = f"<member><AccessKeyId>AKIA1</AccessKeyId><Status>{status}</Status></member>"
    return FetchReply(200, (), f"<R><member><AccessKeyId>AKIA0</AccessKeyId></member>{listed}</R>".encode())


def test_our_ministack_tells_a_users_secret() -> None:
    """So that its signatures are checked; a user's key has no end and is of no session."""
    backend = told()
    key = ask(backend, OURS)
    assert key is not None
    assert (key.caller.name, key.caller.user_id, key.caller.user_name) == (USER_ARN, "AIDA1", "ann")
    assert (key.secret, key.token, key.expires_at, key.active) == ("s", "", math.inf, True)
    assert (key.caller.issued_at, key.caller.mfa) == (None, None)
    assert backend.operations == [f"{KEYS_PATH}AKIA1"]


def test_our_ministack_tells_a_sessions_limits() -> None:
    """Its policies, its tags and its end; the role's path is asked of IAM, for the session's ARN has none."""
    backend = told(
        arn=SESSION_ARN, token="t", left_s=60.0, policies=["{}"], policy_arns=["arn:p"], tags={"Team": "ml"}
    )
    before = time.monotonic()
    key = ask(backend, OURS)
    assert key is not None
    assert (key.caller.role, key.caller.principal.name) == (ROLE, SESSION_ARN)
    assert key.caller.session == SessionPolicies(("{}",), ("arn:p",))
    assert key.caller.session_tags == {"Team": "ml"}
    assert (key.caller.issued_at, key.caller.mfa) == (0.0, False)
    assert 59.0 < key.expires_at - before < 61.0


def test_what_is_inactive_there_is_inactive_here() -> None:
    """UpdateAccessKey past the gateway."""
    key = ask(told(active=False), OURS)
    assert key is not None
    assert not key.active


def test_a_name_that_is_no_key_is_not_put_into_a_path() -> None:
    """It is unknown, and MiniStack is not asked."""
    backend = told()
    assert ask(backend, OURS, key="AKIA1/../x") is None
    assert backend.asked == []


def test_a_ministack_that_is_not_ours_is_asked_as_others() -> None:
    """Without its password it tells of no keys."""
    backend = known_as(USER_ARN, ListAccessKeys=keys("Active"))
    assert ask(backend, Address("ministack", "127.0.0.1", 1)) is not None
    assert backend.operations == ["GetCallerIdentity", "ListAccessKeys"]


def test_others_tell_only_whose_a_key_is() -> None:
    """Asked in its own name, with its token; nobody can check what it signs."""
    backend = known_as(SESSION_ARN, GetRole=xml(Arn=ROLE))
    key = ask(backend, key="ASIA1", token="t")
    assert key is not None
    assert (key.caller.role, key.secret, key.token) == (ROLE, None, "t")
    assert backend.headers[0]["X-Amz-Security-Token"] == "t"
    assert "Credential=ASIA1/20000101/eu-west-1/sts/" in backend.headers[0]["Authorization"]
    assert backend.asked[1] == ("GetRole", {"RoleName": "trainer", "Version": "2010-05-08"})


@pytest.mark.parametrize(
    ("listed", "active"),
    [
        (keys("Active"), True),
        (keys("Inactive"), False),
        (xml(), False),
        (FetchReply(403, (), b""), False),
    ],
    ids=["active", "inactive", "not there", "refused"],
)
def test_a_users_key_works_only_when_it_is_listed_as_active(listed: FetchReply, active: bool) -> None:
    """Emulators tell whose an inactive key is all the same."""
    key = ask(known_as(USER_ARN, ListAccessKeys=listed))
    assert key is not None
    assert key.active is active


@pytest.mark.parametrize(
    "role",
    [FetchReply(404, (), b""), xml(Arn="arn:aws:iam::999999999999:role/ml/trainer"), xml()],
    ids=["gone", "of another account", "nothing said"],
)
def test_a_role_that_iam_does_not_know_has_no_path(role: FetchReply) -> None:
    """It is that of the session's account, never another's."""
    key = ask(known_as(SESSION_ARN, GetRole=role))
    assert key is not None
    assert key.caller.role == f"arn:aws:iam::{ACCOUNT}:role/trainer"


def test_a_federated_user_has_nobodys_permissions() -> None:
    """Whose they are is not told: it holds what is attached to itself, which nothing is."""
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    key = ask(known_as(arn))
    assert key is not None
    assert (key.caller.kind, key.caller.holder) == ("FederatedUser", key.caller.principal)


@pytest.mark.parametrize(
    "answer",
    [
        xml(Arn=f"arn:aws:iam::{ACCOUNT}:root", UserId=ACCOUNT),
        xml(Arn=f"arn:aws:sts::{ACCOUNT}:user/moto", UserId="x"),
        xml(Arn=f"arn:aws:iam::{ACCOUNT}:group/g"),
        xml(Arn="ann"),
        xml(),
        FetchReply(200, (), b"<html>"),
        FetchReply(200, (), b""),
        FetchReply(403, (), xml(Arn=USER_ARN).body),
    ],
    ids=["root", "moto's nobody", "a group", "no ARN", "nothing", "no XML", "empty", "refused"],
)
def test_who_cannot_be_told_is_unknown(answer: FetchReply) -> None:
    """Above all emulators take unknown keys for the root, which may do everything."""
    assert ask(AskedBackend(GetCallerIdentity=answer)) is None


def test_a_root_in_our_ministack_is_unknown() -> None:
    """The root's key is the gateway's own and needs not be told."""
    assert ask(told(arn=f"arn:aws:iam::{ACCOUNT}:root"), OURS) is None


def test_nobody_is_asked_twice_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a key that was unknown; then it may have been made."""
    now = [100.0]
    monkeypatch.setattr(foreign, "monotonic", lambda: now[0])
    backend = AskedBackend()
    asking = asker(backend, OURS)

    def asked() -> int:
        assert asyncio.run(asking.ask("AKIA1", "")) is None
        return len(backend.asked)

    assert [asked(), asked()] == [1, 1]
    now[0] += foreign.UNKNOWN_S
    assert asked() == 2
    backend.answers = told().answers
    now[0] += foreign.UNKNOWN_S
    assert asyncio.run(asking.ask("AKIA1", "")) is not None


def test_unknown_keys_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever invents keys does not fill the memory."""
    asking = asker(AskedBackend(), OURS)

    async def invent() -> None:
        for number in range(1100):
            await asking.ask(f"AKIA{number}", "")

    asyncio.run(invent())
    assert len(asking._unknown) < 1100


def test_a_backend_that_does_not_answer_is_an_error() -> None:
    """Not an unknown key: the call is not answered as one that AWS would refuse."""

    class Gone(AskedBackend):
        async def fetch(self, *_given: object, **_more: object) -> FetchReply:
            raise BackendError("gone")

    with pytest.raises(BackendError):
        ask(Gone())


IN_TROUBLE = FetchReply(503, (), b"busy")


@pytest.mark.parametrize(
    ("backend", "address", "asked"),
    [
        (AskedBackend(**{f"{KEYS_PATH}AKIA1": IN_TROUBLE}), OURS, "its own table of keys gave 503"),
        (AskedBackend(GetCallerIdentity=IN_TROUBLE), None, "sts:GetCallerIdentity gave 503"),
        (known_as(USER_ARN, ListAccessKeys=IN_TROUBLE), None, "iam:ListAccessKeys gave 503"),
        (known_as(SESSION_ARN, GetRole=IN_TROUBLE), None, "iam:GetRole gave 503"),
    ],
)
def test_a_backend_in_trouble_does_not_make_a_key_unknown(
    backend: AskedBackend, address: Address | None, asked: str
) -> None:
    """It is told as the backend's error; the key is asked for again with the next call."""
    with pytest.raises(BackendError, match=asked):
        ask(backend, address)
