"""What the report says a run is worth."""

from harness.fidelity import fidelities


def test_every_topic_is_told_once_in_known_words() -> None:
    """Enforced, modelled, forwarded or not covered, and on what ground."""
    rows = fidelities("embedded")
    assert len({row.topic for row in rows}) == len(rows)
    assert {row.how for row in rows} == {"enforced", "modelled", "forwarded", "not covered"}
    assert all(row.probed for row in rows)


def test_what_is_forwarded_names_the_backend() -> None:
    """Whose answers these are."""
    forwarded = [row for row in fidelities("my-backend") if row.how == "forwarded"]
    assert forwarded
    assert all("'my-backend'" in row.probed for row in forwarded)


def test_what_is_not_covered_is_said() -> None:
    """A rehearsal that is silent about permissions and billing would be taken to cover them."""
    uncovered = " ".join(row.topic for row in fidelities("x") if row.how == "not covered")
    assert "permissions" in uncovered
    assert "billing" in uncovered
