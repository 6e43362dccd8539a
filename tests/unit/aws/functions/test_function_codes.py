"""Packages: what is unpacked, and what is refused before anything of it is written."""

import asyncio
import io
import zipfile
from pathlib import Path

import pytest

from harness.aws.aws_json import Refused
from harness.aws.functions import codes
from harness.aws.functions.codes import Codes, check, digest


def package(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def unpacked(content: bytes) -> tuple[Codes, Path]:
    kept = Codes()

    async def unpack() -> Path:
        return await kept.unpacked(kept.keep(content))

    try:
        return kept, asyncio.run(unpack())
    except Refused:
        kept.close()
        raise


def test_a_package_is_unpacked_with_its_folders() -> None:
    """Each file is where it was, and `close` removes all of it."""
    kept, folder = unpacked(package(**{"app.py": "A", "lib/deep/b.py": "B"}))
    assert (folder / "app.py").read_text() == "A"
    assert (folder / "lib/deep/b.py").read_text() == "B"
    kept.close()
    assert not folder.exists()


def test_a_package_is_found_by_every_name_it_was_given() -> None:
    """A backend may have a digest of its own for it."""
    kept, content = Codes(), package(**{"a.py": ""})
    assert kept.keep(content, "theirs") == digest(content)
    assert kept.has("theirs")
    assert not kept.has("another")


def test_an_executable_stays_one() -> None:
    """Its mode bits are those in the package."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("run.sh")
        info.external_attr = 0o755 << 16
        archive.writestr(info, "#!/bin/sh\n")
    kept, folder = unpacked(made.getvalue())
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o755
    kept.close()


@pytest.mark.parametrize("name", ["../out.py", "/etc/out.py", "a/../../out.py", "..\\out.py"])
def test_what_climbs_is_refused(name: str) -> None:
    """Lambda's words are those for a package that it cannot unzip."""
    with pytest.raises(Refused, match="Could not unzip uploaded file"):
        check(package(**{name: ""}))


@pytest.mark.parametrize("content", [b"", b"not a zip", package(**{"a.py": "x" * 100})[:-30]])
def test_what_is_broken_is_refused(content: bytes) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(Refused, match="Could not unzip uploaded file"):
        check(content)


def test_what_is_too_large_unzipped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the package says of itself."""
    monkeypatch.setattr(codes, "UNZIPPED_LIMIT_BYTES", 1000)
    with pytest.raises(Refused, match="Unzipped size must be smaller than 1000 bytes"):
        check(package(**{"a.py": "x" * 600, "b.py": "x" * 600}))


def test_a_package_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What really comes out is counted."""
    content = package(**{"a.py": "x" * 5000})
    monkeypatch.setattr(codes, "check", lambda _content: None)
    monkeypatch.setattr(codes, "UNZIPPED_LIMIT_BYTES", 1000)
    with pytest.raises(Refused, match="Unzipped size"):
        unpacked(content)


def test_damaged_data_is_refused_when_it_is_unpacked() -> None:
    """A directory may be whole where the data are not."""
    content = bytearray(package(**{"a.py": "x" * 5000}))
    content[45:50] = b"\0\0\0\0\0"
    with pytest.raises(Refused, match="Could not unzip"):
        unpacked(bytes(content))
