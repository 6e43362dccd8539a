"""Probes: signed read-only questions; whatever comes back becomes a capability with a reason."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness.backends.probes import QUESTIONS, Probes, ask
from harness.gateway.chain import Address


class Answering(BaseHTTPRequestHandler):
    """Answers every request with the server's status, and keeps the heads it saw."""

    seen: list[tuple[str, str, dict[str, str]]]
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers)))
        body = b'{"message":  "not\n here"}'
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 (the name is http.server's)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is http.server's)
        pass


@pytest.fixture
def handler() -> type[Answering]:
    return type("Handler", (Answering,), {"seen": []})


@pytest.fixture
def address(handler: type[Answering]) -> Iterator[Address]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Address("stub", "127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("service", sorted(QUESTIONS))
def test_each_question_is_signed_for_its_service(
    service: str, address: Address, handler: type[Answering]
) -> None:
    """The signature's scope names the service and region, since emulators route by it."""
    capability = ask(service, address, region="eu-west-1")

    assert capability.ok
    (_, _, headers) = handler.seen[0]
    assert f"/eu-west-1/{service}/aws4_request" in headers["Authorization"]
    assert "Credential=test/" in headers["Authorization"]


def test_a_refusal_is_not_ok_and_quotes_the_answer(address: Address, handler: type[Answering]) -> None:
    """What the emulator said is the reason, on one line."""
    handler.status = 501

    capability = ask("sagemaker", address)

    assert not capability.ok
    assert capability.how == 'ListEndpointConfigs answered 501 by stub: {"message": "not here"}'


def test_a_question_is_asked_once(address: Address, handler: type[Answering]) -> None:
    """find() asks what nobody has asked before, in the background, and waits for the answers."""
    probes = Probes(lambda service: address)

    assert probes.find(["sqs", "s3"]) == probes.find(["sqs", "s3"])
    assert all(capability.ok for capability in probes.find(["s3"]).values())
    assert sorted(method for method, _, _ in handler.seen) == ["GET", "POST"]
    probes.close()


def test_everything_is_every_question(address: Address, handler: type[Answering]) -> None:
    """everything() waits for all of them; nothing is asked before."""
    probes = Probes(lambda service: address)
    asked_at_first = len(handler.seen)

    assert set(probes.everything()) == set(QUESTIONS)
    assert (asked_at_first, len(handler.seen)) == (0, len(QUESTIONS))
    probes.close()


def test_a_service_that_nobody_asks_for_is_missing(address: Address) -> None:
    """Without a question it is not known to work, so it does not."""
    assert not Probes(lambda service: address).find(["braket"])["braket"].ok
