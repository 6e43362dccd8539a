"""HTTP read as AWS calls: every protocol, what needs the body, and what is no call at all."""

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import written

from harness.aws.permission.reading import Reader
from harness.aws.permission.reading.unclear import UnclearError
from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify
from harness.iam.actions import Place, needs_of

PLACE = Place("us-east-1", "000000000000")
SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, SignedHeaders=host"
)
QUEUE = "http://127.0.0.1:4566/000000000000/work"
TOPIC = "arn:aws:sns:us-east-1:000000000000:input"
CBOR = "Content-Type: application/cbor"
METRICS = "/service/GraniteServiceVersion20100801/operation"
reader = Reader()


def exchange(line: str, *headers: str, service: str = "", body: bytes = b"") -> Exchange:
    """Return what a request with *line* is once its call is identified; signed where a service is given."""
    signed = (SIGNED.format(service),) if service else ()
    head = "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1:4566", *signed, *headers, "", ""])
    found = Exchange.from_head(head.encode(), body=body)
    identify(found)
    return found


def form(body: str, service: str, path: str = "/") -> Exchange:
    """Return a POST of the query protocol."""
    kind = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
    return exchange(f"POST {path}", kind, service=service, body=body.encode())


def read(found: Exchange) -> tuple[str, str, dict[str, Any]]:
    """Return service, operation and members of what must be a call."""
    call = reader.read(found)
    assert call is not None
    return call.service, call.operation, dict(call.members)


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "a b", "Body": b"1", "Accept": "text/csv"}),
    ("sqs", "SendMessage", {"QueueUrl": QUEUE, "MessageBody": 'x "QueueUrl": "y"'}),
    ("sqs", "SendMessageBatch", {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "x"}]}),
    ("sqs", "ReceiveMessage", {"QueueUrl": QUEUE}),
    ("sns", "Publish", {"TopicArn": TOPIC, "Message": "&TopicArn=other"}),
    ("sns", "PublishBatch", {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": "1", "Message": "m"}]}),
    ("s3", "GetObject", {"Bucket": "data", "Key": "a/ü b"}),
    ("s3", "HeadObject", {"Bucket": "data", "Key": "a"}),
    ("s3", "PutObject", {"Bucket": "data", "Key": "a/", "Body": b"1"}),
    ("s3", "DeleteObject", {"Bucket": "data", "Key": "a"}),
    ("lambda", "Invoke", {"FunctionName": "score", "Payload": b"{}"}),
    ("cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.0}]}),
    ("cloudwatch", "PutMetricData", {"Namespace": "N" * 30, "MetricData": [{"MetricName": "m"}]}),
    ("cloudwatch", "PutMetricData", {"Namespace": "N" * 255 + "é", "MetricData": []}),
    ("cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": [{"MetricName": "Namespace"}]}),
]


@pytest.mark.parametrize(("service", "operation", "members"), CALLS)
def test_the_short_way_and_the_models_agree(service: str, operation: str, members: dict[str, Any]) -> None:
    """What is read without a model needs what it needs when it is read with one."""
    found = written(service, operation, members)
    short, long = reader.read(found), reader._read(found)
    assert short is not None
    assert long is not None
    assert short.operation == long.operation == operation
    assert needs_of(short, PLACE) == needs_of(long, PLACE)


@given(st.text(alphabet="ab/ %&=+\u00fc", min_size=1, max_size=20))
def test_any_key_of_an_object_is_read_back(key: str) -> None:
    """Whatever the client had to escape in it."""
    found = written("s3", "GetObject", {"Bucket": "data", "Key": key})
    assert read(found)[2]["Key"] == key


@pytest.mark.parametrize(
    ("service", "operation", "members", "wanted"),
    [
        ("s3", "PutObject", {"Bucket": "data", "Key": "k", "Body": b"1", "ACL": "private"}, False),
        (
            "s3",
            "UploadPart",
            {"Bucket": "data", "Key": "k", "PartNumber": 1, "UploadId": "u", "Body": b"1"},
            False,
        ),
        ("s3", "DeleteObjects", {"Bucket": "data", "Delete": {"Objects": [{"Key": "a"}]}}, True),
        ("s3", "ListObjectsV2", {"Bucket": "data"}, False),
        (
            "sagemaker-runtime",
            "InvokeEndpoint",
            {"EndpointName": "e", "Body": b"1", "TargetModel": "m"},
            False,
        ),
        ("sagemaker-runtime", "InvokeEndpointAsync", {"EndpointName": "e", "InputLocation": "s3://b"}, False),
        ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "q", "Payload": b"{}"}, False),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": "r", "Code": {}}, True),
        ("lambda", "ListFunctions", {}, False),
        ("sagemaker", "CreateModel", {"ModelName": "m"}, True),
        ("cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": []}, True),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": "x"}, True),
        ("iam", "GetRole", {"RoleName": "r"}, True),
        ("stepfunctions", "ListStateMachines", {}, True),
    ],
)
def test_bodies_are_wanted_only_where_they_tell(
    service: str, operation: str, members: dict[str, Any], wanted: bool
) -> None:
    """Objects and payloads go on streaming."""
    assert reader.wants_body(written(service, operation, members)) is wanted


