"""A later call may name what an earlier one was answered."""

from harness.scenario.calls import Call, FromAnswer


def test_arguments_are_filled_from_answers() -> None:
    """At the top and within lists; everything else is as it was."""
    arn = FromAnswer("policy p", "PolicyARN")
    call = Call("cloudwatch", "put_metric_alarm", {"Arn": arn, "Actions": [arn, "b"], "Period": 60}, "alarm")
    filled = call.filled({"policy p": {"PolicyARN": "arn:p"}})
    assert filled == {"Arn": "arn:p", "Actions": ["arn:p", "b"], "Period": 60}
