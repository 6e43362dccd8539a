"""The five minutes of de-duplication."""

from harness.messaging.repeats import INTERVAL_S, Repeats, token_of


def test_what_comes_again_within_five_minutes_is_a_repeat() -> None:
    """Counted from the first, not from the last; afterwards it begins anew."""
    repeats = Repeats()
    asked = [0.0, 200.0, 299.0, INTERVAL_S, 301.0]
    assert [repeats.is_repeat("q", "a", at) for at in asked] == [False, True, True, False, True]


def test_other_queues_and_other_ids_are_told_apart() -> None:
    """The same id in two queues is two messages; ids that are old are forgotten."""
    repeats = Repeats()
    assert [repeats.is_repeat(*one) for one in (("q", "a", 0.0), ("r", "a", 1.0), ("q", "b", 400.0))] == [
        False,
        False,
        False,
    ]
    assert list(repeats._first_at) == [("q", "b")]


def test_the_id_is_the_given_one_or_the_body() -> None:
    """By group only where the queue says so."""
    assert token_of("x", "given", "g", by_group=False) == "given"
    assert token_of("x", "given", "g", by_group=True) != token_of("x", "given", "h", by_group=True)
    assert token_of("x", "", "g", by_group=False) == token_of("x", "", "h", by_group=False)
    assert token_of("x", "", "g", by_group=False) != token_of("y", "", "g", by_group=False)
