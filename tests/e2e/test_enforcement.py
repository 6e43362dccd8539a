"""Permissions enforced by the gateway, as clients of AWS meet them, over each kind of backend."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Served
from enforced import Enforced, allow, code_of, document, enforced

from harness import journal
from harness.aws.permission import Mode
from harness.backends import Backend, open_backend
from harness.config import DEFAULT_ACCOUNT_ID as ACCOUNT
from harness.config import Settings

BUCKET = "guarded"
ABSENT = f"arn:aws:iam::{ACCOUNT}:role/absent"
IMAGE = {"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"}


@pytest.fixture(scope="module")
def moto_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with open_backend("moto", Settings(), tmp_path_factory.mktemp("logs")) as opened:
        yield opened


@pytest.fixture(scope="module", params=["embedded", "moto"])
def stand(request: pytest.FixtureRequest, served: Served, moto_backend: Backend) -> Iterator[Enforced]:
    with enforced(served.backend if request.param == "embedded" else moto_backend) as made:
        s3 = made.own("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="model", Body=b"weights")
        yield made


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    return code_of(error.value)


# Service, operation, arguments, and the code and status of a denial.
DENIALS: list[tuple[str, str, dict[str, Any], tuple[str, int]]] = [
    ("s3", "get_object", {"Bucket": BUCKET, "Key": "model"}, ("AccessDenied", 403)),
    ("sqs", "list_queues", {}, ("AccessDenied", 403)),
    ("sns", "list_topics", {}, ("AuthorizationError", 403)),
    ("iam", "list_users", {}, ("AccessDenied", 403)),
    ("sts", "assume_role", {"RoleArn": ABSENT, "RoleSessionName": "me"}, ("AccessDenied", 403)),
    ("lambda", "list_functions", {}, ("AccessDeniedException", 403)),
    ("dynamodb", "list_tables", {}, ("AccessDeniedException", 400)),
    ("ec2", "describe_vpcs", {}, ("UnauthorizedOperation", 403)),
    ("cloudwatch", "list_metrics", {}, ("AccessDenied", 403)),
    ("sagemaker", "list_models", {}, ("AccessDeniedException", 400)),
    (
        "sagemaker-runtime",
        "invoke_endpoint",
        {"EndpointName": "e", "Body": b"1"},
        ("AccessDeniedException", 403),
    ),
]


def test_who_holds_nothing_is_refused_in_each_services_own_words(stand: Enforced) -> None:
    """A user without policies gets the code and status that the SDK of that service knows."""
    _, who = stand.user({"Effect": "Deny", "Action": "*", "Resource": "*"})
    found = {
        service: refused(getattr(stand.client(service, who), operation), **given)
        for service, operation, given, _ in DENIALS
    }
    assert found == {service: error for service, _, _, error in DENIALS}


def test_a_changed_policy_counts_for_the_very_next_call(stand: Enforced) -> None:
    """Allowed, then taken away, then allowed again, with nothing between the calls."""
    name, who = stand.user()
    iam, s3 = stand.own("iam"), stand.client("s3", who)
    read = {"Bucket": BUCKET, "Key": "model"}
    for _ in range(2):
        assert refused(lambda: s3.get_object(**read)) == ("AccessDenied", 403)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))
        assert s3.get_object(**read)["Body"].read() == b"weights"
        iam.delete_user_policy(UserName=name, PolicyName="p")


@pytest.mark.parametrize(
    ("service", "operation", "wrong_secret", "unknown_key"),
    [
        ("s3", "list_buckets", ("SignatureDoesNotMatch", 403), ("InvalidAccessKeyId", 403)),
        ("sqs", "list_queues", ("SignatureDoesNotMatch", 403), ("InvalidClientTokenId", 403)),
        ("sns", "list_topics", ("SignatureDoesNotMatch", 403), ("InvalidClientTokenId", 403)),
        (
            "lambda",
            "list_functions",
            ("InvalidSignatureException", 403),
            ("UnrecognizedClientException", 403),
        ),
        ("dynamodb", "list_tables", ("InvalidSignatureException", 400), ("UnrecognizedClientException", 400)),
        ("ec2", "describe_vpcs", ("AuthFailure", 401), ("AuthFailure", 401)),
        ("cloudwatch", "list_metrics", ("SignatureDoesNotMatch", 403), ("InvalidClientTokenId", 403)),
    ],
)
def test_wrong_secrets_and_unknown_keys_are_refused(
    stand: Enforced, service: str, operation: str, wrong_secret: tuple[str, int], unknown_key: tuple[str, int]
) -> None:
    """Neither a key that nobody made nor a secret that is not the key's gets anywhere."""
    wrong = stand.client(service, ("test", "not-the-secret", None))
    unknown = stand.client(service, ("AKIAIOSFODNN7NOBODY0", "secret", None))
    assert refused(getattr(wrong, operation)) == wrong_secret
    assert refused(getattr(unknown, operation)) == unknown_key


