"""Whom a Principal element is about."""

from typing import Any

import pytest

from harness.iam.principals import principals
from harness.iam.request import Principal

SNS = Principal.service("sns.amazonaws.com")
USER = Principal("aws", "arn:aws:iam::123456789012:user/ann", "123456789012")
ROLE = "arn:aws:iam::123456789012:role/worker"
SESSION = Principal("aws", "arn:aws:sts::123456789012:assumed-role/worker/1", "123456789012", ROLE)


@pytest.mark.parametrize(
    ("element", "who", "expected"),
    [
        ("*", SNS, True),
        ("*", Principal("anonymous"), True),
        ({"AWS": "*"}, SNS, True),
        ({"AWS": "*"}, USER, True),
        ({"Service": "sns.amazonaws.com"}, SNS, True),
        ({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}, SNS, True),
        ({"Service": "s3.amazonaws.com"}, SNS, False),
        ({"Service": "*"}, SNS, True),
        ({"Service": "sns.amazonaws.com"}, USER, False),
        ({"AWS": "123456789012"}, USER, True),
        ({"AWS": "arn:aws:iam::123456789012:root"}, USER, True),
        ({"AWS": "999999999999"}, USER, False),
        ({"AWS": "arn:aws:iam::123456789012:user/ann"}, USER, True),
        ({"AWS": ROLE}, SESSION, True),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/worker/1"}, SESSION, True),
        ({"AWS": "123456789012"}, SNS, False),
        ({"AWS": "123456789012"}, Principal("anonymous"), False),
        ({"Federated": "cognito-identity.amazonaws.com"}, USER, False),
    ],
)
def test_who_is_included(element: Any, who: Principal, expected: bool) -> None:
    """Promise: everyone includes services; an account includes its own principals and no service."""
    assert principals(element).include(who) is expected
