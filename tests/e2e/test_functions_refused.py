"""What Lambda refuses of functions, of their packages and of their payloads."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from lambdas import (
    ACCOUNT,
    ECHO,
    LOGS,
    REGION,
    Stand,
    code_of,
    embedded_lambdas,
    refused,
    words_of,
)

from harness import journal


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with embedded_lambdas(tmp_path_factory.mktemp("logs")) as made:
        yield made


@pytest.fixture(scope="module")
def echo(stand: Stand) -> str:
    return stand.function(ECHO, Environment={"Variables": {"COLOUR": "blue"}})


@pytest.fixture(scope="module")
def role(stand: Stand) -> str:
    """A role for the functions that are to fail for another reason."""
    return stand.role(LOGS)


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"Timeout": 901}, "ValidationException", "less than or equal to 900"),
        ({"MemorySize": 10_241}, "ValidationException", "less than or equal to 10240"),
        ({"Runtime": "python2.0"}, "InvalidParameterValueException", "enum value set"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "InvalidParameterValueException",
            "reserved keys",
        ),
        ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "InvalidParameterValueException", "4KB limit"),
        (
            {"role": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
            "InvalidParameterValueException",
            "cannot be assumed",
        ),
    ],
    ids=["timeout", "memory", "runtime", "reserved", "environment", "no-role"],
)
def test_a_configuration_that_lambda_does_not_take(
    stand: Stand, role: str, given: dict[str, object], code: str, words: str
) -> None:
    """It is refused with Lambda's code and words, before anything is made."""
    error = refused(stand, **({"role": role} | given))
    assert code_of(error) == (code, 400)
    assert words in words_of(error)


def test_a_role_of_another_service_is_refused(stand: Stand) -> None:
    """Lambda cannot assume what trusts EC2."""
    error = refused(stand, role=stand.role(service="ec2.amazonaws.com"))
    assert words_of(error) == "The role defined for the function cannot be assumed by Lambda."


@pytest.mark.parametrize("name", ["../climbs.py", "/etc/climbs.py", "a/../../climbs.py"])
def test_a_package_that_climbs_out_of_its_folder_is_refused(stand: Stand, role: str, name: str) -> None:
    """Nothing of it is written anywhere."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", ECHO)
        archive.writestr(name, "")
    with pytest.raises(ClientError) as caught:
        stand.function(package.getvalue(), role=role)
    assert code_of(caught.value) == ("InvalidParameterValueException", 400)


def test_a_broken_package_is_refused(stand: Stand, role: str) -> None:
    """It could not be unzipped, says Lambda."""
    with pytest.raises(ClientError) as caught:
        stand.function(b"no zip at all", role=role)
    assert words_of(caught.value).startswith("Could not unzip uploaded file.")


def test_an_unknown_function_is_not_found(stand: Stand) -> None:
    """Neither is an unknown alias of a known one."""
    with pytest.raises(ClientError) as caught:
        stand.invoke("nobody")
    assert code_of(caught.value) == ("ResourceNotFoundException", 404)
    assert words_of(caught.value) == f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:nobody"


def test_a_payload_that_is_no_json_is_refused(stand: Stand, echo: str) -> None:
    """InvalidRequestContentException, and nothing runs."""
    with pytest.raises(ClientError) as caught:
        stand.functions.invoke(FunctionName=echo, Payload=b"{not json")
    assert code_of(caught.value) == ("InvalidRequestContentException", 400)


@pytest.mark.parametrize(("kind", "size"), [("RequestResponse", 6_291_457), ("Event", 1_048_577)])
def test_a_payload_that_is_too_long_is_refused(stand: Stand, echo: str, kind: str, size: int) -> None:
    """6 MB synchronously, 1 MB asynchronously."""
    with pytest.raises(ClientError) as caught:
        stand.functions.invoke(FunctionName=echo, InvocationType=kind, Payload=b'"%b"' % (b"x" * (size - 2)))
    assert code_of(caught.value) == ("RequestTooLargeException", 413)


def test_a_dry_run_runs_nothing(stand: Stand, role: str) -> None:
    """204, and no invocation in the journal."""
    name = stand.function(ECHO, role=role)
    assert stand.functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    assert stand.of(journal.FunctionInvoked, name) == []
