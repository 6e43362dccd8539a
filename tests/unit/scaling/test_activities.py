"""The words of scaling activities are AWS's."""

from harness.scaling.activities import (
    alarm_cause,
    bounds_cause,
    failure_message,
    setting_description,
    success_message,
    unfulfilled_message,
    waiting_message,
)


def test_the_words_of_the_recorded_activity() -> None:
    """Case C2 pasted DescribeScalingActivities of a variant that went to 48."""
    assert setting_description(48) == "Setting desired instance count to 48."
    assert success_message(48) == (
        "Successfully set desired instance count to 48. Change successfully fulfilled by sagemaker."
    )
    assert alarm_cause("TargetTracking-x-AlarmHigh-y", "p") == (
        "monitor alarm TargetTracking-x-AlarmHigh-y in state ALARM triggered policy p"
    )


def test_the_words_of_waiting_failing_and_giving_up() -> None:
    """As recorded for a launch that waited and one the quota refused; giving up has no recorded words."""
    assert waiting_message(4) == (
        "Successfully set desired instance count to 4. Waiting for change to be fulfilled by sagemaker."
    )
    assert failure_message(4, "why.") == "Failed to set desired instance count to 4. Reason: why."
    assert "4" in unfulfilled_message(4)


def test_the_cause_of_a_registration_names_the_bound() -> None:
    """Below the minimum it was the minimum, above the maximum the maximum."""
    assert bounds_cause(3, 1) == "minimum capacity was set to 3"
    assert bounds_cause(3, 5) == "maximum capacity was set to 3"
