"""One event source mapping of a queue: what was asked for, what state it is in, how the API shows it."""

from dataclasses import dataclass, field
from typing import Any

from harness.aws.aws_json import Arguments
from harness.functions.event_sources_arguments import SourceConfig

# The members of a mapping that a request sets and the API shows as they were given.
SHOWN = ("FilterCriteria", "ScalingConfig", "ProvisionedPollerConfig", "MetricsConfig", "KMSKeyArn")
SETTABLE = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    *SHOWN,
)


# Not frozen: it is changed. Compared by identity.
@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping. `given` are the members that were set; `role` and `function_timeout_s` the function's."""

    uuid: str
    queue_arn: str
    queue_url: str
    function: str
    qualifier: str
    function_arn: str
    role: str
    given: Arguments
    config: SourceConfig
    visibility_s: float
    enabled: bool
    modified_epoch_s: float
    state: str = "Creating"
    result: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def queue(self) -> str:
        """The queue's name."""
        return self.queue_arn.rpartition(":")[2]

    def arn(self, region: str, account: str) -> str:
        """Return its own ARN, which tags are listed by."""
        return f"arn:aws:lambda:{region}:{account}:event-source-mapping:{self.uuid}"

    def shown(self, region: str, account: str) -> dict[str, Any]:
        """Return it as EventSourceMappingConfiguration (Lambda API reference)."""
        value: dict[str, Any] = {
            "UUID": self.uuid,
            "BatchSize": self.config.batch_size,
            "MaximumBatchingWindowInSeconds": int(self.config.window_s),
            "EventSourceArn": self.queue_arn,
            "FunctionArn": self.function_arn,
            "LastModified": self.modified_epoch_s,
            "State": self.state,
            "StateTransitionReason": "USER_INITIATED",
            "FunctionResponseTypes": list(self.given.get("FunctionResponseTypes") or []),
            "EventSourceMappingArn": self.arn(region, account),
        }
        value |= {name: self.given[name] for name in SHOWN if self.given.get(name)}
        return value | ({"LastProcessingResult": self.result} if self.result else {})
