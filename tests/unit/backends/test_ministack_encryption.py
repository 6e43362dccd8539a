"""Objects that KMS is to encrypt, with and without a key."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.backends.ministack_encryption import ENCRYPTION, KEY_ID, with_managed_key


def keys_seen(headers: Mapping[str, str]) -> str | None:
    def resolve(given: Mapping[str, str], bucket: str) -> Any:
        return given.get(KEY_ID)

    found: str | None = with_managed_key(resolve, lambda: "managed")(headers, "bucket")
    return found


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({ENCRYPTION: "aws:kms"}, "managed"),
        ({ENCRYPTION: "aws:kms", KEY_ID: "mine"}, "mine"),
        ({ENCRYPTION: "AES256"}, None),
        ({}, None),
    ],
)
def test_the_managed_key_stands_in_where_none_is_named(headers: dict[str, str], key: str | None) -> None:
    """Only for aws:kms, and never over a key that was given."""
    assert keys_seen(headers) == key
