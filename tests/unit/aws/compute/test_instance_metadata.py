"""The instance metadata service: its token, its categories, and what it says of an interruption."""

import asyncio
import json
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from harness.aws.compute.machine_view import Card, at_path, categories
from harness.aws.compute.metadata import MetadataServer
from harness.compute.instances import Instance, Interruption, Launch

CARD = Card(
    "i-1", "ami-1", "r4.large", "us-east-1a", "us-east-1", "123456789012", "10.0.0.1", profile="worker"
)
TTL = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
TOKEN_PATH = "/latest/api/token"
Ask = Callable[..., tuple[int, str]]


class ModelClock:
    """A clock that stands where it is put."""

    speed = 1.0

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def real_until(self, model_at: float) -> float:
        return model_at - self.at


def during(work: Callable[[Ask, ModelClock], None], *, tokens_required: bool) -> list[str]:
    """Run *work* beside a server; return what the machine was told."""
    told: list[str] = []

    async def look(path: str) -> str | None:
        return {"meta-data/ami-id": "ami-1"}.get(path)

    async def serve() -> None:
        clock = ModelClock()
        server = MetadataServer(look, lambda: told.append("off"), clock, tokens_required=tokens_required)
        address = urlsplit(await server.open()).netloc

        def ask(method: str, path: str, **headers: str) -> tuple[int, str]:
            connection = HTTPConnection(address)
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            try:
                return answer.status, answer.read().decode()
            finally:
                connection.close()

        await asyncio.to_thread(work, ask, clock)
        server.close()
        server.close()

    asyncio.run(serve())
    return told


def test_a_token_opens_the_metadata_for_its_time() -> None:
    """Without it, with another one and after its time: 401. Its time is model time."""

    def work(ask: Ask, clock: ModelClock) -> None:
        status, token = ask("PUT", TOKEN_PATH, **TTL)
        assert status == 200
        signed = {"X-aws-ec2-metadata-token": token}
        assert ask("GET", "/latest/meta-data/ami-id", **signed) == (200, "ami-1")
        assert ask("GET", "/latest/meta-data/nothing", **signed)[0] == 404
        assert ask("GET", "/elsewhere", **signed)[0] == 404
        assert ask("GET", "/latest/meta-data/ami-id")[0] == 401
        assert ask("GET", "/latest/meta-data/ami-id", **{"X-aws-ec2-metadata-token": "x"})[0] == 401
        clock.at = 61.0
        assert ask("GET", "/latest/meta-data/ami-id", **signed)[0] == 401

    assert during(work, tokens_required=True) == []


def test_version_1_is_there_where_no_token_is_required() -> None:
    """As an instance is launched that says nothing."""

    def work(ask: Ask, _: ModelClock) -> None:
        assert ask("GET", "/latest/meta-data/ami-id") == (200, "ami-1")
        assert ask("POST", "/latest/meta-data/ami-id")[0] == 405

    during(work, tokens_required=False)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", TTL, 405),
        ("PUT", {}, 400),
        ("PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "0"}, 400),
        ("PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "21601"}, 400),
        ("PUT", {**TTL, "X-Forwarded-For": "10.1.1.1"}, 403),
    ],
)
def test_a_token_must_be_asked_for_rightly(method: str, headers: dict[str, str], status: int) -> None:
    """By PUT, for 1 second to 6 hours, and not through a proxy."""

    def work(ask: Ask, _: ModelClock) -> None:
        assert ask(method, TOKEN_PATH, **headers)[0] == status

    during(work, tokens_required=True)


def test_a_program_can_switch_its_machine_off() -> None:
    """By a path of the rehearsal's own."""

    def work(ask: Ask, _: ModelClock) -> None:
        assert ask("POST", "/_harness/shutdown")[0] == 202

    assert during(work, tokens_required=True) == ["off"]


# -- categories -----


def instance(
    interruption: Interruption | None = None, *, noticed: bool = False, request: str = ""
) -> Instance:
    launched = Launch("i-1", "r4.large", "us-east-1a", "ami-1", request)
    one = Instance(launched, "running", 0.0, None)
    one.interruption, one.noticed = interruption, noticed
    return one


def test_the_categories_are_those_of_the_instance() -> None:
    """And nothing of an interruption while there is none; folders list what is in them."""
    found = categories(CARD, instance(), 0.0)
    assert found["meta-data/instance-life-cycle"] == "on-demand"
    assert found["meta-data/placement/region"] == "us-east-1"
    assert at_path(found, "meta-data/spot/instance-action") is None
    assert at_path(found, "meta-data/placement") == "availability-zone\nregion"
    assert "placement/" in (at_path(found, "meta-data/") or "").splitlines()
    assert at_path(found, "user-data") is None
    identity = json.loads(found["dynamic/instance-identity/document"])
    assert (identity["instanceId"], identity["accountId"]) == ("i-1", "123456789012")


def test_a_role_has_a_place_for_its_credentials() -> None:
    """Under its own name, and the profile's ARN beside it."""
    card = Card(
        **{**{name: getattr(CARD, name) for name in CARD.__slots__}, "role_arn": "arn:aws:iam::1:role/a/b"}
    )
    found = categories(card, instance(), 0.0)
    assert at_path(found, "meta-data/iam/security-credentials/") == "b"
    assert json.loads(found["meta-data/iam/info"])["InstanceProfileArn"].endswith(":instance-profile/worker")


@pytest.mark.parametrize(("action", "has_time"), [("terminate", True), ("stop", False)])
def test_an_interruption_is_told_step_by_step(action: str, has_time: bool) -> None:
    """First the recommendation, then the action and its time; the older path only for a termination."""
    coming = Interruption(action, False, True, 10.0, 40.0, 160.0)  # type: ignore[arg-type]
    before = categories(CARD, instance(coming, request="sir-1"), 0.0)
    assert json.loads(before["meta-data/events/recommendations/rebalance"]) == {
        "noticeTime": "1970-01-01T00:00:10Z"
    }
    assert "meta-data/spot/instance-action" not in before
    after = categories(CARD, instance(coming, noticed=True, request="sir-1"), 0.0)
    assert json.loads(after["meta-data/spot/instance-action"]) == {
        "action": action,
        "time": "1970-01-01T00:02:40Z",
    }
    assert ("meta-data/spot/termination-time" in after) is has_time
    assert after["meta-data/instance-life-cycle"] == "spot"
