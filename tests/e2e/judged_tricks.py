"""Calls that mean one thing to who judges them and another to who serves them, and what sends them.

Whoever sends them may do what `MAY` says, on things called `mine`; all that is called `secret` is another's.
"""

import gzip
import hashlib
import hmac
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from enforced import Credentials, allow

from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.sigv4 import canonical_path, canonical_query, signing_key

REGION = "us-east-1"
SECRET = b"TOP SECRET"
FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.0"
CBOR = "application/cbor"
METRICS = "/service/GraniteServiceVersion20100801/operation"
ARN = f"{REGION}:{ACCOUNT}"
TOPIC, OTHER_TOPIC = f"arn:aws:sns:{ARN}:mine", f"arn:aws:sns:{ARN}:secret"
MAY = [
    allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject", resource="arn:aws:s3:::mine*/*"),
    allow("s3:ListBucket", resource="arn:aws:s3:::mine*"),
    allow("sqs:ListQueues", "sns:ListTopics", "cloudwatch:ListMetrics", "dynamodb:ListTables"),
    allow("sqs:SendMessage", "sqs:ReceiveMessage", resource=f"arn:aws:sqs:{ARN}:mine"),
    allow("sns:Publish", resource=TOPIC),
    allow("cloudwatch:PutMetricData", Condition={"StringEquals": {"cloudwatch:namespace": "mine"}}),
    allow("lambda:GetFunction", "lambda:DeleteFunction", resource=f"arn:aws:lambda:{ARN}:function:mine*"),
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::mine/hidden*"},
]


@dataclass(frozen=True)
class Call:
    """One request before it is signed; `how` is `header`, `url` (presigned) or `none`.

    `scope` is what it is signed for, `host` what it says in Host, `more` are headers that are not signed.
    """

    service: str
    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    how: str = "header"
    scope: str = ""
    host: str = ""
    more: tuple[tuple[str, str], ...] = ()
    at: float | None = None  # seconds of the day that it is signed at


def send(url: str, call: Call, who: Credentials) -> tuple[int, bytes]:
    """Return status and body of the answer to *call*, signed by *who*."""
    target, headers = signed(call, who, urlsplit(url).netloc)
    return posted(url, call.method, target, headers, call.body)


def posted(
    url: str, method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body and not any(name.lower() == "transfer-encoding" for name, _ in headers):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def signed(call: Call, who: Credentials, netloc: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the target and the headers of *call*, signed by Signature Version 4."""
    key, secret, _ = who
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(call.at))
    scope = f"{stamp[:8]}/{REGION}/{call.scope or call.service}/aws4_request"
    headers = {"host": call.host or netloc, **{n.lower(): v for n, v in call.headers.items()}}
    if call.how == "none":
        return call.target, [*headers.items(), *call.more]
    store = call.service.lower() == "s3"
    payload = hashlib.sha256(call.body).hexdigest()
    path, _, query = call.target.partition("?")
    if call.how == "url":
        payload = "UNSIGNED-PAYLOAD" if store else payload
        own = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": "60",
            "X-Amz-SignedHeaders": "host",
        }
        query = "&".join(filter(None, [query, urlencode(own)]))
        headers = {"host": headers["host"]}
    else:
        headers |= {"x-amz-date": stamp}
        headers = {"x-amz-content-sha256": payload, **headers} if store else headers
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    uri = path if store else canonical_path(path)
    canonical = "\n".join((call.method, uri, canonical_query(query), lines, names, payload))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.digest(signing_key(secret, scope.split("/")), text.encode(), "sha256").hex()
    if call.how == "url":
        return f"{path}?{query}&X-Amz-Signature={signature}", [*headers.items(), *call.more]
    credential = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return call.target, [*headers.items(), *call.more, ("authorization", credential)]


def form(service: str, text: str, target: str = "/", kind: str = FORM, **more: Any) -> Call:
    return Call(service, "POST", target, text.encode(), {"Content-Type": kind}, **more)


def json_call(service: str, target: str, body: bytes, path: str = "/", **more: Any) -> Call:
    headers = {"Content-Type": JSON, "X-Amz-Target": target} | more.pop("headers", {})
    return Call(service, "POST", path, body, headers, **more)


def get(target: str, host: str = "", **more: Any) -> Call:
    return Call("s3", "GET", target, host=host, **more)


def framed(text: bytes) -> bytes:
    """Return *text* in S3's own chunks, which begin so that a form's reader sees a field without a name."""
    return b"%x;&Action=ListQueues&x=\r\n%b\r\n0\r\n\r\n" % (len(text), text)


def cbor_texts(*pairs: tuple[bytes, bytes]) -> bytes:
    """Return a map of texts, each name with a length of two bytes: longer than need be, and allowed."""
    inside = b"".join(b"\x78%c%b\x78%c%b" % (len(n), n, len(v), v) for n, v in pairs)
    return bytes([0xA0 + len(pairs)]) + inside


def tricks(queues: dict[str, str]) -> dict[str, Call]:
    """Return the calls by what is odd about them; *queues* are the URLs of the queues by name."""
    return dict(
        [
            *_unsigned(queues),
            *_paths(),
            *_hosts(),
            *_queries(),
            *_targets(queues),
            *_forms(queues),
            *_bodies(queues),
        ]
    )


Named = Iterator[tuple[str, Call]]


def _unsigned(queues: dict[str, str]) -> Named:
    """Whoever reads what is public needs no key, and gets to nothing else by it."""
    gone = f"Action=DeleteQueue&QueueUrl={quote(queues['secret'], safe='')}"
    at_table = {"X-Amz-Target": "DynamoDB_20120810.DeleteTable", "Content-Type": JSON}
    table = b'{"TableName": "secret"}'
    yield "unsigned: an action", get(f"/mine/public?{gone}", how="none")
    yield "unsigned: a target", Call("s3", "GET", "/mine/public", table, at_table, how="none")
    yield "unsigned: a target by POST", Call("s3", "POST", "/mine/public", table, at_table, how="none")
    yield "unsigned: a form", form("s3", gone, "/mine/public", how="none")
    yield "unsigned: a host", get("/public", "mine.x.localhost", how="none")
    yield "unsigned: another's host", get("/mine/public", "secret.localhost", how="none")


def _paths() -> Named:
    for path in (
        "//secret/key", "/mine/../secret/key", "/./secret/key", "/mine%2F..%2Fsecret/key", "/%73ecret/key",
        "/mine/%2e%2e/secret/key", "/mine%2e%2e/secret/key", "/mine;/../secret/key", "/mine\\..\\secret\\key",
        "/mine%5c..%5csecret/key", "/mine#/../../secret/key", "/mine%23/key", "/mine%2Fkey",
        "/mine/hidden#", "/mine/hidden%23/../hidden", "/mine%00/key", "/%2Fsecret/key", "http://secret/key",
        "http://mine.localhost/key", "secret.localhost:80", "*",
    ):  # fmt: skip
        yield f"path {path}", get(path)
    for path in (
        "/_aws/sqs/messages",
        "/moto-api/data.json",
        "/_ministack/config",
        "/_harness/../secret/key",
    ):
        yield f"own path {path}", get(path)
    yield "own path by POST", Call("s3", "POST", "/_ministack/reset")
    yield "moto's reset", Call("s3", "POST", "/moto-api/reset")
    versioned = "/2015-03-31/functions"
    for path in (
        "mine%2F..%2Fsecret",
        "mine%2f..",
        "mine%2Fconcurrency",
        "mine/../secret",
        "secret",
        "%73ecret",
    ):
        yield f"function {path}", Call("lambda", "DELETE", f"{versioned}/{path}")
    yield "an encoded slash invoked", Call("lambda", "POST", f"{versioned}/mine%2F..%2Fsecret/invocations")


def _hosts() -> Named:
    for host in (
        "secret.localhost", "secret.s3.localhost", "secret.s3.us-east-1.amazonaws.com",
        "mine.secret.localhost",
        "secret.mine.localhost", "www.secret.localhost", "localhost.secret.localhost", "SECRET.localhost",
        "secret.localhost:80:90", "secret.s3-website.localhost", "secret.s3express-a.localhost",
    ):  # fmt: skip
        yield f"host {host}", get("/key", host)
        yield f"host of another service {host}", Call("sqs", "GET", "/?Action=ListQueues", host=host)
    for host in ("a.execute-api.localhost", "a.lambda-url.us-east-1.localhost", "a.alb.localhost"):
        yield f"host of no bucket {host}", get("/mine/key", host)
    yield "two hosts", get("/mine/key", more=(("Host", "secret.localhost"),))
    yield "bucket in host and in path", get("/secret/key", "mine.x.s3.localhost")


def _queries() -> Named:
    delete = "Action=DeleteQueue&QueueUrl=secret"
    yield "an action for S3", get(f"/mine/key?{delete}")
    yield "an action in a presigned URL", get(f"/mine/key?{delete}", how="url")
    yield "an action in disguise", get("/mine/key?%41ction=DeleteQueue&QueueUrl=secret", how="url")
    yield "a copy's source in the query", Call("s3", "PUT", "/mine/x?x-amz-copy-source=%2Fsecret%2Fkey")
    yield "the same, presigned", Call("s3", "PUT", "/mine/x?X-Amz-Copy-Source=%2Fsecret%2Fkey", how="url")
    yield "two parts of an object", get("/mine/key?tagging&acl")
    yield "two versions", get("/mine/key?versionId=a&versionId=b")
    yield "a second credential", get("/mine/key", how="url", more=(("Authorization", "AWS test:x"),))
    for source in ("/secret/key", "secret%2Fkey", "//secret/key", "mine/../../secret/key", "%73ecret/key"):
        headers = {"x-amz-copy-source": source}
        yield f"source {source}", Call("s3", "PUT", "/mine/x", headers=headers)
    yield "a source nobody signed", Call("s3", "PUT", "/mine/x", more=(("x-amz-copy-source", "/secret/key"),))


def _targets(queues: dict[str, str]) -> Named:
    gone = b'{"QueueUrl": "%b"}' % queues["secret"].encode()
    table = b'{"TableName": "secret"}'
    for target in ("AmazonSQS.DeleteQueue", "amazonsqs.DeleteQueue", "AmazonSQS.ListQueues.DeleteQueue"):
        yield f"target {target}", json_call("sqs", target, gone)
        yield f"target {target} for S3", json_call("s3", target, gone, "/mine/key")
    at_table = {"X-Amz-Target": "DynamoDB_20120810.DeleteTable"}
    yield "a target on a GET", Call("s3", "GET", "/mine/key", table, at_table)
    yield "a target on a PUT", Call("s3", "PUT", "/mine/key", table, at_table)
    yield (
        "a target on a form",
        Call("sns", "POST", "/", b"Action=ListTopics", {"Content-Type": FORM, **at_table}),
    )
    yield "a target that nobody signed", get("/mine/key", more=tuple(at_table.items()))
    yield (
        "two targets",
        json_call("sqs", "AmazonSQS.ListQueues", gone, more=(("X-Amz-Target", "AmazonSQS.DeleteQueue"),)),
    )
    yield (
        "a target and an action",
        json_call("sqs", "AmazonSQS.ListQueues", gone, "/?Action=DeleteQueue&QueueUrl=secret"),
    )
    yield (
        "a target and a queue in the path",
        json_call("sqs", "AmazonSQS.PurgeQueue", b"{}", f"/{ACCOUNT}/secret"),
    )
    yield (
        "a form's target",
        json_call(
            "sqs",
            "AmazonSQS.ListQueues",
            b"Action=DeleteQueue&QueueUrl=secret",
            headers={"Content-Type": FORM},
        ),
    )
    yield "a service in capitals", Call("sqs", "GET", "/secret/key?Action=ListQueues", scope="SQS")
    yield "S3 in capitals", get("/mine/key?Action=DeleteQueue", scope="S3")
    yield "a path and a target", Call(
        "monitoring", "POST", f"{METRICS}/ListMetrics", b"\xa0",
        {"Content-Type": CBOR, "X-Amz-Target": "GraniteServiceVersion20100801.DeleteAlarms"},
    )  # fmt: skip


# In one piece: a list, a trick a line.
def _forms(queues: dict[str, str]) -> Named:
    secret, mine = quote(queues["secret"], safe=""), quote(queues["mine"], safe="")
    gone = f"Action=DeleteQueue&QueueUrl={secret}"
    yield "two actions", form("sqs", f"{gone}&Action=ListQueues")
    yield "two actions, turned", form("sqs", f"Action=ListQueues&{gone}")
    yield (
        "an action in disguise twice",
        form("sqs", f"%41ction=DeleteQueue&QueueUrl={secret}&Action=ListQueues"),
    )
    yield "query and body", form("sqs", gone, "/?Action=ListQueues")
    yield "two queues", form("sqs", f"Action=SendMessage&MessageBody=x&QueueUrl={secret}&QueueUrl={mine}")
    yield "two topics", form("sns", f"Action=Publish&Message=x&TopicArn={OTHER_TOPIC}&TopicArn={TOPIC}")
    yield (
        "a topic in the query",
        form("sns", f"Action=Publish&Message=x&TopicArn={TOPIC}", f"/?TopicArn={OTHER_TOPIC}"),
    )
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=B", ""):
        yield f"a form as {kind}", form("sqs", gone, "/?Action=ListQueues", kind)
        yield (
            f"a topic's form as {kind}",
            form("sns", f"Action=DeleteTopic&TopicArn={OTHER_TOPIC}", "/?Action=ListTopics", kind),
        )
    yield (
        "a form with DELETE",
        Call(
            "monitoring",
            "DELETE",
            "/?Action=ListMetrics",
            b"Action=DeleteAlarms&AlarmNames.member.1=secret",
            {"Content-Type": FORM},
        ),
    )
    yield (
        "a form with GET",
        Call(
            "monitoring",
            "GET",
            "/?Action=ListMetrics",
            b"Action=DeleteAlarms&AlarmNames.member.1=secret",
            {"Content-Type": FORM},
        ),
    )
    yield (
        "an operation in the path",
        form("monitoring", "Action=ListMetrics&AlarmNames.member.1=secret", "/operation/DeleteAlarms"),
    )
    yield "a queue in the path", form("sqs", "Action=PurgeQueue", f"/{ACCOUNT}/secret")
    yield (
        "chunks that are a form",
        Call(
            "sqs",
            "POST",
            "/",
            framed(gone.encode()),
            {"Content-Type": FORM, "Content-Encoding": "aws-chunked"},
        ),
    )
    yield (
        "the same by its length",
        Call(
            "sqs",
            "POST",
            "/",
            framed(gone.encode()),
            {"Content-Type": FORM, "X-Amz-Decoded-Content-Length": str(len(gone))},
        ),
    )
    packed = gzip.compress(b"Action=ListQueues") + gzip.compress(b"&" + gone.encode())
    zipped = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    yield "gzip twice", Call("sqs", "POST", "/", packed, zipped)


def _bodies(queues: dict[str, str]) -> Named:
    def sent(text: str) -> str:
        return f'{{"MessageBody": "x", {text}}}'

    mine, secret = queues["mine"], queues["secret"]
    both = sent(f'"QueueUrl": "{mine}", "QueueUrl": "{secret}"')
    yield "two QueueUrls", json_call("sqs", "AmazonSQS.SendMessage", both.encode())
    only = sent(f'"QueueUrl": "{secret}"')
    for coding in ("utf-16", "utf-16-le", "utf-8-sig", "utf-32"):
        yield f"JSON in {coding}", json_call("sqs", "AmazonSQS.SendMessage", only.encode(coding))
    for url in (f"{secret}?/mine", f"{secret}#/mine", f"{mine}/../secret", f"{secret}/", "secret", "SECRET"):
        yield (
            f"queue {url[-20:]}",
            json_call("sqs", "AmazonSQS.SendMessage", sent(f'"QueueUrl": "{url}"').encode()),
        )
    plain = {"Content-Encoding": "gzip"}
    yield (
        "gzip that is none",
        json_call("dynamodb", "DynamoDB_20120810.DeleteTable", b'{"TableName": "secret"}', headers=plain),
    )
    name = '<?xml version="1.0"?><!DOCTYPE Delete [<!ENTITY k "%s">]>'
    delete = "<Delete><Object><Key>%s</Key></Object></Delete>"
    for what, body in {
        "a document type": (name % "hidden") + delete % "&k;",
        "two keys": "<Delete><Object><Key>key</Key><Key>hidden</Key></Object></Delete>",
        "no XML": (delete % "hidden") + "<",
        "UTF-16": (delete % "hidden").encode("utf-16").decode("latin-1"),
    }.items():
        yield f"to delete: {what}", Call("s3", "POST", "/mine?delete", body.encode("latin-1"))
    secrets = cbor_texts((b"Namespace", b"secret"), (b"x", b"\x69Namespace\x64mine"))
    yield (
        "a namespace in disguise",
        Call("monitoring", "POST", f"{METRICS}/PutMetricData", secrets, {"Content-Type": CBOR}),
    )
    text = b"Action=DeleteAlarms&AlarmNames.member.1=secret&x=\x69Namespace\x64mine"
    yield (
        "a form by CBOR's path",
        Call("monitoring", "POST", f"{METRICS}/PutMetricData", text, {"Content-Type": FORM}),
    )