def test_a_key_that_is_made_inactive_or_deleted_is_unknown_at_once(stand: Enforced) -> None:
    """UpdateAccessKey and DeleteAccessKey count for the next call."""
    name, who = stand.user(allow("s3:ListAllMyBuckets"))
    iam, s3 = stand.own("iam"), stand.client("s3", who)
    s3.list_buckets()
    iam.update_access_key(UserName=name, AccessKeyId=who[0], Status="Inactive")
    assert refused(s3.list_buckets) == ("InvalidAccessKeyId", 403)
    iam.update_access_key(UserName=name, AccessKeyId=who[0], Status="Active")
    s3.list_buckets()
    iam.delete_access_key(UserName=name, AccessKeyId=who[0])
    assert refused(s3.list_buckets) == ("InvalidAccessKeyId", 403)


def test_a_session_holds_what_its_role_and_its_session_policy_both_allow(stand: Enforced) -> None:
    """The role may read and write; the session may read, by its own policy, and by a managed one."""
    role = stand.role(allow("s3:GetObject", "s3:PutObject"))
    inline = stand.session(role, Policy=document(allow("s3:GetObject")))
    managed = stand.session(role, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}])
    for who in (inline, managed):
        s3 = stand.client("s3", who)
        assert s3.get_object(Bucket=BUCKET, Key="model")["Body"].read() == b"weights"
        assert refused(s3.put_object, Bucket=BUCKET, Key="model", Body=b"") == ("AccessDenied", 403)


def test_an_expired_session_and_one_without_its_token_are_refused(stand: Enforced) -> None:
    """Temporary credentials need their token and end when they said."""
    role = stand.role(allow("s3:ListAllMyBuckets", "sqs:ListQueues"))
    key, secret, token = stand.session(role)
    stand.client("s3", (key, secret, token)).list_buckets()
    assert refused(stand.client("s3", (key, secret, None)).list_buckets) == ("InvalidAccessKeyId", 403)
    assert refused(stand.client("s3", (key, secret, "another")).list_buckets) == ("InvalidToken", 400)
    known = stand.stage.permission.callers.of(key)  # type: ignore[union-attr]
    assert known is not None
    assert 3500 < known.expires_at - time.monotonic() <= 3600
    known.expires_at = time.monotonic()
    assert refused(stand.client("s3", (key, secret, token)).list_buckets) == ("ExpiredToken", 400)
    assert refused(stand.client("sqs", (key, secret, token)).list_queues) == ("ExpiredToken", 403)


def test_passing_a_role_to_a_model_needs_pass_role(stand: Enforced) -> None:
    """CreateModel alone is not enough to give a model a role; PassRole on that role makes it."""
    model = {"ModelName": "m", "PrimaryContainer": IMAGE}
    passed = stand.role()
    without = stand.client("sagemaker", stand.session(stand.role(allow("sagemaker:CreateModel"))))
    assert refused(lambda: without.create_model(ExecutionRoleArn=passed, **model)) == (
        "AccessDeniedException",
        400,
    )
    may = stand.role(allow("sagemaker:CreateModel"), allow("iam:PassRole", resource=passed))
    stand.client("sagemaker", stand.session(may)).create_model(ExecutionRoleArn=passed, **model)
    denied = [use for use in stand.of(journal.PermissionUsed) if use.action == "iam:PassRole"]
    assert [(use.resource, use.verdict) for use in denied] == [
        (passed, "ImplicitlyDenied"),
        (passed, "Allowed"),
    ]
    assert denied[0].context["iam:passedtoservice"] == ["sagemaker.amazonaws.com"]


