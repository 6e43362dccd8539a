"""Partial batch responses, by the lists of the guide's "success and failure conditions"."""

import pytest

from harness.functions.event_sources_results import failed_items

IDS = ("m1", "m2", "m3")


@pytest.mark.parametrize(
    "payload",
    [b"", b" ", b"null", b"{}", b'{"batchItemFailures": null}', b'{"batchItemFailures": []}', b'{"a": 1}'],
)
def test_complete_success(payload: bytes) -> None:
    """An answer without failures deletes all."""
    assert failed_items(payload, IDS, reports=True) == frozenset()


@pytest.mark.parametrize(
    "payload",
    [
        b"not json",
        b'"text"',
        b"[]",
        b"5",
        b'{"batchItemFailures": "m1"}',
        b'{"batchItemFailures": [{"itemIdentifier": ""}]}',
        b'{"batchItemFailures": [{"itemIdentifier": null}]}',
        b'{"batchItemFailures": [{"messageId": "m1"}]}',
        b'{"batchItemFailures": ["m1"]}',
        b'{"batchItemFailures": [{"itemIdentifier": "m4"}]}',
    ],
)
def test_complete_failure(payload: bytes) -> None:
    """An answer that cannot be understood fails the whole batch."""
    assert failed_items(payload, IDS, reports=True) is None


def test_some_failed() -> None:
    """Those that are named come back."""
    items = b'{"itemIdentifier": "m2"}, {"itemIdentifier": "m2"}, {"itemIdentifier": "m3"}'
    payload = b'{"batchItemFailures": [%b]}' % items
    assert failed_items(payload, IDS, reports=True) == {"m2", "m3"}


def test_without_the_setting_nothing_is_read() -> None:
    """A mapping that was not set to it ignores what the function answers."""
    assert (
        failed_items(b'{"batchItemFailures": [{"itemIdentifier": "m2"}]}', IDS, reports=False) == frozenset()
    )