def test_ec2_writes_lists_and_structures_in_its_own_way() -> None:
    """Flat lists, names with a big first letter."""
    members = {
        "ImageId": "ami-1",
        "SecurityGroupIds": ["sg-1", "sg-2"],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        "EbsOptimized": True,
        "ClientToken": "t",
    }
    assert read(written("ec2", "RunInstances", members)) == ("ec2", "RunInstances", members)


def test_queries_are_read_from_forms_and_from_addresses() -> None:
    """Lists by their numbers, maps by their entries, numbers and truth values as what they are."""
    attributes = {"Attributes": {"DisplayName": "x"}, "Name": "t", "Tags": [{"Key": "a", "Value": "b"}]}
    assert read(written("sns", "CreateTopic", attributes))[2] == attributes
    found = exchange("GET /?Action=GetRole&RoleName=r&Version=2010-05-08", service="iam")
    assert read(found) == ("iam", "GetRole", {"RoleName": "r"})
    found = form("Action=ListRoles&MaxItems=5&Version=2010-05-08", "iam")
    assert read(found)[2] == {"MaxItems": 5}
    found = form("Action=CreateLoginProfile&UserName=u&PasswordResetRequired=true", "iam")
    assert read(found)[2] == {"UserName": "u", "PasswordResetRequired": True}


@pytest.mark.parametrize(
    "body",
    ["Action=CreateTopic&Tags=x&Attributes=y", "Action=CreateTopic&Tags.member=x&Attributes.entry=y"],
)
def test_forms_of_another_shape_lose_what_does_not_fit(body: str) -> None:
    """Nothing is raised: what is no list is an empty one."""
    assert read(form(body, "sns"))[2] in ({"Tags": [], "Attributes": {}},)


def test_the_version_tells_services_of_one_name_apart() -> None:
    """Classic load balancers and the newer ones sign alike and share names of operations."""
    body = "Action=DescribeLoadBalancers&Version={}&PageSize=3"
    assert read(form(body.format("2015-12-01"), "elasticloadbalancing"))[2] == {"PageSize": 3}
    assert read(form(body.format("2012-06-01"), "elasticloadbalancing"))[2] == {"PageSize": 3}


def test_the_older_form_of_queues_names_them_by_field_or_path() -> None:
    """Clients from before 2023 post forms to SQS."""
    found = form(f"Action=SendMessage&QueueUrl={QUEUE}&MessageBody=x", "sqs")
    assert read(found)[2]["QueueUrl"] == QUEUE
    found = form("Action=SendMessage&MessageBody=x", "sqs", "/000000000000/work")
    assert read(found)[2]["QueueUrl"] == "/000000000000/work"
    assert "QueueUrl" not in read(form("Action=ListQueues", "sqs"))[2]


