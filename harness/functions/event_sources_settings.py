"""What AWS documents of the pollers of an SQS queue, as constants, and what it does not, as settings."""

from dataclasses import dataclass

from harness.scaling.unknowns import above_zero, at_least_zero, setting

# Lambda developer guide, "Configuring scaling behavior for SQS event source mappings": five batches at a time
# to begin with, up to 300 more a minute while messages are available, at most 1,250.
STARTING_BATCHES = 5
GROWTH_PER_MINUTE = 300
MOST_BATCHES = 1_250
# The same page, maximum concurrency: from 2 to 1,000.
LEAST_CONCURRENCY, MOST_CONCURRENCY = 2, 1_000
# The same page, provisioned mode: an event poller has up to 10 concurrent invocations; up to 1,000 concurrent
# executions more a minute. Lambda API reference, ProvisionedPollerConfig: 2 to 200, and 2 to 10,000.
INVOCATIONS_PER_POLLER = 10
PROVISIONED_GROWTH_PER_MINUTE = 1_000
LEAST_POLLERS, MOST_MINIMUM_POLLERS, MOST_POLLERS = 2, 200, 10_000
DEFAULT_MINIMUM_POLLERS, DEFAULT_MAXIMUM_POLLERS = 2, 200
# Lambda API reference, CreateEventSourceMapping.
DEFAULT_BATCH_SIZE = 10
MOST_BATCH_SIZE = 10_000
MOST_BATCH_SIZE_WITHOUT_WINDOW = 10
MOST_WINDOW_S = 300
# ReceiveMessage gives ten at most and waits 20 seconds at most (SQS API reference).
MOST_RECEIVED = 10
LONGEST_POLL_S = 20.0
# A batch is one synchronous invocation: at most 6 MB (Lambda developer guide, "Lambda quotas").
MOST_PAYLOAD_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceSettings:
    """How the pollers of a mapping grow and shrink, where the guide only says that they do. In seconds."""

    growth_step_s: float = setting(
        1.0,
        "The guide gives the growth for a minute, not how it is spread over it: in steps of one second it is "
        "5 batches each, in one step all 300 come at once.",
        low=1.0,
        high=60.0,
    )
    shrink_after_s: float = setting(
        60.0,
        "'When traffic is low, Lambda scales back': how long it must have been low is not documented.",
        low=10.0,
        high=300.0,
    )
    backoff_factor: float = setting(
        0.5,
        "A failed or throttled invocation makes Lambda reduce the concurrency of the mapping 'gradually'; by "
        "how much is not documented.",
        low=0.5,
        high=0.9,
    )
    backoff_every_s: float = setting(
        1.0,
        "How often failures reduce the concurrency: not documented. Those of one second count once.",
        low=0.0,
        high=60.0,
    )
    throttle_retry_s: float = setting(
        1.0,
        "When a throttled batch is tried again, doubled each time: the guide says that Lambda retries with a "
        "backoff until the visibility time-out is over, not after how long.",
        low=0.1,
        high=10.0,
    )
    throttle_retry_most_s: float = setting(
        60.0,
        "How long the wait between two tries of a throttled batch becomes at most.",
        low=10.0,
        high=300.0,
    )
    transition_s: float = setting(
        1.0,
        "How long a mapping is Creating, Updating or Deleting: not documented; seconds, up to a minute.",
        low=0.0,
        high=60.0,
    )

    def __post_init__(self) -> None:
        above_zero(self, "growth_step_s", "backoff_factor", "throttle_retry_s", "throttle_retry_most_s")
        at_least_zero(self, "shrink_after_s", "backoff_every_s", "transition_s")
