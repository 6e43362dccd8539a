"""Actions as patterns: few, and no other action than those."""

from hypothesis import given
from hypothesis import strategies as st

from harness.iam.actions.catalogue import actions_of, expand
from harness.iam.least_privilege.action_patterns import patterns_of


def test_whole_services_and_words_become_wildcards() -> None:
    """What is alone stays as it is, as does an action that the reference does not have."""
    granted = {*expand("sqs:*"), *expand("s3:List*"), "s3:PutObject", "new:Thing"}
    assert patterns_of(granted) == ["new:Thing", "s3:List*", "s3:PutObject", "sqs:*"]


def test_patterns_ignore_case() -> None:
    """`ec2:DescribeVolumes*` would be about DescribeVolumeStatus, so it stands for nothing else."""
    granted = {"ec2:DescribeVolumes", "ec2:DescribeVolumesModifications"}
    assert patterns_of(granted) == sorted(granted)


@given(st.sampled_from(["s3", "sqs", "ec2", "sagemaker", "logs"]), st.data())
def test_they_name_exactly_these_actions(service: str, data: st.DataObject) -> None:
    """And are never more."""
    there = sorted(actions_of(service))
    wanted = set(data.draw(st.lists(st.sampled_from(there), unique=True)))
    left_out = set(data.draw(st.lists(st.sampled_from(there), unique=True, max_size=5)))
    for actions in (wanted, set(there) - left_out):
        found = patterns_of(actions)
        assert set().union(*map(expand, found)) == actions
        assert len(found) <= len(actions)