def test_a_bucket_that_only_a_vpc_endpoint_may_read(stand: Enforced) -> None:
    """aws:SourceVpce is there by that entrance only, and its own policy limits what goes through it."""
    s3, vault = stand.own("s3"), "vault"
    s3.create_bucket(Bucket=vault)
    s3.put_object(Bucket=vault, Key="k", Body=b"secret")
    only = {"StringNotEquals": {"aws:SourceVpce": "vpce-0a"}}
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{vault}/*",
    }
    s3.put_bucket_policy(Bucket=vault, Policy=document(deny | {"Condition": only}))
    who = stand.session(stand.role(allow("s3:*")))
    inside = stand.gateway.entrance("vpce-0a")
    strict = stand.gateway.entrance("vpce-0b", document(allow("s3:ListAllMyBuckets") | {"Principal": "*"}))
    assert refused(lambda: stand.client("s3", who).get_object(Bucket=vault, Key="k")) == ("AccessDenied", 403)
    through = stand.client("s3", who, inside)
    assert through.get_object(Bucket=vault, Key="k")["Body"].read() == b"secret"
    narrow = stand.client("s3", who, strict)
    narrow.list_buckets()
    assert refused(lambda: narrow.get_object(Bucket=BUCKET, Key="model")) == ("AccessDenied", 403)


def test_a_presigned_url_is_worth_what_its_signer_may(stand: Enforced) -> None:
    """Signed by version 2 and 4 alike; changed in one letter it is worth nothing, as is no signature."""
    _, may = stand.user(allow("s3:GetObject"))
    _, may_not = stand.user()

    def url(who: tuple[str, str, str | None]) -> str:
        signed: str = stand.client("s3", who).generate_presigned_url(
            "get_object", Params={"Bucket": BUCKET, "Key": "model"}
        )
        return signed

    def status(address: str) -> int:
        try:
            with urllib.request.urlopen(address) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    good = url(may)
    assert [status(good), status(url(may_not)), status(good.replace("/model?", "/other?"))] == [200, 403, 403]
    assert status(f"{stand.gateway.url}/{BUCKET}/model") == 403


def test_a_key_made_past_the_gateway_is_asked_for(stand: Enforced) -> None:
    """The backend says whose it is; where it keeps the secret to itself a finding says so."""
    role = stand.role(allow("s3:GetObject"))
    at = stand.backend.route("sts")
    direct = stand.client("sts", url=f"http://{at.host}:{at.port}")
    made = direct.assume_role(RoleArn=role, RoleSessionName="away")["Credentials"]
    who = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    s3 = stand.client("s3", who)
    assert s3.get_object(Bucket=BUCKET, Key="model")["Body"].read() == b"weights"
    assert refused(s3.list_buckets) == ("AccessDenied", 403)
    told = [one for one in stand.of(journal.Finding) if one.rule == "iam-signature-not-verified"]
    assert len(told) == (0 if at.name == "ministack" else 1)


def test_what_nobody_mapped_is_refused_and_named(stand: Enforced) -> None:
    """A call that is no operation of its service is not let through, and the journal says why."""
    _, who = stand.user(allow("*"))
    client = stand.client("sqs", who)
    client.meta.events.register(
        "before-sign.sqs.ListQueues",
        lambda request, **_: request.headers.replace_header("X-Amz-Target", "AmazonSQS.Nonsense"),
    )
    assert refused(client.list_queues) == ("AccessDenied", 403)
    rules = [one.rule for one in stand.of(journal.Finding)]
    assert "iam-not-covered" in rules
    assert any(use.verdict == "NotCovered" for use in stand.of(journal.PermissionUsed))


def test_observing_passes_and_journals(served: Served) -> None:
    """What AWS would refuse is let through and kept; at the end come totals and what roles hold."""
    with enforced(served.backend, Mode.OBSERVE) as stand:
        role = stand.role(allow("sqs:ListQueues"))
        sns = stand.client("sns", stand.session(role))
        for _ in range(3):
            sns.list_topics()
    (use,) = [each for each in stand.of(journal.PermissionUsed) if each.role == role]
    assert (use.action, use.verdict, use.enforced) == ("sns:ListTopics", "ImplicitlyDenied", False)
    assert use.principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/program-0"
    (total,) = [each for each in stand.of(journal.PermissionTotal) if each.role == role]
    assert (total.action, total.calls) == ("sns:ListTopics", 3)
    (held,) = [each for each in stand.of(journal.RolePolicies) if each.role == role]
    assert [policy["kind"] for policy in held.policies] == ["inline", "trust"]
    denied = [one for one in stand.of(journal.Finding) if one.rule == "iam-denied"]
    assert [(one.resource, one.severity) for one in denied] == [(role, "error")]


def test_ministack_judges_only_who_comes_past_the_gateway(served: Served) -> None:
    """What the gateway decided is final, whatever MiniStack's own evaluator says (it has no defaults of
    policy variables); a call that reaches MiniStack itself is for that one to judge."""
    whose = "arn:aws:s3:::variables/${aws:PrincipalTag/team, 'model'}"
    with enforced(served.backend) as stand:
        s3 = stand.own("s3")
        s3.create_bucket(Bucket="variables")
        s3.put_object(Bucket="variables", Key="model", Body=b"weights")
        _, who = stand.user(allow("s3:GetObject", resource=whose))
        at = served.backend.route("s3")
        past = stand.client("s3", who, f"http://{at.host}:{at.port}")
        read = {"Bucket": "variables", "Key": "model"}
        assert refused(lambda: past.get_object(**read)) == ("AccessDenied", 403)
        assert stand.client("s3", who).get_object(**read)["Body"].read() == b"weights"


def test_a_functions_credentials_are_its_roles_session(stand: Enforced) -> None:
    """Lambda assumes what trusts it; its code calls as that session, under the role's policies alone."""
    iam, permission = stand.own("iam"), stand.stage.permission
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rank"
    for name in ("lambda", "ec2"):
        service = {"Effect": "Allow", "Principal": {"Service": f"{name}.amazonaws.com"}}
        trust = document({**service, "Action": "sts:AssumeRole"})
        iam.create_role(RoleName=f"of-{name}", AssumeRolePolicyDocument=trust)
    own_code = {"ArnEquals": {"lambda:SourceFunctionArn": function}}
    policy = document(allow("sqs:ListQueues", Condition=own_code))
    iam.put_role_policy(RoleName="of-lambda", PolicyName="p", PolicyDocument=policy)

    def opened(role: str) -> Any:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
        asked = permission.credentials_for(arn, "lambda.amazonaws.com", "rank", source_arn=function)
        return stand.stage.await_on_loop(asked)

    made = opened("of-lambda")
    who = made.access_key, made.secret_key, made.session_token
    name = f"arn:aws:sts::{ACCOUNT}:assumed-role/of-lambda/rank"
    assert stand.client("sts", who).get_caller_identity()["Arn"] == name
    stand.client("sqs", who).list_queues()
    assert refused(stand.client("sns", who).list_topics) == ("AuthorizationError", 403)
    assert opened("of-ec2").code == "InvalidParameterValueException"
    asked = permission.may_invoke("sns.amazonaws.com", f"arn:aws:sns:us-east-1:{ACCOUNT}:t", function)
    assert not stand.stage.await_on_loop(asked).allowed


def test_where_nobody_looks_ministack_does_not_either(served: Served) -> None:
    """`--iam off`: a user without policies may do all, and a role's session works."""
    with enforced(served.backend, Mode.OFF) as stand:
        _, who = stand.user()
        stand.client("sqs", who).list_queues()
        role = stand.role()
        asked = stand.stage.permission.credentials_for(role, "lambda.amazonaws.com", "rank")
        made = stand.stage.await_on_loop(asked)
        session = made.access_key, made.secret_key, made.session_token
        assert stand.client("sts", session).get_caller_identity()["Arn"].endswith("/rank")
        stand.client("sns", session).list_topics()
