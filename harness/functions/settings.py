"""Every figure about Lambda's concurrency that AWS does not document, as a setting with a default.

Each field carries, in its metadata, where its default comes from and the range of the unknown (`low`,
`high`). Documented rules are constants beside the code that applies them.
"""

# ruff: noqa: RUF009 - `setting` returns a dataclass field, it makes no shared default

from dataclasses import dataclass
from enum import StrEnum

from harness.endpoint.distributions import Constant, Distribution, Uniform
from harness.scaling.unknowns import above_zero, at_least_zero, setting


class Reuse(StrEnum):
    """Which of several idle execution environments takes the next invocation."""

    MOST_RECENT = "most recent"
    LEAST_RECENT = "least recent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """How Lambda keeps environments, allocates provisioned concurrency and what it says of it; seconds."""

    allocation_time: Distribution = setting(
        Uniform(60.0, 120.0),
        "From the request until the first environment could serve: the guide speaks of 'a minute or two of "
        "preparation'.",
        low=Constant(60.0),
        high=Constant(120.0),
    )
    allocation_per_minute: int = setting(
        6_000,
        "The guide: Lambda provisions up to 6,000 environments a minute for a function; before 2023-11 it "
        "was 500.",
        low=500,
        high=6_000,
    )
    release_time: Distribution = setting(
        Constant(0.0),
        "How long a decrease takes is not documented; environments need no preparation to be given up.",
        low=Constant(0.0),
        high=Constant(120.0),
    )
    changeable_while_allocating: bool = setting(
        False,
        "Whether PutProvisionedConcurrencyConfig is taken while its status is IN_PROGRESS is not documented; "
        "its error ResourceConflictException reads 'another operation is in progress'.",
        low=False,
        high=True,
    )
    sample_counts_itself: bool = setting(
        True,
        "The utilisation is emitted by invocations (nothing is emitted when idle), so a sample is taken as "
        "each one starts. Whether it counts the one that starts is not documented; without it the average is "
        "the utilisation over time.",
        low=False,
        high=True,
    )
    account_concurrency: int = setting(
        1_000, "Concurrent executions of an account in one region, the default quota.", low=1_000, high=10_000
    )
    init_time: Distribution = setting(
        Constant(0.25),
        "The Init phase of a function that says nothing of its own. The guide: a cold start takes from under "
        "100 ms to over 1 second.",
        low=Constant(0.1),
        high=Constant(1.0),
    )
    idle_lifetime: Distribution = setting(
        Constant(600.0),
        "How long an idle environment is kept is not documented; users measure 5 to 15 minutes.",
        low=Constant(300.0),
        high=Constant(900.0),
    )
    environment_reuse: Reuse = setting(
        Reuse.MOST_RECENT,
        "Which idle environment is used again is not documented; with the most recently used one the others "
        "grow old and are given up after a peak, as users see it.",
        low=Reuse.MOST_RECENT,
        high=Reuse.LEAST_RECENT,
    )

    throttle_retry_factor: float = setting(
        2.0,
        "By how much the wait of a throttled asynchronous event grows; the guide says 'exponentially', from "
        "1 second to 5 minutes.",
        low=1.5,
        high=4.0,
    )

    def __post_init__(self) -> None:
        above_zero(self, "allocation_per_minute", "throttle_retry_factor")
        at_least_zero(self, "account_concurrency")