def test_metrics_are_read_when_they_are_compressed() -> None:
    """Clients compress PutMetricData beyond 10 kB."""
    members = {
        "Namespace": "N",
        "MetricData": [{"MetricName": f"metric-{n}", "Value": 1.0} for n in range(999)],
    }
    found = written("cloudwatch", "PutMetricData", members)
    assert found.header(b"content-encoding") == b"gzip"
    assert read(found) == ("monitoring", "PutMetricData", {"Namespace": "N"})
    for body in (b"no gzip", gzip.compress(b"{}")[:-1], gzip.compress(b"\xa0") * 2, gzip.compress(b"\xff")):
        found.body = body
        with pytest.raises(UnclearError):
            reader.read(found)


def test_a_bucket_in_the_host_name_is_read() -> None:
    """As AWS writes it, and as SDKs do for an endpoint with a name."""
    for host in ("data.s3.us-east-1.amazonaws.com", "data.localhost:4566", "data.s3.localhost"):
        head = f"GET /a/b HTTP/1.1\r\nHost: {host}\r\n{SIGNED.format('s3')}\r\n\r\n"
        found = Exchange.from_head(head.encode())
        identify(found)
        assert read(found)[1:] == ("GetObject", {"Bucket": "data", "Key": "a/b"})
    head = f"GET /?prefix=x HTTP/1.1\r\nHost: data.s3.amazonaws.com\r\n{SIGNED.format('s3')}\r\n\r\n"
    found = Exchange.from_head(head.encode())
    identify(found)
    assert read(found)[1:] == ("ListObjects", {"Bucket": "data", "Prefix": "x"})
    found = Exchange.from_head(head.replace("data.s3.amazonaws.com", "[::1]:4566").encode())
    identify(found)
    assert read(found)[1] == "ListBuckets"


def test_a_presigned_address_is_the_call_that_it_is_for() -> None:
    """What signs it is no part of the call."""
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA/20260101/us-east-1/s3/aws4_request"
    assert read(exchange(f"GET /data/k?{query}"))[:2] == ("s3", "GetObject")
    assert read(exchange(f"PUT /data/k?{query}"))[:2] == ("s3", "PutObject")


def test_subresources_of_s3_are_operations_of_their_own() -> None:
    """By what the query holds, the more particular first; the operation that is not deprecated."""
    lines = {
        "GET /data?policy": "GetBucketPolicy",
        "GET /data?analytics": "ListBucketAnalyticsConfigurations",
        "GET /data?analytics&id=1": "GetBucketAnalyticsConfiguration",
        "GET /data?list-type=2&prefix=a": "ListObjectsV2",
        "GET /data/?versions": "ListObjectVersions",
        "POST /data/k?uploads": "CreateMultipartUpload",
        "POST /data/k?uploadId=u": "CompleteMultipartUpload",
        "GET /data?notification": "GetBucketNotificationConfiguration",
        "GET /": "ListBuckets",
    }
    assert {line: read(exchange(line, service="s3"))[1] for line in lines} == lines
    copied = exchange("PUT /data/k?partNumber=1&uploadId=u", "x-amz-copy-source: other/k", service="s3")
    assert read(copied)[1] == "UploadPartCopy"


def test_xml_is_read_by_its_shape() -> None:
    """Flat lists and those with elements of their own."""
    rules = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "p"}}]}
    members = {"Bucket": "data", "LifecycleConfiguration": rules}
    assert (
        read(written("s3", "PutBucketLifecycleConfiguration", members))[2]["LifecycleConfiguration"] == rules
    )
    assert read(exchange("POST /data?delete", service="s3", body=b" "))[2]["Delete"] == {}
    grant = exchange("PUT /data?website", service="s3", body=b"<W><IndexDocument/></W>")
    assert read(grant)[2]["WebsiteConfiguration"] == {"IndexDocument": {}}


def test_names_on_the_wire_become_the_members_of_the_model() -> None:
    """REST JSON services write small letters for what their callers write big, and lists in the query."""
    found = written("apigatewayv2", "CreateApi", {"Name": "x", "ProtocolType": "HTTP", "Tags": {"a": "b"}})
    assert read(found)[2]["ProtocolType"] == "HTTP"
    found = written(
        "lambda",
        "UntagResource",
        {"Resource": "arn:aws:lambda:us-east-1:0:function:f", "TagKeys": ["a", "b"]},
    )
    assert read(found)[2]["TagKeys"] == ["a", "b"]
    found = written(
        "lambda", "UpdateFunctionCode", {"FunctionName": "f", "Architectures": ["arm64"], "Publish": True}
    )
    assert read(found)[2] == {"FunctionName": "f", "Architectures": ["arm64"], "Publish": True}


