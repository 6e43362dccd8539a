"""What is written in CBOR is read back by botocore as it was."""

from datetime import UTC, datetime
from io import BufferedReader, BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.parsers import RpcV2CBORParser
from hypothesis import given
from hypothesis import strategies as st

from harness.aws.cbor import cbor

# Members that are null are left out by botocore's reader, so there are none in maps here.
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(PLAIN, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=20)


def read(data: bytes) -> Any:
    return RpcV2CBORParser().parse_data_item(BufferedReader(BytesIO(data)))


@given(VALUES)
def test_values_come_back(value: Any) -> None:
    """Of every size and depth."""
    assert read(cbor(value)) == value


def test_nothing_comes_back_as_nothing() -> None:
    """The simple value null."""
    assert read(cbor([None, True, False])) == [None, True, False]


def test_a_moment_comes_back_as_a_moment() -> None:
    """Tagged, in seconds since 1970."""
    moment = datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    assert read(cbor({"At": moment})) == {"At": moment}


@pytest.mark.parametrize("type_name", ["double", "float"])
def test_a_whole_number_is_floating_where_the_model_says_so(type_name: str) -> None:
    """JSON writes 1 for 1.0; SDKs in typed languages want what the service model says."""
    shape = SimpleNamespace(type_name=type_name)
    members = SimpleNamespace(type_name="structure", members={"Threshold": shape})
    assert cbor({"Threshold": 1}, members) == cbor({"Threshold": 1.0})
    assert cbor([1], SimpleNamespace(type_name="list", member=shape)) == cbor([1.0])
    assert cbor({"a": 1}, SimpleNamespace(type_name="map", value=shape)) == cbor({"a": 1.0})
