"""Backend: one routing table over several emulators, which live and end together."""

import pytest

from harness.backends.composite import Backend, close_all
from harness.gateway.chain import Address

# Nothing listens on port 1 of loopback: the probes of these backends are answered by a refusal at once.
CLOSED_PORT = 1


class FakeMember:
    """An emulator without a process: it notes what it was asked, and dies when told."""

    def __init__(self, name: str, journal: list[str]) -> None:
        self.name = name
        self.version = "1.0"
        self.address = Address(name, "127.0.0.1", CLOSED_PORT)
        self.death: str | None = None
        self._journal = journal

    def obituary(self) -> str | None:
        return self.death

    def ask_to_end(self) -> None:
        self._journal.append(f"ask {self.name}")

    def close(self) -> None:
        self._journal.append(f"close {self.name}")


@pytest.fixture
def journal() -> list[str]:
    return []


@pytest.fixture
def members(journal: list[str]) -> tuple[FakeMember, FakeMember]:
    return FakeMember("first", journal), FakeMember("second", journal)


@pytest.fixture
def backend(members: tuple[FakeMember, FakeMember]) -> Backend:
    first, second = members
    return Backend("pair", members, default=first, table={"sagemaker": second})


def test_a_service_in_the_table_goes_to_its_emulator(backend: Backend) -> None:
    """The table decides; what it does not name goes to the default emulator."""
    assert backend.route("sagemaker").name == "second"
    assert backend.route("sqs").name == "first"


def test_emulators_are_named_with_their_versions(backend: Backend) -> None:
    """The summary of a run names everything that answered."""
    assert backend.emulators == {"first": "1.0", "second": "1.0"}


def test_each_address_is_listed_once(backend: Backend) -> None:
    """Who connects ahead of the first request needs every address one time."""
    assert [address.name for address in backend.addresses] == ["first", "second"]


def test_a_service_that_gives_no_answer_is_missing_with_its_reason(backend: Backend) -> None:
    """Fails closed: no answer to the probe is a missing capability, and so is a service without a probe."""
    missing = backend.missing(["sqs", "polly"])

    assert missing["sqs"].startswith("ListQueues got no answer from first at 127.0.0.1:1: ")
    assert missing["polly"] == "no probe asks for polly, so it is not known to work"


def test_every_probed_capability_says_how_it_is_known(backend: Backend) -> None:
    """All probes come back, none of them ok here, each with a sentence."""
    found = backend.capabilities

    assert {"s3", "sqs", "sns", "iam", "sts", "lambda", "sagemaker", "application-autoscaling"} <= set(found)
    assert not any(capability.ok for capability in found.values())
    assert all(capability.how for capability in found.values())


def test_a_dead_emulator_is_reported(backend: Backend, members: tuple[FakeMember, FakeMember]) -> None:
    """dead() is None while all live, and the sentence of the one that died."""
    assert backend.dead() is None

    members[1].death = "second ended with exit code 1"

    assert backend.dead() == "second ended with exit code 1"


def test_leaving_the_block_ends_all_side_by_side(backend: Backend, journal: list[str]) -> None:
    """All are asked to end before the first is waited for."""
    with backend:
        assert journal == []

    assert journal == ["ask first", "ask second", "close first", "close second"]


def test_closing_nothing_is_fine() -> None:
    """close_all of an empty list returns."""
    assert close_all([]) is None  # type: ignore[func-returns-value]
