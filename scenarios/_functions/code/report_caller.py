"""Counts a call that was refused, so that an alarm can ring."""

from typing import Any

import boto3

cloudwatch = boto3.client("cloudwatch")


def handler(event: dict[str, Any], context: Any) -> None:
    """Put one datapoint for the event that EventBridge hands over."""
    detail = event["detail"]
    print(f"{detail['userIdentity'].get('arn')} was refused {detail['eventName']}")
    cloudwatch.put_metric_data(
        Namespace="Rehearsal/Security",
        MetricData=[{"MetricName": "RefusedCalls", "Value": 1.0, "Unit": "Count"}],
    )
