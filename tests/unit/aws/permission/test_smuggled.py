"""What names two calls is refused by its head, and what only looks odd is not."""

import pytest
from requests_signed import signed

from harness.aws.permission.reading.hosts import read_alike
from harness.aws.permission.smuggled import smuggled
from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify

SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"
)


def exchange(line: str, *headers: str, service: str = "", host: str = "127.0.0.1:4566") -> Exchange:
    lines = [f"{line} HTTP/1.1", f"Host: {host}", *headers]
    lines += [SIGNED.format(service)] if service else []
    found = Exchange.from_head("\r\n".join([*lines, "", ""]).encode())
    identify(found)
    return found


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (exchange("GET //b/k", service="s3"), b"InvalidURI"),
        (exchange("GET /b/k#x", service="s3"), b"InvalidURI"),
        (exchange("GET http://b/k", service="s3"), b"InvalidURI"),
        (exchange("GET /b%2Fk", service="s3"), b"InvalidBucketName"),
        (exchange("GET /_aws/sqs/messages", service="s3"), b"InvalidBucketName"),
        (exchange("GET /tasks/1"), b"InvalidBucketName"),
        (exchange("GET /b/k?acl&tagging", service="s3"), b"query string parameters: acl, tagging"),
        (exchange("GET /b/k?versionId=1&versionid=2", service="s3"), b"InvalidArgument"),
        (exchange("GET /b/k?%41ction=DeleteQueue"), b"InvalidArgument"),
        (exchange("GET /b/k?AWSAccessKeyId=a", service="s3"), b"Only one auth mechanism"),
        (exchange("GET /?Action=ListQueues", service="SQS"), b"IncompleteSignature"),
        (exchange("GET /b/k?X-Amz-Credential=A/20260101/r/S3/aws4_request"), b"IncompleteSignature"),
        (exchange("GET /b/k", "X-Amz-Target: A.B", service="s3"), b"InvalidArgument"),
        (exchange("POST /x", "X-Amz-Target: AmazonSQS.ListQueues", service="sqs"), b"InvalidParameter"),
        (exchange("POST /operation/DeleteAlarms", service="monitoring"), b"InvalidParameter"),
        (exchange("GET /b/k", "Content-Length: 1", service="s3"), b"A GET has no body"),
        (exchange("POST /", "Content-Encoding: aws-chunked", service="sqs"), b"aws-chunked"),
        (exchange("GET /k", service="s3", host="a.execute-api.localhost"), b"names another service"),
        (exchange("GET /?Action=ListQueues", service="sqs", host="b.s3.localhost"), b"names another service"),
        (exchange("GET /?Action=A&Action=B", service="sqs"), b"InvalidQueryParameter"),
    ],
)  # fmt: skip
def test_what_names_two_calls_is_refused(found: Exchange, code: bytes) -> None:
    """With 400, in the words of AWS where it has some."""
    refusal = smuggled(found, "ministack")
    assert refusal is not None
    assert (refusal.status, code in refusal.body + repr(refusal.headers).encode()) == (400, True)
    assert found.error


@pytest.mark.parametrize(
    "found",
    [
        signed("s3", "GET", "/b/a%2Fb//c%23?versionId=1"),
        signed("s3", "GET", "/b/k", how="url"),
        signed("s3", "GET", "/b/k", how="url-v2"),
        signed("s3", "POST", "/b?delete", body=b"<Delete/>"),
        signed("lambda", "DELETE", "/2017-03-31/tags/arn%3Aaws?tagKeys=a&tagKeys=b"),
        exchange("GET /k", service="s3", host="b.s3.us-east-1.amazonaws.com"),
        exchange("GET /restapis/a/s/_user_request_/tasks?Action=x&Action=y"),
        exchange("POST /v1/x?Action=x", "X-Amz-Target: A.B", host="a.execute-api.localhost"),
        exchange("POST /000000000000/work", "Content-Length: 0", service="sqs"),
        exchange("GET /b/k", "Content-Length: 0", service="s3"),
    ],
)
def test_what_all_read_alike_is_not(found: Exchange) -> None:
    """Encoded slashes in keys, signatures in URLs, lists in queries, calls of somebody's own API."""
    assert smuggled(found, "ministack") is None


@pytest.mark.parametrize(
    ("host", "store", "alike"),
    [
        ("bucket.localhost:4566", "ministack", True),
        ("bucket.localhost:4566", "moto", True),
        ("bucket.c.localhost", "ministack", False),
        ("bucket.c.s3.localhost", "moto", False),
        ("www.bucket.localhost", "moto", False),
        ("gateway.example.org", "ministack", True),
        ("gateway.example.org", "moto", False),
        ("s3.us-east-1.amazonaws.com", "moto", True),
        ("bucket.localhost.localstack.cloud", "localstack", True),
        ("127.0.0.1:1", "moto", True),
        ("bucket.localhost:1:2", "localstack", False),
    ],
)
def test_a_bucket_in_a_host_name_is_one_to_all(host: str, store: str, alike: bool) -> None:
    """Where an emulator looks for buckets otherwise, they may only be named as both see them."""
    assert read_alike(host.encode(), store) is alike
