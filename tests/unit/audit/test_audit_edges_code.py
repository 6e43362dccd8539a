"""Rules about code, beside their own examples: where they speak and where they are silent."""

from pathlib import Path

import pytest

from tests.unit.audit.audited import audited, rules_broken
from tests.unit.audit.templates import CALLING, CLIENT, ENVELOPED, FED, FUNCTION, REPORTING, TRUSTED


@pytest.mark.parametrize(
    ("code", "mapping", "broken"),
    [
        ("def handler(event, context): pass", REPORTING, {"batch-failures-not-declared"}),
        ("def handler(e, c): return {'batchItemFailures': []}", REPORTING, set()),
        (
            "def handler(e, c): return [r['Sns'] for r in e['Records']]",
            "BatchSize: 1",
            {"notification-read-as-message"},
        ),
        ("def handler(e, c): return [r['body'] for r in e['Records']]", "BatchSize: 1", set()),
        ("import requests\\ndef handler(e, c): pass", "BatchSize: 1", {"import-not-in-package"}),
        (
            "def handler(e, c): pass",
            "BatchSize: 1, ScalingConfig: {MaximumConcurrency: 1}",
            {"maximum-concurrency-out-of-range"},
        ),
        ("def handler(e, c): pass", "BatchSize: 1, ScalingConfig: {MaximumConcurrency: 2}", set()),
    ],
)
def test_code_and_mapping_are_held_together(
    code: str, mapping: str, broken: set[str], tmp_path: Path
) -> None:
    """What the function does with its events goes with how it gets them."""
    assert rules_broken(tmp_path, FED % ("", code, mapping)) == broken


def test_a_package_with_requirements_is_a_builds_matter(tmp_path: Path) -> None:
    """What requirements.txt names is installed when the package is built."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("import requests\n\ndef handler(event, context): pass\n")
    (tmp_path / "src" / "requirements.txt").write_text("requests\n")
    text = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src/, Handler: app.handler, Runtime: python3.12}
"""
    assert rules_broken(tmp_path, text) == set()
    (tmp_path / "src" / "requirements.txt").unlink()
    found = audited(tmp_path, text).findings
    assert [each.rule for each in found] == ["import-not-in-package"]


def test_a_finding_in_code_is_told_at_its_line_and_left_alone_there(tmp_path: Path) -> None:
    """The place is the file of the function, and a comment in it counts."""
    (tmp_path / "src").mkdir()
    code = "import boto3\nt = boto3.resource('dynamodb').Table('t')\ndef handler(e, c):\n    return t.scan()"
    text = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.12
      Policies: [AmazonDynamoDBReadOnlyAccess]
