"""Why it scaled when it did, line by line."""

import sample

from harness import journal as j
from harness.summary import ByType
from reports import story


def test_evaluations_with_one_outcome_are_one_row() -> None:
    """Ten minutes of "the endpoint is Updating" are told once, from when to when and how often."""
    rows = [row for row in story.rows(ByType(sample.scaled_run())) if row.kind == "decision"]
    updating = [row for row in rows if "is Updating" in row.text]
    assert [(row.at, row.until, row.count) for row in updating] == [(600.0, 840.0, 5)]
    assert len(rows) < 20


def test_targets_are_collapsed_each_for_itself() -> None:
    """Interleaved evaluations of two targets do not break each other's rows, and each says whose it is."""
    evaluations = [
        j.ScalingEvaluated(float(at), f"endpoint/{name}/variant/A", 1, 1, "WithinTarget", f"{at} is fine.")
        for at in (60, 120, 180)
        for name in ("one", "two")
    ]
    rows = story.rows(ByType(evaluations))
    assert [(row.text, row.count, row.varied) for row in rows] == [
        ("one: 60 is fine.", 3, True),
        ("two: 60 is fine.", 3, True),
    ]


def test_two_variants_of_one_endpoint_are_told_apart() -> None:
    """Where the endpoint's name is not enough, the whole ResourceId says whose line it is."""
    names = [f"endpoint/one/variant/{variant}" for variant in "AB"]
    waits = [j.CooldownStarted(1.0, name, "in", 61.0) for name in names]
    targets = [j.TargetRegistered(0.0, name, 1, 2) for name in names]
    rows = story.rows(ByType([*targets, *waits]))
    assert rows[0].text == "endpoint/one/variant/A: cooldown of 1 min: no further scaling in until 01:01."


def test_the_story_is_told_in_order_of_time_and_cause() -> None:
    """At one moment the alarm comes before the decision, the decision before the activity."""
    rows = story.rows(ByType(sample.scaled_run()))
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert [row.kind for row in rows if row.at == 540.0] == ["alarm", "decision", "activity", "endpoint"]


def test_an_activity_is_told_by_its_alarm_not_by_the_alarms_long_name() -> None:
    """The cause is AWS's sentence with the alarm's name shortened."""
    rows = [row.text for row in story.rows(ByType(sample.scaled_run())) if row.kind == "activity"]
    told = "alarm high in state ALARM triggered policy turbofan-invocations"
    assert rows[0] == f"Scaling activity 1 → 5 began (InProgress): {told}."
    assert rows[1] == "Scaling activity 1 → 5 is Successful."


def activity(status: str, after: int = 5, message: str = "") -> j.ScalingActivity:
    """Return a status of an activity from one instance."""
    cause = "The metric is above the target."
    return j.ScalingActivity(
        1.0, "a", sample.RESOURCE, status, 1, after, cause, "Setting", status_message=message
    )


def test_a_refused_activity_says_why() -> None:
    """The status message of what failed belongs to the story."""
    (row,) = story.rows(ByType([activity("Failed", message="No quota.")]))
    told = "Scaling activity 1 → 5 began (Failed): The metric is above the target. No quota."
    assert (row.tone, row.text) == ("bad", told)


def test_an_activity_does_not_repeat_its_decision() -> None:
    """Where the decision beside it says why, the activity only says that it began; then that it ended."""
    decision = j.ScalingEvaluated(1.0, sample.RESOURCE, 1, 5, "ScaleOut", "The metric is above the target.")
    steps = [activity(status) for status in ("Pending", "InProgress", "Successful")]
    rows = story.rows(ByType([decision, *steps]))
    assert [row.text for row in rows if row.kind == "activity"] == [
        "Scaling activity 1 → 5 began (Pending).",
        "Scaling activity 1 → 5 is Successful.",
    ]


def test_what_was_not_scaled_is_told_by_the_decision_alone() -> None:
    """AWS lists such an entry as a failed activity, which it is not to a reader."""
    assert story.rows(ByType([activity("Failed", after=1)])) == []


def test_what_only_went_on_is_minor() -> None:
    """Phases and states are; what was decided, and whatever went wrong, is not."""
    assert story.Row(0.0, "phase", "Phase load began.").minor
    assert not story.Row(0.0, "endpoint", "It failed.", "bad").minor
    assert not story.Row(0.0, "decision", "Nothing to do.").minor
