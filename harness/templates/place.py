"""Where a stack is deployed: what the pseudo parameters of a template stand for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The partition and the domain of a region, by how its name begins; every other is the commercial partition's.
# https://docs.aws.amazon.com/general/latest/gr/rande.html
_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


@dataclass(frozen=True, slots=True)
class Place:
    """A stack's name, region and account."""

    stack: str
    region: str
    account: str

    @property
    def partition(self) -> str:
        """What stands behind "arn:" there."""
        return self._partition()[0]

    @property
    def url_suffix(self) -> str:
        """The domain of AWS's hosts there."""
        return self._partition()[1]

    @property
    def stack_id(self) -> str:
        """The stack's ARN; its last part is drawn from the name, so that the same stack has the same."""
        drawn = hashlib.sha256(f"{self.stack}/{self.region}/{self.account}".encode()).hexdigest()
        unique = "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:32]))
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account}:stack/{self.stack}/{unique}"

    def pseudo_parameters(self) -> Mapping[str, Any]:
        """Return the value of each pseudo parameter but AWS::NoValue.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
        """
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": self.url_suffix,
            "AWS::StackName": self.stack,
            "AWS::StackId": self.stack_id,
            "AWS::NotificationARNs": [],
        }

    def _partition(self) -> tuple[str, str]:
        for beginning, found in _PARTITIONS.items():
            if self.region.startswith(beginning):
                return found
        return "aws", "amazonaws.com"
