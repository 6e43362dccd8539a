"""Values in CBOR (RFC 8949), as far as Smithy RPC v2 CBOR answers need it."""

import struct
from datetime import datetime
from typing import Any

# Tag 1: an epoch-based moment; Smithy RPC v2 CBOR, "Timestamp serialization".
EPOCH_TAG = b"\xc1"


def cbor(value: Any, shape: Any = None) -> bytes:
    """Return *value* in CBOR; *shape*, of botocore's service model, tells which numbers are floating."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, datetime):
        return EPOCH_TAG + cbor(value.timestamp())
    if isinstance(value, float) or (shape is not None and shape.type_name in ("double", "float")):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        member = getattr(shape, "member", None)
        return _head(4, len(value)) + b"".join(cbor(each, member) for each in value)
    members = getattr(shape, "members", {})
    each_value = getattr(shape, "value", None)
    pairs = (cbor(name) + cbor(each, members.get(name, each_value)) for name, each in value.items())
    return _head(5, len(value)) + b"".join(pairs)


def _head(major: int, number: int) -> bytes:
    """Return the head of a data item: its major type and an argument in as few bytes as hold it."""
    if number < 24:
        return bytes([major << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | code]) + number.to_bytes(size, "big")
    return bytes([major << 5 | 27]) + number.to_bytes(8, "big")
