"""What the report says that instances of EC2 are worth."""

from harness.compute.fidelity_rows import INSTANCES


def test_each_topic_is_told_once_and_how() -> None:
    """By one of the four words, and with a reason."""
    assert len({topic for topic, _, _ in INSTANCES}) == len(INSTANCES)
    assert {how for _, how, _ in INSTANCES} == {"enforced", "modelled", "not covered"}
    assert all(reason for _, _, reason in INSTANCES)
