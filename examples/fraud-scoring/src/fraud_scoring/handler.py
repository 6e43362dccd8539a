"""The function `fraud-score`: scores payments from a queue and tells of those that look like fraud."""

import json
import os

import boto3

SUSPICIOUS = 0.9


def score(event, context):
    """Score each payment of a batch; name those that could not be, so that only they come again."""
    runtime, sns = boto3.client("sagemaker-runtime"), boto3.client("sns")
    failed = []
    for record in event["Records"]:
        try:
            payment = json.loads(record["body"])
            risk = risk_of(runtime, payment)
            if risk >= SUSPICIOUS:
                told = {"payment": payment["id"], "risk": risk}
                sns.publish(TopicArn=os.environ["ALERTS_TOPIC"], Message=json.dumps(told))
        except Exception as error:
            print(f"payment {record['messageId']} was not scored: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def risk_of(runtime, payment):
    """Return how likely *payment* is fraud, from 0 to 1, as the endpoint says."""
    row = ",".join(str(payment[name]) for name in ("amount", "hour", "distance_km"))
    answer = runtime.invoke_endpoint(
        EndpointName=os.environ["ENDPOINT_NAME"], ContentType="text/csv", Body=row
    )
    return float(answer["Body"].read().decode().split(",")[0])
