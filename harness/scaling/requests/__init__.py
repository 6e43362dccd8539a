"""The arguments of AWS calls that define scaling, as values of the model; what AWS refuses is refused."""

from harness.scaling.requests.alarms import alarm_of, policy_name_of
from harness.scaling.requests.core import (
    LAMBDA_DIMENSION,
    check_together,
    policy_of,
    scheduled_action_of,
    target_of,
)

__all__ = [
    "LAMBDA_DIMENSION",
    "alarm_of",
    "check_together",
    "policy_name_of",
    "policy_of",
    "scheduled_action_of",
    "target_of",
]
