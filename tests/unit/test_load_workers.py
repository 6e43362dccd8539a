"""Workers that others start: where they come to, and what to type there."""

import pytest

from harness.errors import ScenarioError
from harness.load_workers import Workers, options_of, workers_of


def test_here_they_need_no_more_than_the_masters_address() -> None:
    """On loopback the gateway may have any port: the command names it."""
    workers = workers_of(2, "", 0)
    assert workers == Workers(2, "127.0.0.1", 5557, 0)
    assert workers.also_at is None
    assert workers.command("http://127.0.0.1:40123") == (
        "locust -f - --worker --master-host 127.0.0.1 --host http://127.0.0.1:40123"
    )


def test_elsewhere_they_are_told_this_hosts_address_and_allow_it() -> None:
    """Master and gateway are on the address that was given; the command works as it is printed."""
    workers = workers_of(4, "10.0.0.1:6000", 4566)
    assert workers is not None
    assert workers.also_at == ("10.0.0.1", 4566)
    assert workers.command("http://127.0.0.1:4566") == (
        "locust -f - --worker --master-host 10.0.0.1 --master-port 6000 "
        "--host http://10.0.0.1:4566 --allow-endpoint 10.0.0.1"
    )


def test_without_workers_nothing_is_opened() -> None:
    """The load is sent from here."""
    assert workers_of(None, "", 0) is None
    assert options_of(None) == []


@pytest.mark.parametrize(
    ("workers", "words"),
    [
        (Workers(2), "--load-workers 2"),
        (Workers(2, gateway_port=4566), "--load-workers 2 --gateway-port 4566"),
        (
            Workers(3, "10.0.0.1", 6000, 4566),
            "--load-workers 3 --load-master 10.0.0.1:6000 --gateway-port 4566",
        ),
    ],
)
def test_a_run_can_be_repeated_by_its_words(workers: Workers, words: str) -> None:
    """What the journal keeps of the command asks for the same workers again."""
    assert " ".join(options_of(workers)) == words
    given = dict(zip(words.split()[::2], words.split()[1::2], strict=True))
    master, port = given.get("--load-master", ""), int(given.get("--gateway-port", 0))
    assert workers_of(int(given["--load-workers"]), master, port) == workers


@pytest.mark.parametrize(
    ("count", "master", "port", "says"),
    [
        (None, "10.0.0.1", 0, "say how many"),
        (None, "", 4566, "say how many"),
        (2, "10.0.0.1", 0, "add --gateway-port"),
        (2, "127.0.0.1:none", 0, "'none' is no port"),
        (2, "127.0.0.1:70000", 0, "'70000' is no port"),
        (0, "", 0, "at least 1 worker"),
    ],
)
def test_what_cannot_work_is_said_before_anything_starts(
    count: int | None, master: str, port: int, says: str
) -> None:
    """One sentence, with the way out."""
    with pytest.raises(ScenarioError, match=says):
        workers_of(count, master, port)
