"""What the guard keeps of the calls that it has judged, and what one call that is being judged is made of."""

from dataclasses import dataclass
from typing import NamedTuple

from harness.aws.permission.judging import Way
from harness.aws.permission.keys import Caller
from harness.aws.permission.uses import Use
from harness.iam.actions import Call, Need

# What of a head decides: the beginning of its Authorization, method, target, peer, entrance, host.
Head = tuple[bytes, str, str, str, str, bytes | None]


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """What all requests with one beginning of an Authorization header have in common."""

    region: str
    plain: bool  # it signs no header that brings S3 a condition or a second resource
    own_headers: int  # how many of those that it signs are x-amz-…


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """What a call came to: the uses that count it, and the sentence of its refusal, "" where it may pass."""

    call: Call
    uses: tuple[Use, ...]
    refusal: str


class Asked(NamedTuple):
    """One call that is being judged."""

    caller: Caller
    call: Call
    needs: tuple[Need, ...]
    way: Way
    head: Head | None
