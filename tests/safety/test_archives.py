"""Archives from outside: nothing of them is written elsewhere, runs, or grows without end."""

import io
import os
import pickle
import stat
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.audit.packages import package_at
from harness.aws.aws_json import Refused
from harness.aws.functions.codes import Codes, check
from harness.aws.jobs import objects
from harness.aws.jobs.objects import Unreadable, inside, unpack
from harness.errors import ScenarioError
from harness.inference import load_artefact
from harness.stacks import kind, packages


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    """Return the header of an entry of a tar."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size, made.mode = kind, link, size, 0o644
    return made


def tar(path: Path, *entries: tarfile.TarInfo) -> Path:
    """Write an archive of *entries*, each filled with x, to *path*."""
    with tarfile.open(path, "w:gz") as archive:
        for each in entries:
            archive.addfile(each, io.BytesIO(b"x" * each.size) if each.size else None)
    return path


TRICKS: dict[str, Sequence[tarfile.TarInfo]] = {
    "climbs": [entry("../gone.txt", size=3)],
    "climbs inside": [entry("a/../../gone.txt", size=3)],
    "link out": [entry("out", tarfile.SYMTYPE, "..")],
    "file through a link": [entry("out", tarfile.SYMTYPE, ".."), entry("out/gone.txt", size=3)],
    "absolute link": [entry("out", tarfile.SYMTYPE, "/etc/passwd")],
    "hard link out": [entry("out", tarfile.LNKTYPE, "../secret.txt")],
    "pipe": [entry("pipe", tarfile.FIFOTYPE)],
    "device": [entry("null", tarfile.CHRTYPE)],
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_tar_writes_nothing_outside_of_its_folder(tmp_path: Path, trick: str) -> None:
    """What climbs, links out of it or is no file at all is refused; beside the folder all is as it was."""
    (tmp_path / "secret.txt").write_text("secret")
    archive = tar(tmp_path / "code.tar.gz", *TRICKS[trick])
    with pytest.raises(tarfile.TarError):
        unpack(archive, tmp_path / "code")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code", "code.tar.gz", "secret.txt"]
    assert [path for path in (tmp_path / "code").rglob("*") if path.is_file()] == []


def test_an_absolute_name_comes_below_the_folder(tmp_path: Path) -> None:
    """As tar itself has it: without the slash."""
    place = tmp_path / "elsewhere.txt"
    unpack(tar(tmp_path / "code.tar.gz", entry(str(place), size=3)), tmp_path / "code")
    assert not place.exists()


def test_a_tar_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte of zeros is a kilobyte of gzip: what is over the limit is not written."""
    monkeypatch.setattr(objects, "UNPACKED_LIMIT_BYTES", 1 << 20)
    archive = tar(tmp_path / "code.tar.gz", entry("a", size=1 << 19), entry("b", size=(1 << 19) + 1))
    with pytest.raises(tarfile.TarError, match="unpacks to more than"):
        unpack(archive, tmp_path / "code")
    assert not (tmp_path / "code" / "b").exists()


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "a/\0b"])
def test_a_key_of_s3_names_no_place_outside(tmp_path: Path, key: str) -> None:
    """Keys may have any characters; where they come to is below the channel."""
    with pytest.raises(Unreadable, match="leads out of the folder"):
        inside(tmp_path, key)


def test_dots_in_names_are_only_dots(tmp_path: Path) -> None:
    """No file is refused for how it is called."""
    assert inside(tmp_path, "..a/b..c/...") == tmp_path / "..a/b..c/..."


def zipped(name: str, content: bytes = b"x", mode: int = 0) -> bytearray:
    """Return a zip of one file."""
    made = io.BytesIO()
    about = zipfile.ZipInfo(name)
    about.external_attr, about.compress_type = mode << 16, zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(about, content)
    return bytearray(made.getvalue())


@pytest.mark.parametrize("name", ["../x.py", "/etc/x.py", "a/../../x.py", "..\\x.py", "C:\\..\\..\\x.py"])
def test_zip_slip_is_refused_by_functions(name: str) -> None:
    """In Lambda's words for a package that it cannot unzip."""
    with pytest.raises(Refused, match="Could not unzip uploaded file"):
        check(bytes(zipped(name)))


