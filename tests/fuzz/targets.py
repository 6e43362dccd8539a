"""What reads bytes or files of others, each as a function of bytes that raises nothing but failed assertions.

`tests/fuzz/test_targets.py` draws bytes for them, `python tests/fuzz/guided.py NAME` lets coverage guide.
"""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness import journal
from harness.aws.permission.keys import Key, root_of
from harness.aws.permission.reading import Reader
from harness.aws.permission.signatures import flaw_of, needs_body
from harness.aws.query_form import decode, entries
from harness.errors import HarnessError, JournalError
from harness.gateway.body import ChunkedBody, decode_chunked
from harness.gateway.chain import Exchange
from harness.gateway.error_shapes import is_query, shape_of
from harness.gateway.handlers import identify
from harness.gateway.head import END_OF_HEAD, MalformedError, never_a_head, parse_reply, parse_request
from harness.gateway.signing_time import SigningTime
from harness.iam import Kind, parse
from harness.inputs.policy_files import read_policy
from harness.inputs.stages import looks_like_stages, parse_stages
from harness.inputs.traffic import read_traffic
from harness.templates.load import load
from harness.templates.order import order

Target = Callable[[bytes], None]
_KEY = Key("AKIAUSER", root_of("123456789012"), "secret")
_READER = Reader()
_FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-"))


@dataclass(frozen=True)
class Fuzzed:
    """One reader, and inputs that it takes, to begin with."""

    run: Target
    seeds: Sequence[bytes]


def head(data: bytes) -> None:
    """A head is a request or refused; what is refused early is no beginning of one that is not."""
    end = data.find(END_OF_HEAD)
    try:
        parse_request(data[: end + 4])
    except MalformedError:
        return
    assert all(never_a_head(data[:cut]) is None for cut in range(0, end, 7))


def reply(data: bytes) -> None:
    with suppress(MalformedError):
        parse_reply(data)


def chunks(data: bytes) -> None:
    """However it is cut, a body in chunks ends in the same place."""
    found: list[object] = []
    for step in (len(data) or 1, 1, 3):
        body, at = ChunkedBody(), 0
        try:
            while at < len(data) and not body.done:
                piece = data[at : at + step]
                at += body.feed(piece, 0)
            found.append((body.done, at, body.payload_bytes))
        except MalformedError:
            found.append("refused")
    assert len(set(found)) == 1
    with suppress(MalformedError):
        decode_chunked(data)


def call(data: bytes) -> None:
    """Any head that is taken can be identified, told its protocol, read as a call and verified."""
    before, mark, body = data.partition(END_OF_HEAD)
    if not mark:
        return  # the gateway waits for the end of a head before it reads one
    try:
        exchange = Exchange.from_head(before + mark, body=body)
    except MalformedError:
        return
    identify(exchange)
    shape_of(exchange), is_query(exchange), needs_body(exchange)
    SigningTime(lambda: 1_767_225_600.0).handle(exchange)
    _READER.wants_body(exchange)
    _READER.read(exchange)
    if exchange.access_key:
        flaw_of(exchange, _KEY)


def form(data: bytes) -> None:
    entries(decode(data), "Attribute.", "Attributes.entry.")


def policy(data: bytes) -> None:
    for kind in (Kind.IDENTITY, Kind.RESOURCE, Kind.TRUST):
        try:
            found = parse(data.decode("utf-8", "replace"), kind)
        except HarnessError:
            continue
        for statement in found.statements:
            for condition in statement.conditions:
                condition.holds({"aws:username": ("a",)})


def stages(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        if looks_like_stages(text):
            parse_stages(text)
    except HarnessError:
        pass


def records(data: bytes) -> None:
    for number, line in enumerate(data.split(b"\n")):
        with suppress(JournalError):
            journal.decode(line, number)


def _file(name: str, *reads: Callable[[Path], object]) -> Target:
    path = _FOLDER / name

    def run(data: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        for read in reads:
            with suppress(HarnessError):
                read(path)

    return run


def _ordered(path: Path) -> object:
    return order(load(path))


_STACK = b"""Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${AWS::StackName}-q", DelaySeconds: 5}}
  T: {Type: AWS::SNS::Topic, Condition: C, Properties: {TopicName: !Join [-, [a, !GetAtt Q.QueueName]]}}
Conditions: {C: !Equals [a, a]}
Outputs: {O: {Value: !Ref Q}}
"""
_HCL = b"""variable "n" { default = 2 }
locals { name = "q-${var.n + 1}" }
resource "aws_sqs_queue" "q" {
  name = upper(local.name)
  count = var.n > 1 ? 1 : 0
  tags = { for k in ["a", "b"] : k => format("%s-%d", k, 3) }
}
"""
_POST = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
_SIGNED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIAUSER/20260101/us-east-1/sqs/aws4_request, "
    b'SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n{"QueueUrl":"http://x/1/q"}'
)
_FORM = (
    b"POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 "
    b"Credential=AKIAUSER/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n"
    b"Action=RunInstances&ImageId=ami-1&MinCount=1&MaxCount=1&TagSpecification.1.Tag.1.Key=a&Version=2016-11-15"
)
_CBOR = (
    b"POST /service/GraniteServiceVersion20100801/operation/PutMetricData HTTP/1.1\r\nAuthorization: AWS4-"
    b"HMAC-SHA256 Credential=AKIAUSER/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, "
    b"Signature=0\r\n\r\n\xa1\x69Namespace\x61a"
)
_PRESIGNED = (
    b"PUT /bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAUSER%2F20260101%2Fus-east-1%2Fs3"
    b"%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
    b" HTTP/1.1\r\nHost: bucket.s3.amazonaws.com\r\nx-amz-acl: private\r\n\r\n<Tagging/>"
)

TARGETS: dict[str, Fuzzed] = {
    "head": Fuzzed(
        head, [_POST[:-3], b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"]
    ),
    "reply": Fuzzed(reply, [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"]),
    "chunks": Fuzzed(chunks, [b"3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n", b"000A\r\n0123456789\r\n0\r\n\r\n"]),
    "call": Fuzzed(call, [_POST, _SIGNED, _FORM, _CBOR, _PRESIGNED]),
    "form": Fuzzed(form, [b"Action=A&Attribute.1.Name=a&Attribute.1.Value=%41+b&Attributes.entry.2.x=1"]),
    "policy": Fuzzed(
        policy,
        [
            b'{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","NotAction":"s3:*","Resource":'
            b'"arn:aws:s3:::b/${aws:username}","Condition":{"StringLike":{"aws:username":"a*"}}}]}',
            b'{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole"]}}',
        ],
    ),
    "stages": Fuzzed(stages, [b"50rps:10m,50-400rps:5m,0:10m"]),
    "journal": Fuzzed(records, [b'{"type":"RunEnded","at":1.0,"verdict":"pass"}\n']),
    "template": Fuzzed(_file("t.yaml", _ordered, read_policy), [_STACK]),
    "terraform": Fuzzed(_file("tf/main.tf", lambda path: _ordered(path.parent)), [_HCL]),
    "trace": Fuzzed(
        _file("t.csv", lambda path: read_traffic(path)),
        [b"minute,invocations\n0,5\n2,1e3\n", b"at_s\n0.5\n1\n", b'{"Datapoints":[{"Timestamp":0,"Sum":1}]}'],
    ),
}
