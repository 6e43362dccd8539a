"""Where a LocalStack may be found, by what the environment says."""

from pathlib import Path

import pytest

from harness.config import LOCALSTACK_URL, read_settings


@pytest.mark.parametrize(
    ("environ", "urls"),
    [
        ({}, (LOCALSTACK_URL,)),
        ({"LOCALSTACK_HOST": "127.0.0.1:4999"}, ("http://127.0.0.1:4999", LOCALSTACK_URL)),
        ({"LOCALSTACK_HOST": "localhost"}, ("http://localhost:4566", LOCALSTACK_URL)),
        ({"LOCALSTACK_HOST": "localhost.localstack.cloud:4566"}, (LOCALSTACK_URL,)),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4900"}, ("http://127.0.0.1:4900", LOCALSTACK_URL)),
    ],
)
def test_the_addresses_that_are_asked(environ: dict[str, str], urls: tuple[str, ...]) -> None:
    """AWS_ENDPOINT_URL, then LOCALSTACK_HOST as LocalStack's own clients read it, then the usual address."""
    assert read_settings(environ, backend="localstack").localstack_urls == urls


def test_the_interpreter_keeps_its_own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is made absolute, as the child stands elsewhere; a link stays what it is."""
    (tmp_path / "link").symlink_to("/usr/bin/env")
    monkeypatch.chdir(tmp_path)

    settings = read_settings({"HARNESS_LOCALSTACK_PYTHON": "link"}, backend="localstack")

    assert settings.localstack_python == tmp_path / "link"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [({"XDG_CACHE_HOME": "/cache"}, Path("/cache")), ({}, Path.home() / ".cache")],
)
def test_what_is_made_once_goes_to_the_users_cache(environ: dict[str, str], folder: Path) -> None:
    """The XDG rule."""
    assert read_settings(environ).cache_dir == folder / "aws-ml-rehearsal-harness"
