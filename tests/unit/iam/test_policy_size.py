"""How long a policy document may be: reading it takes time, and the gateway reads what is put."""

import json

import pytest

from harness.iam import Kind, MalformedPolicyError, parse
from harness.iam.policy import MOST_CHARACTERS


def test_a_document_longer_than_any_of_aws_is_refused_unread() -> None:
    """Twice as long as the longest that AWS takes."""
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::" + "a" * MOST_CHARACTERS}
    with pytest.raises(MalformedPolicyError, match="Maximum policy size of 65536 bytes exceeded"):
        parse(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), Kind.IDENTITY)
