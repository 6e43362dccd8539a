"""Documents from outside: tags run nothing, entities and aliases do not grow, files are not fetched."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.aws.wiring.xml import Notifications
from harness.aws.xml_body import xml_of
from harness.errors import HarnessError
from harness.templates.yaml_lines import load_yaml

TAGS = [
    "!!python/object/apply:os.system ['touch sprung']",
    "!!python/object/apply:subprocess.check_output [[touch, sprung]]",
    "!!python/object/new:os.system ['touch sprung']",
    "!!python/name:os.system x",
    "!!python/module:antigravity x",
    "!!python/object:os._wrap_close {a: 1}",
]
LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
MERGES = "a0: &a0 {k0: 1}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [{','.join([f'*a{n - 1}'] * 10)}]\n  k{n}: 1\n" for n in range(1, 12)
)
ENTITIES = (
    "<!DOCTYPE a [<!ENTITY e0 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    + "]><NotificationConfiguration><Queue>&e9;</Queue></NotificationConfiguration>"
)
FILE = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"
AT_MOST_S = 5.0


def cloudformation(folder: Path, text: str) -> object:
    """Read a template."""
    return load_yaml(folder / "template.yaml", text)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_of_yaml_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tag: str) -> None:
    """A template with one of Python's is refused with the place, and what it names has not run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError, match=r"template\.yaml, line 3"):
        cloudformation(tmp_path, f"Resources:\n  A:\n    Type: {tag}\n")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "text",
    [LAUGHS, MERGES, "a: &a [*a]", "a: &a {<<: *a, b: 1}"],
    ids=["aliases", "merges", "itself", "merged with itself"],
)
def test_aliases_do_not_grow_without_end(tmp_path: Path, text: str) -> None:
    """A kilobyte that stands for 10^11 values is a sentence, in seconds."""
    began = time.process_time()
    with pytest.raises(HarnessError, match=r"template\.yaml"):
        cloudformation(tmp_path, text)
    assert time.process_time() - began < AT_MOST_S


def _notifications(body: bytes) -> object:
    return Notifications.read(body)


def _policy_xml(body: bytes) -> object:
    from botocore.session import Session

    from harness.aws.permission.reading.models import Shape
    from harness.aws.permission.reading.shapes import from_xml
    from harness.aws.permission.reading.unclear import UnclearError

    shape: Shape = Session().get_service_model("s3").shape_for("NotificationConfiguration")
    try:
        return from_xml(body, shape)
    except UnclearError:
        return None


@pytest.mark.parametrize("read", [_notifications, _policy_xml])
@pytest.mark.parametrize("text", [ENTITIES, FILE], ids=["entities", "file"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_xml_are_not_taken(read: Callable[[bytes], object], text: str, encoding: str) -> None:
    """Neither those that grow nor those that name a file: what declares them is no XML here."""
    began = time.process_time()
    assert read(text.encode(encoding)) is None
    assert time.process_time() - began < AT_MOST_S


@pytest.mark.parametrize(
    "body",
    [
        b"<a>1 &lt; 2 &amp; &#65;</a>",
        b"<?xml version='1.0' encoding='UTF-8'?><a>1 &lt; 2 &amp; A</a>",
        b"<a><![CDATA[1 < 2 & A]]></a>",
    ],
)
def test_ordinary_xml_is_read(body: bytes) -> None:
    """XML's own five entities, characters by number, and CDATA."""
    assert xml_of(body).text == "1 < 2 & A"


def test_all_yaml_and_xml_is_read_in_the_safe_way() -> None:
    """No reader of ours takes another loader, and XML from outside comes through one function."""
    root = Path(__file__).parents[2] / "harness"
    loaders = ("yaml.load(", "yaml.unsafe_load", "yaml.full_load", "UnsafeLoader", "FullLoader")
    found = []
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found += [f"{path}: {word}" for word in loaders if word in text]
        if "ElementTree.fromstring" in text and path.name != "xml_body.py":
            found.append(f"{path}: ElementTree.fromstring")
    assert found == []
    assert len(list(root.rglob("*.py"))) > 100
