"""What SNS says when it refuses a filter policy."""

from harness.errors import RequestRefused


class FilterPolicyError(RequestRefused):
    """SNS refuses this filter policy: error code InvalidParameter.

    `str()` is what SetSubscriptionAttributes answers, `on_subscribe` what Subscribe does. The words are those
    recorded on AWS (snapshots of the project LocalStack, tests/aws/services/sns, May 2024) without the
    position in the JSON text that AWS adds on a second line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("InvalidParameter", f"Invalid parameter: {reason}", "FilterPolicy")
        self.reason = reason

    @property
    def on_subscribe(self) -> str:
        """The message of the Subscribe call."""
        return f"Invalid parameter: Attributes Reason: {self.reason}"


def refused(reason: str) -> FilterPolicyError:
    """Return the refusal of a policy whose *reason* is of the policy's own."""
    return FilterPolicyError(f"FilterPolicy: {reason}")