"""
    (tmp_path / "src" / "app.py").write_text(code)
    (found,) = audited(tmp_path, text).findings
    assert (found.rule, found.place) == ("scan-without-pages", f"{tmp_path}/src/app.py:4")
    (tmp_path / "src" / "app.py").write_text(
        f"{code}  # harness-ignore: scan-without-pages: ten rows at most"
    )
    assert audited(tmp_path, text).findings == ()


def test_a_sender_to_two_kinds_of_queues_is_not_judged(tmp_path: Path) -> None:
    """Which of its queues a call is for is decided when the code runs."""
    code = "import boto3\\ns = boto3.client('sqs')\\ndef handler(e, c): s.send_message(QueueUrl=e['q'])"
    text = (
        FED % ("", code, "BatchSize: 1")
        + """
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}
"""
    )
    names = "      Environment: {Variables: {A: !Ref Ordered%s}}\n      Code: {Zip"
    both = text.replace("      Code: {Zip", names % ", B: !Ref Jobs")
    assert rules_broken(tmp_path, both) == set()
    one = text.replace("      Code: {Zip", names % "")
    assert rules_broken(tmp_path, one) == {"fifo-message-without-group"}


@pytest.mark.parametrize(
    ("code", "raw", "broken"),
    [
        ("def handler(e, c): return [json.loads(r['body']) for r in e['Records']]", "", True),
        ("def handler(e, c): return [json.loads(r['body']) for r in e['Records']]", "true", False),
        (
            "def read(r):\\n  b = r['body']\\n  return loads(b)\\ndef handler(e, c): read(e['Records'][0])",
            "",
            True,
        ),
        ("def handler(e, c): return [r['body'] for r in e['Records']]", "", False),
        ("def handler(e, c): return [json.loads(c) for r in e['body']]", "", False),
        ("def handler(e, c): return json.loads(json.loads(e['body'])['Message'])", "", False),
    ],
)
def test_an_envelope_is_opened_or_not(code: str, raw: str, broken: bool, tmp_path: Path) -> None:
    """Only who parses the body as JSON and never looks at Message takes the envelope for the payload."""
    topic = ENVELOPED % (f", RawMessageDelivery: {raw}" if raw else "")
    found = rules_broken(tmp_path, FED % ("", code, "BatchSize: 1") + topic)
    assert found == ({"envelope-read-as-payload"} if broken else set())


def test_a_batch_sent_to_a_fifo_queue_by_open_arguments_is_not_judged(tmp_path: Path) -> None:
    """What a mapping of arguments holds is not known; other calls are none of sending."""
    head = "import boto3\\ns = boto3.client('sqs')\\n"
    code = head + "def handler(e, c): s.send_message(**e), s.list_queues(MaxResults=1)"
    text = (
        FED % ("", code, "BatchSize: 1")
        + "  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n"
    )
    variables = "      Environment: {Variables: {A: !Ref Ordered}}\n      Code: {Zip"
    assert rules_broken(tmp_path, text.replace("      Code: {Zip", variables)) == set()


@pytest.mark.parametrize(
    ("service", "call", "broken"),
    [
        ("s3", "c.get_object(Bucket='b', Key='k')", True),
        ("s3", "c.generate_presigned_url('get_object')", False),
        ("sts", "c.get_caller_identity()", False),
        ("sts", "c.assume_role(RoleArn='r', RoleSessionName='s')", False),
        ("sagemaker-runtime", "c.invoke_endpoint(EndpointName='e', Body='b')", True),
    ],
)
def test_calls_that_need_nothing_of_the_role_are_no_fault(
    service: str, call: str, broken: bool, tmp_path: Path
) -> None:
    """Who am I needs no permission, a signed URL none here, an assumed role has its own."""
    found = rules_broken(tmp_path, CALLING % (TRUSTED, CLIENT % (service, call)))
    assert ("code-calls-what-its-role-may-not" in found) is broken


def test_a_bucket_that_lets_the_role_in_leaves_it_open(tmp_path: Path) -> None:
    """In one account the bucket's policy is enough: what the code calls may be on that bucket."""
    text = (
        CALLING % (TRUSTED, CLIENT % ("s3", "c.get_object(Bucket='b', Key='k')"))
        + """
  Rows: {Type: AWS::S3::Bucket, Properties: {BucketEncryption: {ServerSideEncryptionConfiguration: [{}]}}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Rows
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Role.Arn}
            Action: s3:GetObject
            Resource: !Sub "${Rows.Arn}/*"
"""
    )
    assert rules_broken(tmp_path, text) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import cfnresponse\\ndef handler(e, c): pass",
        "from json import *",
        "def handler(e, c): return {'statusCode': 200, 'body': 'done'}",
    ],
    ids=["module of CloudFormation", "star", "answer of an API"],
)
def test_code_that_lambda_takes_is_no_fault(code: str, tmp_path: Path) -> None:
    """What CloudFormation brings, what is imported whole, and what is written and not read."""
    text = (FUNCTION % (TRUSTED, "!Ref Live")).replace("def handler(event, context): pass", code)
    assert rules_broken(tmp_path, text) == set()


def test_a_handler_in_a_package_of_python_is_found(tmp_path: Path) -> None:
    """`app.handler` may be in app/__init__.py."""
    (tmp_path / "src" / "app").mkdir(parents=True)
    (tmp_path / "src" / "app" / "__init__.py").write_text("def handler(event, context): pass\n")
    text = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Worker:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src/, Handler: app.handler, Runtime: python3.12}
"""
    assert rules_broken(tmp_path, text) == set()
