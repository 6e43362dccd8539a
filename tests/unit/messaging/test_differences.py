"""The known differences of emulators: well-formed rows, and what a run says of them."""

import pytest

from harness.messaging.differences import (
    ANSWERS,
    KINDS,
    answering,
    differences,
    fidelity_of_messages,
    known_differences,
)


def test_every_row_is_whole() -> None:
    """An id of its own, a known kind and emulator, AWS's rule with its page, and a history."""
    rows = known_differences()
    assert len({row.id for row in rows}) == len(rows) > 0
    for row in rows:
        assert row.kind in KINDS
        assert row.emulators
        assert set(row.emulators) <= set(ANSWERS)
        assert all((row.aws, row.source, row.does, row.history))


@pytest.mark.parametrize(
    ("emulators", "name"),
    [
        ({"ministack": "1", "moto": "5"}, "ministack"),
        ({"localstack": "4", "moto": "5"}, "localstack"),
        ({"moto": "5"}, "moto"),
        ({"endpoint": "?"}, None),
    ],
)
def test_who_answers_is_known(emulators: dict[str, str], name: str | None) -> None:
    """In a backend of several, moto is asked last."""
    assert answering(emulators) == name
    assert all(name in row.emulators for row in differences(emulators))


def test_a_run_says_how_many_and_which_matter() -> None:
    """Losses and extras by name, and that another version was seen."""
    version = next(row.emulators["moto"] for row in known_differences() if "moto" in row.emulators)
    said = fidelity_of_messages({"moto": version})
    rows = differences({"moto": version})
    assert said.startswith(f"kept by moto: {len(rows)} known differences from AWS")
    assert all(row.id in said for row in rows if row.kind in ("lost", "extra"))
    assert "seen at" not in said
    assert f"seen at {version} while this is 9.9" in fidelity_of_messages({"moto": "9.9"})
    assert "nobody has held" in fidelity_of_messages({})


def test_without_losses_none_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of wordings alone names no message that does not come."""
    kept = tuple(row for row in known_differences() if row.kind == "answer")
    monkeypatch.setattr("harness.messaging.differences.known_differences", lambda: kept)
    assert "what comes and what does not" not in fidelity_of_messages({"moto": "5.2.5"})
