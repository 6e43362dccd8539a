"""AWS's managed policies: all of moto's list, found without importing it."""

import json
import runpy
import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.backends.ministack_managed import AwsPolicies
from harness.errors import EnvironmentFault
from harness.iam import managed
from harness.iam.managed import PREFIX, ManagedPolicies, is_aws_managed, managed_policies


def test_every_policy_of_motos_list_is_found() -> None:
    """Names, paths, versions and documents are those that moto itself would load."""
    (folder,) = find_spec("moto").submodule_search_locations  # type: ignore[union-attr, misc]
    loaded = runpy.run_path(f"{folder}/iam/aws_managed_policies.py")  # without the rest of moto
    listed = json.loads(loaded["aws_managed_policies_data"])
    found = {arn: managed_policies().find(arn) for arn in managed_policies()}

    assert len(found) == len(listed) > 1_500
    for name, value in listed.items():
        policy = found[f"{PREFIX}{value['Path']}{name}"]
        assert policy is not None
        assert (policy.name, policy.path, policy.version) == (name, value["Path"], value["DefaultVersionId"])
        assert json.loads(policy.document) == value["Document"]


def test_the_list_is_read_without_moto() -> None:
    """Importing moto takes longer than the gateway may take to start."""
    program = (
        "import sys; from harness.iam.managed import managed_policies;"
        "print(len(managed_policies()), 'moto' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert said.split()[1] == "False"
    assert int(said.split()[0]) > 1_500


@pytest.mark.parametrize(
    "arn", [f"{PREFIX}/AmazonSageMakerFulAccess", f"{PREFIX}/AWSLambdaBasicExecutionRole", PREFIX, ""]
)
def test_a_policy_that_aws_has_not_is_not_found(arn: str) -> None:
    """A slip in the name, or a path that is missing."""
    assert managed_policies().find(arn) is None
    assert arn not in managed_policies()


def test_which_arns_are_of_aws() -> None:
    """Those of no account."""
    assert is_aws_managed(f"{PREFIX}/ReadOnlyAccess")
    assert not is_aws_managed("arn:aws:iam::123456789012:policy/ReadOnlyAccess")


def test_an_id_is_always_the_same() -> None:
    """And has the form of a managed policy's."""
    one, other = (
        managed_policies().find(f"{PREFIX}/{name}") for name in ("ReadOnlyAccess", "PowerUserAccess")
    )

    assert one is not None
    assert other is not None
    assert one.unique_id != other.unique_id
    assert (one.unique_id[:4], len(one.unique_id)) == ("ANPA", 21)


def test_a_list_of_one() -> None:
    """The last entry of a list has no comma behind it."""
    text = (
        b'{\n "One":{\n  "CreateDate":"c",\n  "DefaultVersionId":"v3",\n  "Document":{},\n  "Path":"/x/",\n'
    )
    policies = ManagedPolicies(text + b'  "UpdateDate":"u"\n }\n}')

    assert list(policies) == [f"{PREFIX}/x/One"]
    found = policies.find(f"{PREFIX}/x/One")
    assert found is not None
    assert (found.name, found.version, found.document) == ("One", "v3", "{}")


def _record(path: str, document: str) -> dict[str, object]:
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": "now"}
    return {"PolicyName": path, "DefaultVersionId": "v1", "Versions": {"v1": version}}


def test_ministack_gets_what_it_does_not_have() -> None:
    """In its own form, with AWS's version and document; and nothing for a name that AWS has not."""
    policies = AwsPolicies(_record)
    found = policies.get(f"{PREFIX}/AmazonSageMakerFullAccess")
    version = found["DefaultVersionId"]

    assert list(found["Versions"]) == [version] != ["v1"]
    assert "sagemaker" in found["Versions"][version]["Document"]
    assert policies.get(f"{PREFIX}/None") is None


def test_ministack_lists_all_and_its_own_versions_give_way() -> None:
    """What MiniStack carries itself is older than the list."""
    arn = f"{PREFIX}/ReadOnlyAccess"
    policies = AwsPolicies(_record)
    policies[arn] = _record("ReadOnlyAccess", "{}")
    policies["arn:aws:iam::aws:policy/Theirs"] = _record("Theirs", "{}")

    listed = dict(policies.items())

    assert len(listed) == len(managed_policies()) + 1
    assert listed[arn]["Versions"] != {"v1": _record("", "{}")["Versions"]}
    assert policies.get("arn:aws:iam::aws:policy/Theirs")["PolicyName"] == "Theirs"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "AWS's managed policies are not at"), (b"nothing", "lists no managed policies as moto 5.2 does")],
)
def test_without_motos_list_the_way_out_is_told(
    content: bytes | None, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Install moto, in the version that is known to have it."""
    if content is not None:
        (tmp_path / "iam").mkdir()
        (tmp_path / "iam" / "aws_managed_policies.py").write_bytes(content)
    found = ModuleSpec("moto", None, is_package=True)
    found.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(managed, "find_spec", lambda _name: found)
    with pytest.raises(EnvironmentFault, match=sentence):
        managed.managed_policies.__wrapped__()
