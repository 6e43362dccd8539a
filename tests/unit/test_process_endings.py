"""How a process ended, in words, and what it was given to sign with."""

import pytest

from harness.config import Credentials, Settings, own_credentials, program_environment
from harness.processes import ending


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended with exit code 0"),
        (3, "ended with exit code 3"),
        (-9, "was ended by SIGKILL"),
        (-40, "was ended by signal 40"),
    ],
)
def test_an_ending_has_words(code: int, words: str) -> None:
    """A real-time signal has no name, and is told by its number."""
    assert ending(code) == words


def test_a_program_signs_with_what_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role's temporary credentials go through the environment, token and all."""
    given = Credentials("ASIA1", "secret", "token")
    for name, value in program_environment("http://127.0.0.1:9", Settings(), given).items():
        monkeypatch.setenv(name, value)
    assert own_credentials() == given


def test_without_a_role_there_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own is not handed on: MiniStack would reject the account's key with it."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "FwoGZXIvYXdzEXAMPLE")
    environment = program_environment("http://127.0.0.1:9", Settings())
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ACCESS_KEY_ID"] == "test"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert own_credentials() == Credentials()
