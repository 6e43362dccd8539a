"""Arguments of calls of Application Auto Scaling and CloudWatch as AWS would take them."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import RequestRefused

Arguments = dict[str, Any]


RESOURCE = "endpoint/ranker/variant/AllTraffic"


VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


ALIAS = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:score:live",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}


TRACKING, STEP = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"


def refused(make: Callable[[Arguments], object], given: Arguments) -> RequestRefused:
    with pytest.raises(RequestRefused) as error:
        make(given)
    return error.value
