"""An endpoint that somebody else runs says who it is, or that it is unknown."""

import pytest

from harness.backends.url import who_answers


@pytest.mark.parametrize(
    ("body", "who"),
    [
        (b'{"version": "1.5.33", "iot_mtls": "disabled", "services": {}}', ("ministack", "1.5.33")),
        (b'{"version": "4.14.0", "edition": "community", "services": {}}', ("localstack", "4.14.0")),
        (b'{"services": {}}', ("localstack", "unknown")),
        (b"<html>", ("endpoint", "unknown")),
        (b"[]", ("endpoint", "unknown")),
    ],
)
def test_the_health_page_names_the_emulator(body: bytes, who: tuple[str, str]) -> None:
    """LocalStack's health page is served by several; what only one of them says tells them apart."""
    assert who_answers(body) == who
