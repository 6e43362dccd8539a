"""The stack as it will be deployed, a minute of payments through it: half a minute of yours."""

import pytest


@pytest.mark.slow
# An instance takes minutes to launch. This test is about messages, so it waits seconds for it.
@pytest.mark.scenario("../rehearsals/payments.py", set={"settings.launch_time": 20})
def test_payments_are_scored_once(pipeline):
    """What the scenario expects is met, and the function's role has nothing that it does not need."""
    pipeline.check()
    [role] = [use for name, use in pipeline.summary["iam"].items() if "ScoreRole" in name]
    assert not role["denied"]
    assert "sagemaker:InvokeEndpoint" in role["used"]
