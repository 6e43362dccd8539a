"""VPC endpoints: what is asked of the backend about them, and when it is asked again."""

import asyncio
import json
from typing import Any

import pytest
from asked_backend import NOT_FOUND, AskedBackend, xml

from harness.aws.permission.entrances import Entrance, Entrances
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import FetchReply
from harness.iam import MalformedPolicyError, PolicySet, Principal, Request, authorize
from harness.iam.actions import Call

ANYBODY = Principal("aws", "arn:aws:iam::123456789012:user/ann", "123456789012")
DENIES = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
    }
)
ALLOWS = DENIES.replace("Deny", "Allow")


def described(policy: str = "", vpc_id: str = "vpc-1", endpoint: str = "vpce-1") -> FetchReply:
    return xml(vpcEndpointId=endpoint, vpcId=vpc_id, policyDocument=policy)


def entrances(backend: AskedBackend) -> Entrances:
    return Entrances(backend.as_fetcher(), lambda _service: Address("x", "127.0.0.1", 1), "eu-west-1")


def learnt(known: Entrances, endpoint: str = "vpce-1") -> Entrance:
    asyncio.run(known.learn(endpoint))
    found = known.of(endpoint)
    assert found is not None
    return found


def lets_in(entrance: Entrance) -> bool:
    """Return whether the endpoint's policy denies nothing outright to a user."""
    asked = Request(ANYBODY, "s3:GetObject", "arn:aws:s3:::b/k")
    return "explicit deny" not in authorize(PolicySet(vpc_endpoint=entrance.policies), asked).reason


def answered(operation: str, service: str = "ec2", *, read: bool = True) -> Exchange:
    exchange = Exchange.from_head(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    exchange.service = service
    if read:
        exchange.call = Call(service, operation, {})
    else:
        exchange.operation = operation
    return exchange


def test_the_backends_vpc_and_policy_count() -> None:
    """They are asked for in the root's name, once the endpoint is wanted."""
    backend = AskedBackend(DescribeVpcEndpoints=described(DENIES))
    known = entrances(backend)
    known.add("vpce-1", None)
    assert known.of("vpce-1") is None
    assert backend.asked == []
    found = learnt(known)
    assert (found.vpc_endpoint_id, found.vpc_id, lets_in(found)) == ("vpce-1", "vpc-1", False)
    assert backend.asked == [("DescribeVpcEndpoints", {"Version": "2016-11-15", "VpcEndpointId.1": "vpce-1"})]
    assert "/eu-west-1/ec2/aws4_request" in backend.headers[0]["Authorization"]


def test_a_policy_that_was_given_counts_instead() -> None:
    """The VPC is still the backend's."""
    known = entrances(AskedBackend(DescribeVpcEndpoints=described(DENIES)))
    known.add("vpce-1", ALLOWS)
    found = learnt(known)
    assert (found.vpc_id, lets_in(found)) == ("vpc-1", True)


def test_a_malformed_policy_is_turned_away_at_once() -> None:
    """Nothing of it is kept."""
    known = entrances(AskedBackend(DescribeVpcEndpoints=described()))
    with pytest.raises(MalformedPolicyError):
        known.add("vpce-1", '{"Statement": 1}')
    assert learnt(known).policies is None


@pytest.mark.parametrize(
    "answer",
    [NOT_FOUND, FetchReply(400, (), b"<Response/>"), xml(), described(DENIES, endpoint="vpce-2")],
    ids=["not found", "refused", "none", "another one"],
)
def test_an_endpoint_that_the_backend_does_not_know(answer: FetchReply) -> None:
    """It is in no VPC that anybody knows, and another's policy is not its own."""
    found = learnt(entrances(AskedBackend(DescribeVpcEndpoints=answer)))
    assert (found.vpc_id, found.policies) == ("", None)


@pytest.mark.parametrize("operation", ["ModifyVpcEndpoint", "CreateVpcEndpoint", "DeleteVpcEndpoints"])
@pytest.mark.parametrize("read", [True, False], ids=["read", "only identified"])
def test_after_a_change_the_backend_is_asked_again(operation: str, read: bool) -> None:
    """And the policy that it then tells counts."""
    backend = AskedBackend(DescribeVpcEndpoints=described(DENIES))
    known = entrances(backend)
    assert not lets_in(learnt(known))
    assert known.heard(answered(operation, read=read))
    assert known.of("vpce-1") is None
    backend.answers["DescribeVpcEndpoints"] = described(ALLOWS)
    assert lets_in(learnt(known))


def test_a_new_policy_of_ours_counts_from_then_on() -> None:
    """Another `add` forgets what was known."""
    known = entrances(AskedBackend(DescribeVpcEndpoints=described()))
    known.add("vpce-1", ALLOWS)
    assert lets_in(learnt(known))
    known.add("vpce-1", DENIES)
    assert known.of("vpce-1") is None
    assert not lets_in(learnt(known))


@pytest.mark.parametrize(
    "exchange", [answered("DescribeVpcEndpoints"), answered("ModifyVpcEndpoint", "s3"), answered("")]
)
def test_other_calls_change_no_endpoint(exchange: Exchange) -> None:
    """What is known stays known."""
    known = entrances(AskedBackend(DescribeVpcEndpoints=described()))
    learnt(known)
    assert not known.heard(exchange)
    assert known.of("vpce-1") is not None


def test_a_change_before_any_endpoint_is_known_is_nobodys() -> None:
    """There is nothing to judge anew."""
    assert not entrances(AskedBackend()).heard(answered("ModifyVpcEndpoint"))


def test_a_backend_that_fails_is_not_one_without_a_policy() -> None:
    """What limits callers is unknown then, so nobody gets in."""
    known = entrances(AskedBackend(DescribeVpcEndpoints=FetchReply(500, (), b"")))
    with pytest.raises(BackendError, match="500"):
        asyncio.run(known.learn("vpce-1"))
    assert known.of("vpce-1") is None


def test_a_malformed_policy_of_the_backend_lets_nothing_through() -> None:
    """AWS would not have taken it."""
    assert not lets_in(learnt(entrances(AskedBackend(DescribeVpcEndpoints=described("{}")))))


def test_a_change_while_the_backend_is_asked_is_asked_for_again() -> None:
    """The answer may be older than the change."""

    class Changing(AskedBackend):
        async def fetch(self, *given: Any, **named: Any) -> FetchReply:
            found = await super().fetch(*given, **named)
            if len(self.asked) == 1:
                known.heard(answered("ModifyVpcEndpoint"))
                self.answers["DescribeVpcEndpoints"] = described(DENIES)
            return found

    backend = Changing(DescribeVpcEndpoints=described(ALLOWS))
    known = entrances(backend)

    assert not lets_in(learnt(known))
    assert len(backend.asked) == 2