async def _unpacked(content: bytes) -> Path:
    codes = Codes()
    return await codes.unpacked(codes.keep(content))


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFREG | stat.S_ISUID | 0o755])
def test_a_package_makes_no_link_and_no_other_user(mode: int) -> None:
    """A link is a file with its words in it, and nothing runs as whoever owns it."""
    import asyncio

    folder = asyncio.run(_unpacked(bytes(zipped("app.py", b"/etc/passwd", mode))))
    path = folder / "app.py"
    assert (path.is_symlink(), path.read_bytes()) == (False, b"/etc/passwd")
    assert not path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)


def _broken(change: Callable[[bytearray, int], None]) -> bytes:
    content = zipped("app.py", b"x" * 5_000)
    change(content, content.index(b"PK\x01\x02"))
    return bytes(content)


def _encrypted(content: bytearray, directory: int) -> None:
    content[6] |= 1
    content[directory + 8] |= 1


def _unknown_method(content: bytearray, directory: int) -> None:
    content[8] = content[directory + 10] = 99


def _damaged(content: bytearray, directory: int) -> None:
    content[directory - 9 : directory] = b"\xff" * 9


def _lies(content: bytearray, directory: int) -> None:
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")


@pytest.mark.parametrize("change", [_encrypted, _unknown_method, _damaged, _lies])
def test_the_audit_reads_past_a_zip_that_cannot_be_read(
    tmp_path: Path, change: Callable[[bytearray, int], None]
) -> None:
    """The code in it is not known; the rest of the audit goes on."""
    path = tmp_path / "code.zip"
    path.write_bytes(_broken(change))
    assert package_at(path).files == {}


def test_a_folder_of_code_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links to a folder above are not followed for ever, pipes not read, and what is too much is refused."""
    (tmp_path / "app.py").write_text("x = 1")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with zipfile.ZipFile(io.BytesIO(packages.packed(tmp_path))) as archive:
        assert archive.namelist() == ["app.py"]
    monkeypatch.setattr(packages, "UNZIPPED_LIMIT_BYTES", 4)
    with pytest.raises(kind.Refused, match="more than 4 bytes of files"):
        packages.packed(tmp_path)


class Trap:
    """A pickle of it makes the file *path* when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.onnx", "model.json"])
def test_a_pickle_is_never_loaded(tmp_path: Path, name: str) -> None:
    """Whatever it is called in a model.tar.gz: the artefact is refused, and what is in it has not run."""
    sprung = tmp_path / "sprung"
    content = pickle.dumps(Trap(sprung))
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        about = tarfile.TarInfo(name)
        about.size = len(content)
        archive.addfile(about, io.BytesIO(content))
    with pytest.raises(ScenarioError, match=r"^Artefact 'model.tar.gz'"):
        load_artefact(made.getvalue())
    assert not sprung.exists()


def test_no_module_of_ours_can_load_a_pickle() -> None:
    """Neither the harness nor its reports and load generators name a module that runs what it reads."""
    root = Path(__file__).parents[2]
    words = ("import pickle", "import marshal", "import shelve", "import joblib", "allow_pickle=True", "dill")
    found = [
        f"{path.relative_to(root)}: {word}"
        for folder in ("harness", "reports", "locustfiles")
        for path in (root / folder).rglob("*.py")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_a_graph_reads_no_file_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX may keep weights in files beside the graph: here there are none, wherever the harness stands."""
    import numpy as np
    from onnx import TensorProto, helper

    from harness.inference import pack

    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.bin").write_bytes(np.ones(3, "float32").tobytes())
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[3])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "secret.bin"), ("offset", "0"), ("length", "12")):
        weights.external_data.add(key=key, value=value)
    rows, out = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 3]) for name in "ro")
    graph = helper.make_graph([helper.make_node("Add", ["r", "w"], ["o"])], "g", [rows], [out], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    with pytest.raises(ScenarioError, match="External data path"):
        load_artefact(pack(model.SerializeToString(), {}))
