"""What the head of a request says of who calls what, where it goes, and what the journal keeps of it."""

import pytest

from harness import journal
from harness.gateway.chain import Address, Exchange, Forward
from harness.gateway.handlers import Invocation, forward_to, handlers, identify, record_to

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
)


def exchange(line: str, *headers: str) -> Exchange:
    return Exchange.from_head("\r\n".join([f"{line} HTTP/1.1", "Host: x", *headers, "", ""]).encode())


def signed(service: str) -> str:
    return f"Authorization: {SIGNED.format(service)}"


def identified(line: str, *headers: str) -> tuple[str, str, str]:
    """Return service, operation and access key."""
    seen = exchange(line, *headers)
    assert identify(seen) is None
    return seen.service, seen.operation, seen.access_key


@pytest.mark.parametrize(
    ("line", "headers", "found"),
    [
        (
            "POST /",
            (signed("sagemaker"), "X-Amz-Target: SageMaker.CreateEndpoint"),
            ("sagemaker", "CreateEndpoint", "AKIA"),
        ),
        (
            "POST /",
            ("x-amz-target: AnyScaleFrontendService.PutScalingPolicy",),
            ("application-autoscaling", "PutScalingPolicy", ""),
        ),
        ("POST /endpoints/a/invocations", (signed("sagemaker"),), ("sagemaker", "InvokeEndpoint", "AKIA")),
        ("POST /endpoints/a/invocations", (), ("sagemaker", "InvokeEndpoint", "")),
        ("PUT /bucket/key", (signed("s3"),), ("s3", "PUT", "AKIA")),
        (
            "GET /bucket/key?X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request",
            (),
            ("s3", "GET", "AKIA"),
        ),
        (
            "POST /service/GraniteServiceVersion20100801/operation/PutMetricData",
            (signed("monitoring"),),
            ("monitoring", "PutMetricData", "AKIA"),
        ),
        ("GET /bucket/key", (), ("", "GET", "")),
        ("GET /", ("Authorization: Basic dXNlcjpwYXNz",), ("", "GET", "")),
        ("GET /?X-Amz-Credential=short", (), ("", "GET", "")),
    ],
)
def test_who_calls_what(line: str, headers: tuple[str, ...], found: tuple[str, str, str]) -> None:
    """The credential scope names the service, header or path the operation; without either the verb stays."""
    assert identified(line, *headers) == found


def test_an_access_key_may_hold_a_slash() -> None:
    """The scope is read from its end: four parts follow the key, whatever is in it."""
    scope = "Credential=a/b/20260101/us-east-1/s3/aws4_request"
    assert identified("GET /", f"Authorization: AWS4-HMAC-SHA256 {scope}")[2] == "a/b"


def test_the_path_ends_with_the_emulator_of_the_service() -> None:
    """What nobody answers is forwarded to the address that the route gives for its service."""
    moto = Address("moto", "127.0.0.1", 1)
    path = handlers([lambda _: None], {"sagemaker": moto}.__getitem__)
    seen = exchange("POST /", signed("sagemaker"))
    assert [handler(seen) for handler in path] == [None, None, None, Forward(moto)]
    assert forward_to(lambda _: moto)(seen) == Forward(moto)


def test_an_invocation_is_recorded_with_its_modelled_times() -> None:
    """The journal keeps endpoint, variant, instance, times and rows of an invocation."""
    written: list[journal.Record] = []
    seen = exchange("POST /endpoints/a/invocations")
    identify(seen)
    invocation = seen.detail = Invocation("a")
    invocation.variant, invocation.instance = "AllTraffic", "AllTraffic-0-1"
    invocation.queue_s, invocation.service_s, invocation.rows = 0.5, 0.25, 3
    record_to(written.append)(seen)
    (record,) = written
    assert isinstance(record, journal.Exchange)
    assert (record.operation, record.endpoint, record.variant) == ("InvokeEndpoint", "a", "AllTraffic")
    assert (record.instance, record.queue_s, record.service_s, record.rows) == (
        "AllTraffic-0-1",
        0.5,
        0.25,
        3,
    )


def test_other_calls_are_recorded_without_them() -> None:
    """A call of another service has no endpoint."""
    written: list[journal.Record] = []
    record_to(written.append)(exchange("GET /"))
    (record,) = written
    assert isinstance(record, journal.Exchange)
    assert (record.endpoint, record.rows) == ("", 0)
