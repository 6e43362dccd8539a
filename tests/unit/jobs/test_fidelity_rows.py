"""What is not covered of Search, tuning, transform and labelling is told in the report."""

from harness.jobs.fidelity_rows import DERIVED, JOBS


def test_every_row_says_what_it_is_worth_and_why() -> None:
    """In one of the words that a summary knows, each topic once."""
    assert {how for _, how, _ in (*JOBS, *DERIVED)} == {"enforced", "modelled", "not covered"}
    assert all(why for _, _, why in (*JOBS, *DERIVED))
    assert len({topic for topic, _, _ in (*JOBS, *DERIVED)}) == len(JOBS) + len(DERIVED)
