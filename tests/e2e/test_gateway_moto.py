"""boto3 through the gateway to moto's server: it cannot tell the difference."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer
from toy_http import wait_for

from harness.clock import Clock
from harness.gateway.chain import Address, Chain, Exchange, Forward
from harness.gateway.server import ServerThread


@pytest.fixture(scope="module")
def endpoints() -> Iterator[tuple[str, str, list[Exchange]]]:
    """Return moto's own address, the gateway's before it, and what the gateway recorded."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    recorded: list[Exchange] = []
    forward = Forward(Address("moto", host, port))
    gateway = ServerThread(Chain([lambda _: forward], recorded.append), Clock())
    address = gateway.start()
    yield f"http://{host}:{port}", f"http://{address.host}:{address.port}", recorded
    gateway.stop()
    moto.stop()


def client(service: str, endpoint: str) -> Any:
    make: Any = boto3.client  # its stubs want a literal service name
    return make(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def test_a_queue(endpoints: tuple[str, str, list[Exchange]]) -> None:
    """A queue made through the gateway has the gateway's address and gives back its message."""
    _, through, recorded = endpoints
    sqs = client("sqs", through)
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert url.startswith(through)
    sqs.send_message(QueueUrl=url, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "one"
    assert {one.upstream for one in recorded} == {"moto"}
    sqs.close()


def test_an_object(endpoints: tuple[str, str, list[Exchange]]) -> None:
    """An object put through the gateway, with Expect: 100-continue, is read back alike from both sides."""
    direct, through, _ = endpoints
    body = os.urandom(3 * 1024 * 1024)
    ours, theirs = client("s3", through), client("s3", direct)
    ours.create_bucket(Bucket="data")
    ours.put_object(Bucket="data", Key="a b/ü", Body=body)
    for s3 in (ours, theirs):
        assert s3.get_object(Bucket="data", Key="a b/ü")["Body"].read() == body
        s3.close()


def test_an_error(endpoints: tuple[str, str, list[Exchange]]) -> None:
    """An error of the emulator reaches the client as itself."""
    _, through, recorded = endpoints
    s3 = client("s3", through)
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="nowhere")
    wait_for(lambda: recorded[-1].status == 404)  # recorded just after it was sent
    s3.close()
