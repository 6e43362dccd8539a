"""When names become a pattern, and what never does."""

import pytest
from made_uses import ACCOUNT

from harness.iam.least_privilege.wildcards import escaped, gathered

JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/"


@pytest.mark.parametrize(
    ("names", "patterns"),
    [
        ([f"{JOBS}fd001-{n}" for n in range(4)], [f"{JOBS}fd001-*"]),
        (
            [f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders-{n}" for n in range(4)],
            [f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders-*"],
        ),
        ([f"arn:aws:s3:::raw/{name}" for name in "abcd"], ["arn:aws:s3:::raw/*"]),
        ([f"arn:aws:s3:::raw/in/{name}/x" for name in "abcd"], ["arn:aws:s3:::raw/in/*"]),
        ([f"in/{name}" for name in "abcd"], [*("in/" + name for name in "abcd")]),
        ([f"in/x/{name}" for name in "abcd"], ["in/x/*"]),
    ],
)
def test_more_names_than_the_threshold_become_their_common_beginning(
    names: list[str], patterns: list[str]
) -> None:
    """The longest that enough of them share."""
    assert sorted(gathered(names, 3)) == patterns
    assert sorted(gathered(names, 4)) == sorted(names)


@pytest.mark.parametrize(
    "names",
    [
        [f"arn:aws:iam::{ACCOUNT}:role/worker-{n}" for n in range(9)],
        [f"arn:aws:sts::{ACCOUNT}:assumed-role/worker-{n}" for n in range(9)],
        [f"arn:aws:s3:::bucket-{n}" for n in range(9)],
        [f"{JOBS}{name}" for name in "abcdefgh"],
        [f"{JOBS}{n}" for n in range(9)],
        [f"arn:aws:sqs:us-east-1:{ACCOUNT}"] * 9,
    ],
)
def test_identities_buckets_and_whole_kinds_never_become_a_pattern(names: list[str]) -> None:
    """A wildcard there would be another's, or everything."""
    assert sorted(gathered(names, 3)) == sorted(set(names))


def test_names_beside_a_pattern_stay_and_a_star_is_a_star() -> None:
    """Each pattern tells the names it was made for."""
    names = ["*", "arn:aws:s3:::raw/a/x", *(f"arn:aws:s3:::raw/b/{n}" for n in "1234")]
    found = gathered(names, 3)
    assert found["*"] == ["*"]
    assert found["arn:aws:s3:::raw/b/*"] == names[2:]
    assert found["arn:aws:s3:::raw/a/x"] == ["arn:aws:s3:::raw/a/x"]


def test_many_patterns_become_one() -> None:
    """Forty folders of parts are one folder; the names beside them stay with what they are."""
    objects = [f"arn:aws:s3:::raw/in/{day}/part-{n}" for day in range(4) for n in range(4)]
    direct = [f"arn:aws:s3:::raw/in/{name}" for name in "wxyz"]
    assert gathered(objects, 3) == {"arn:aws:s3:::raw/in/*": sorted(objects)}
    assert gathered([*objects, *direct], 3) == {"arn:aws:s3:::raw/in/*": sorted([*objects, *direct])}
    found = gathered(objects[:12], 3)
    assert [*found] == [f"arn:aws:s3:::raw/in/{day}/part-*" for day in range(3)]


def test_a_log_stream_of_lambda_is_never_named() -> None:
    """The next instance of the function has another; one that people named keeps its name."""
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/dogs:log-stream:"
    names = [f"{group}2024/05/01/[$LATEST]0a1b", f"{group}2024/05/02/dogs[7]ff", f"{group}mine"]
    assert gathered(names, 10) == {f"{group}*": names[:2], f"{group}mine": names[2:]}


def test_a_log_group_is_written_as_its_arn() -> None:
    """A call about the group itself is judged with an empty stream; its own ARN ends in a star."""
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/dogs:"
    assert gathered([f"{group}log-stream:"], 10) == {f"{group}*": [f"{group}log-stream:"]}


def test_only_what_would_be_read_otherwise_is_escaped() -> None:
    """A dollar sign alone is one."""
    assert escaped("a$b*c?${d}") == "a$b${*}c${?}${$}{d}"