@pytest.mark.parametrize(
    ("path", "host", "members"),
    [
        ("/prod/a/b", "abc.execute-api.localhost:4566", ["abc", "prod", "a/b"]),
        ("/restapis/abc/prod/_user_request_/a", "127.0.0.1:4566", ["abc", "prod", "a"]),
        ("/_aws/execute-api/abc/prod/a", "127.0.0.1:4566", ["abc", "prod", "a"]),
    ],
)
def test_calls_of_apis_are_invocations(path: str, host: str, members: list[str]) -> None:
    """Of API Gateway's data plane, signed or not."""
    found = Exchange.from_head(f"POST {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    identify(found)
    service, operation, given = read(found)
    assert (service, operation) == ("execute-api", "Invoke")
    assert [given["ApiId"], given["Stage"], given["Path"]] == members


def test_what_nobody_signed_is_a_federated_login_or_an_object() -> None:
    """STS answers the one without a signature, S3 the other where a bucket is open."""
    body = (
        "Action=AssumeRoleWithWebIdentity&RoleArn=arn:aws:iam::0:role/r&RoleSessionName=s&WebIdentityToken=t"
    )
    assert read(form(body, ""))[:2] == ("sts", "AssumeRoleWithWebIdentity")
    assert read(exchange("GET /data/k"))[:2] == ("s3", "GetObject")


@pytest.mark.parametrize(
    "found",
    [
        exchange("POST /", "X-Amz-Target: AmazonSQS.Nothing", service="sqs", body=b"{}"),
        exchange("POST /", "X-Amz-Target: DynamoDB_20120810.SendMessage", service="sqs", body=b"{}"),
        exchange(f"POST {METRICS}/Nothing", service="monitoring"),
        exchange(f"POST {METRICS}/PutMetricData", CBOR, service="monitoring", body=b"\x9f\xff"),
        exchange(f"POST {METRICS}/PutMetricData", CBOR, service="monitoring", body=b"\x69Namespace"),
        exchange("GET /nothing", service="lambda"),
        exchange("POST /", service="nosuchservice"),
        form("Action=Nothing", "iam"),
        form("Action=GetRole&RoleName=r", "iam", "/?Action=DeleteRole&RoleName=r"),
        form("Message=x", "sns"),
    ],
)
def test_what_nobody_can_tell_is_no_call(found: Exchange) -> None:
    """Unknown operations, bodies that are none, and requests that say two things."""
    assert reader.read(found) is None


@pytest.mark.parametrize(
    "body",
    [
        f"Action=Publish&TopicArn={TOPIC}&TopicArn=other&Message=x",
        f"Action=Publish&TopicArn={TOPIC}&Topic%41rn=other&Message=x",
    ],
)
def test_a_field_that_is_there_twice_is_refused(body: str) -> None:
    """Some read the first of them, some the last."""
    with pytest.raises(UnclearError, match="TopicArn is there more than once"):
        reader.read(form(body, "sns"))


def test_a_publication_to_two_targets_goes_the_long_way() -> None:
    """Both are there for whoever decides."""
    members = read(form(f"Action=Publish&TopicArn={TOPIC}&TargetArn=other&Message=x", "sns"))[2]
    assert {"other", TOPIC} <= set(members.values())


def test_an_empty_call_in_cbor_has_no_members() -> None:
    """Some operations have no input."""
    found = exchange(
        "POST /service/GraniteServiceVersion20100801/operation/ListDashboards", service="monitoring"
    )
    assert read(found) == ("monitoring", "ListDashboards", {})


def test_models_can_be_read_ahead() -> None:
    """Also of names that botocore does not know."""
    reader.preload(["sqs", "nosuchservice"])
    assert reader.wants_body(exchange("PUT /x", service="nosuchservice")) is False
