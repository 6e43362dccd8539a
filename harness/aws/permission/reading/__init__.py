"""From HTTP to the AWS call that it is: `Reader` says whether it needs the body, and what the call is."""

from harness.aws.permission.reading.reader import Reader

__all__ = ["Reader"]
