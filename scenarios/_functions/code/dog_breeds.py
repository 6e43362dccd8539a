"""Passes the URL of an image on to an endpoint, and its scores back, as API Gateway wants an answer."""

import base64
import json
import os
from typing import Any

import boto3

runtime = boto3.client("sagemaker-runtime")

JSON = "application/json"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the scores of the image that *event* names, itself or in the body of an HTTP request."""
    try:
        asked = {"url": _request(event)["url"]}
    except (KeyError, TypeError, ValueError) as error:
        return _answer(400, {"message": f"send a JSON object with a url ({type(error).__name__})"})
    answer = runtime.invoke_endpoint(
        EndpointName=os.environ["ENDPOINT"], ContentType=JSON, Accept=JSON, Body=json.dumps(asked)
    )
    scores = json.loads(answer["Body"].read())
    print(f"{len(scores[0])} scores")
    return _answer(200, scores)


def _request(event: dict[str, Any]) -> Any:
    if "requestContext" not in event:
        return event
    body = event.get("body") or ""
    return json.loads(base64.b64decode(body) if event.get("isBase64Encoded") else body)


def _answer(status: int, body: Any) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": JSON}, "body": json.dumps(body)}
