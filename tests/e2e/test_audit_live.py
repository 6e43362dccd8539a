"""What is deployed at an endpoint, read back and audited: moto in a thread."""

from collections.abc import Iterator

import pytest

from harness.__main__ import main
from harness.sessions import client


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of an emulator that answers every service."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.long  # moto loads every service that it is asked about
def test_what_is_deployed_is_audited(endpoint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A queue that forgets within a minute is found by its name, without file and line."""
    client("sqs", endpoint).create_queue(QueueName="jobs", Attributes={"MessageRetentionPeriod": "60"})
    assert main(["audit", "--endpoint", endpoint, "--rule", "retention-shorter-than-an-outage"]) == 1
    told = capsys.readouterr().out
    assert "warning retention-shorter-than-an-outage: queue SQS::Queue/" in told
    assert main(["audit", "--endpoint", endpoint, "--rule", "bucket-acl-public"]) == 0
