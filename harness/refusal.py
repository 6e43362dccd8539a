"""AWS's no to a call, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """AWS turned the call down and nothing changed: error code and message as AWS gives them."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AwsError:
    """An error as AWS answers it.

    `query_code` is the code that it had in the query protocol, for services that have left that behind and
    still tell it, in the x-amzn-query-error header (Smithy, awsQueryCompatible). `members` are those of a
    REST JSON error beside its message.
    """

    code: str
    status: int
    message: str
    query_code: str = ""
    members: tuple[tuple[str, str], ...] = ()
