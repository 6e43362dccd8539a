"""MiniStack passes what carries our password, and nothing else; and it tells us of its keys."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness.aws.permission import foreign
from harness.backends import ministack_trust
from harness.backends.ministack_trust import JUDGED_HEADER, KEYS_PATH, trusting
from harness.gateway import chain

ACCOUNT = "123456789012"
UNKNOWN = "AKIA7UNKNOWN7UNKNOWN"
SCOPE = f"{UNKNOWN}/20260101/eu-west-1/sqs/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"
DENIES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}
PATCHED = ("enforce", "check_credentials", "authenticate", "evaluate_trust_policy", "resource_policy_allows")


class Served:
    """MiniStack's names as its process has them, behind `trusting` with the password `secret`."""

    def __init__(self, evaluator: Any, app: Any, sts: Any, iam: Any) -> None:
        self.evaluator, self.app, self.sts, self.iam = evaluator, app, sts, iam
        self.scopes: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.within: Callable[[], Any] = lambda: None
        self.found: Any = None
        self._serve = trusting(self._application, "secret")

    async def _application(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.scopes.append(scope)
        self.found = self.within()

    def ask(
        self, *passwords: bytes, within: Callable[[], Any] = lambda: None, path: str = "/", kind: str = "http"
    ) -> Any:
        """Return what *within* does in a request with *passwords*."""
        return asyncio.run(self.asked(*passwords, within=within, path=path, kind=kind))

    async def asked(
        self, *passwords: bytes, within: Callable[[], Any] = lambda: None, path: str = "/", kind: str = "http"
    ) -> Any:
        async def send(event: dict[str, Any]) -> None:
            self.sent.append(event)

        self.within, self.found = within, None
        headers = [(b"host", b"x"), *((JUDGED_HEADER, each) for each in passwords)]
        await self._serve({"type": kind, "path": path, "headers": headers}, None, send)
        return self.found

    def told(self, key: str) -> tuple[int, dict[str, Any]]:
        """Return status and value of what is told of *key*."""
        self.ask(b"secret", path=KEYS_PATH + key)
        start, body = self.sent
        return start["status"], json.loads(body["body"])


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """Return MiniStack with its permissions on and no keys; afterwards it is as it was."""
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import AccountScopedDict
    from ministack.services import iam, sts

    monkeypatch.setattr(app, "AUTH", True)
    for name in PATCHED:
        monkeypatch.setattr(iam_evaluator, name, getattr(iam_evaluator, name))
    monkeypatch.setattr(app, "pin_signed_request", app.pin_signed_request)
    monkeypatch.setattr(sts, "_caller_identity", sts._caller_identity)
    monkeypatch.setattr(sts, "_sessions", {})
    monkeypatch.setattr(iam, "_access_keys", AccountScopedDict())
    monkeypatch.setattr(iam, "_users", AccountScopedDict())
    return Served(iam_evaluator, app, sts, iam)


def test_both_sides_call_things_the_same() -> None:
    """The names are written down twice, for MiniStack's process does not import the gateway."""
    assert chain.JUDGED.lower() == JUDGED_HEADER
    assert foreign.KEYS_PATH == KEYS_PATH


def questions(served: Served) -> dict[str, Any]:
    """Return what MiniStack makes of a key and of policies that it should turn away."""
    from ministack.core.iam_evaluator import EvalContext

    ask = served.evaluator
    ann = f"arn:aws:iam::{ACCOUNT}:user/ann"
    context = EvalContext(ann, "User", ACCOUNT, "sqs:SendMessage", "*", "eu-west-1")
    return {
        "enforce": ask.enforce(UNKNOWN, "sqs:SendMessage", "sqs", "eu-west-1"),
        "check_credentials": ask.check_credentials(UNKNOWN, "sqs"),
        "authenticate": ask.authenticate(UNKNOWN, ACCOUNT),
        "evaluate_trust_policy": ask.evaluate_trust_policy(DENIES, ann),
        "resource_policy_allows": ask.resource_policy_allows(DENIES, context, True),
    }


def test_what_was_judged_passes_all_that_ministack_asks(served: Served) -> None:
    """No key, no signature, no policy counts any more."""
    assert served.ask(b"secret", within=lambda: questions(served)) == {
        "enforce": None,
        "check_credentials": None,
        "authenticate": None,
        "evaluate_trust_policy": True,
        "resource_policy_allows": True,
    }


@pytest.mark.parametrize(
    "passwords",
    [(), (b"",), (b"Secret",), (b"secret\xff",), (b"wrong", b"secret")],
    ids=["none", "empty", "other", "not ASCII", "a client's before ours"],
)
def test_all_else_is_judged_by_ministack(served: Served, passwords: tuple[bytes, ...]) -> None:
    """Above all the calls of functions, which reach it past the gateway."""
    found = served.ask(*passwords, within=lambda: questions(served))
    assert [found[name] for name in PATCHED[3:]] == [False, False]
    assert all(isinstance(found[name], served.evaluator.AuthError) for name in PATCHED[:2])


def test_the_password_is_not_for_services_to_see(served: Served) -> None:
    """It goes no further, be it right or wrong; other headers do."""
    for password in (b"secret", b"wrong"):
        served.ask(password)
        assert served.scopes[-1]["headers"] == [(b"host", b"x")]


def test_trust_ends_with_the_request(served: Served) -> None:
    """The next on the same connection is judged anew."""

    async def two() -> tuple[Any, Any]:
        def ask() -> Any:
            return served.evaluator.check_credentials(UNKNOWN, "sqs")

        return await served.asked(b"secret", within=ask), await served.asked(within=ask)

    judged, other = asyncio.run(two())
    assert judged is None
    assert isinstance(other, served.evaluator.AuthError)


def test_what_is_no_request_goes_through(served: Served) -> None:
    """As a websocket, which is not trusted."""
    found = served.ask(
        b"secret", kind="websocket", within=lambda: served.evaluator.check_credentials(UNKNOWN, "sqs")
    )
    assert isinstance(found, served.evaluator.AuthError)


def test_signatures_of_judged_calls_are_not_kept_to_be_checked(served: Served) -> None:
    """They are of keys that MiniStack need not know."""

    def pin() -> Any:
        served.evaluator._signed_request.set(None)
        served.app.pin_signed_request("GET", "/", {}, [(b"authorization", SIGNED.encode())])
        return served.evaluator._signed_request.get()

    served.sts._sessions[UNKNOWN] = {"Arn": "arn", "SecretAccessKey": "s", "SessionToken": "t"}
    assert served.ask(b"secret", within=pin) is None
    assert served.ask(within=pin) is not None


def test_sts_opens_sessions_for_whom_only_the_gateway_knows(served: Served) -> None:
    """Their origin is then the account; a stranger's call is refused as ever."""

    def who() -> Any:
        return served.sts._caller_identity({"authorization": SIGNED})

    found = served.ask(b"secret", within=who)
    assert (found["principalType"], found["userArn"]) == ("Root", f"arn:aws:iam::{found['accountId']}:root")
    assert isinstance(served.ask(within=who), served.evaluator.CredentialResolutionError)


def test_whom_sts_knows_it_calls_by_their_names(served: Served) -> None:
    """Judged or not."""

    def who() -> Any:
        return served.sts._caller_identity({"authorization": SIGNED.replace(UNKNOWN, "test")})

    judged = served.ask(b"secret", within=who)
    assert judged["accessKey"] == "test"
    assert judged == served.ask(within=who)


def test_a_users_key_is_told(served: Served) -> None:
    """Of whichever account it is."""
    arn = "arn:aws:iam::999999999999:user/ml/ann"
    served.iam._users.set_scoped("999999999999", None, "ann", {"Arn": arn, "UserId": "AIDA1"})
    record = {"UserName": "ann", "SecretAccessKey": "s", "Status": "Inactive"}
    served.iam._access_keys.set_scoped("999999999999", None, "AKIA1", record)
    assert served.told("AKIA1") == (
        200,
        {
            "arn": arn,
            "user_id": "AIDA1",
            "secret": "s",
            "token": "",
            "active": False,
            "left_s": None,
            "policies": [],
            "policy_arns": [],
            "tags": {},
        },
    )


def test_a_key_whose_user_is_not_kept_is_told_by_its_name(served: Served) -> None:
    """MiniStack makes keys for `default`, who is no user of it."""
    record = {"UserName": "default", "SecretAccessKey": "s", "Status": "Active"}
    served.iam._access_keys.set_scoped(ACCOUNT, None, "AKIA1", record)
    _, told = served.told("AKIA1")
    assert (told["arn"], told["user_id"], told["active"]) == (
        f"arn:aws:iam::{ACCOUNT}:user/default",
        "",
        True,
    )


def test_a_session_is_told_with_its_limits(served: Served) -> None:
    """The shape of what MiniStack's AssumeRole keeps."""
    served.sts._sessions["ASIA1"] = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/one",
        "UserId": "AROA1:one",
        "SecretAccessKey": "s",
        "SessionToken": "t",
        "Expiration": time.time() + 60,
        "SessionTags": [{"Key": "Team", "Value": "ml"}],
        "SessionPolicies": {"Policy": "{}", "PolicyArns": ["arn:p"]},
    }
    status, told = served.told("ASIA1")
    assert status == 200
    assert 59 < told.pop("left_s") <= 60
    assert told == {
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/r/one",
        "user_id": "AROA1:one",
        "secret": "s",
        "token": "t",
        "active": True,
        "policies": ["{}"],
        "policy_arns": ["arn:p"],
        "tags": {"Team": "ml"},
    }


def test_a_session_without_limits(served: Served) -> None:
    """MiniStack keeps None, and of those of functions no end."""
    served.sts._sessions["ASIA1"] = {"Arn": "arn", "SessionPolicies": None, "SessionTags": None}
    _, told = served.told("ASIA1")
    assert (told["left_s"], told["policies"], told["policy_arns"], told["tags"]) == (None, [], [], {})


def test_a_key_that_is_not_there(served: Served) -> None:
    """404 says so."""
    assert served.told(UNKNOWN) == (404, {})


def test_secrets_are_told_for_the_password_alone(served: Served) -> None:
    """For others the path is one as any other: MiniStack's own to answer."""
    served.sts._sessions["ASIA1"] = {"Arn": "arn", "SecretAccessKey": "s"}
    served.ask(b"wrong", path=f"{KEYS_PATH}ASIA1")
    assert served.sent == []
    assert served.scopes[-1]["path"] == f"{KEYS_PATH}ASIA1"


def test_nothing_is_trusted_before_the_first_request() -> None:
    """What runs by itself, as a schedule, is judged."""
    assert ministack_trust._judged.get() is False
