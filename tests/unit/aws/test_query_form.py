"""Forms of the query protocol."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.aws.query_form import decode, entries, name_call
from harness.gateway.chain import Exchange, ReadBody


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_what_was_encoded_is_decoded(fields: dict[str, str]) -> None:
    """Every character that a form can carry."""
    assert decode(urlencode(fields, errors="replace").encode()) == {
        name.encode(errors="replace").decode(): value.encode(errors="replace").decode()
        for name, value in fields.items()
    }


def test_odd_forms_raise_nothing() -> None:
    """No value, no name, no UTF-8, a field twice."""
    assert decode(b"a&=b&c=%ff&d=1&d=2&&e=x%3Dy") == {"a": "", "c": "�", "d": "2", "e": "x=y"}
    assert decode(b"") == {}


def test_numbered_entries_come_in_their_order() -> None:
    """By number and not by text; under whichever prefix they have."""
    fields = {"A.10.Id": "ten", "A.2.Id": "two", "A.2.V.T": "x", "A.x.Id": "none", "B.1": "plain"}
    assert entries(fields, "None.", "A.") == [{"Id": "two", "V.T": "x"}, {"Id": "ten"}]
    assert entries(fields, "B.") == [{"": "plain"}]
    assert entries(fields, "C.") == []


def call(method: str = "POST", query: str = "", content_type: str = "", operation: str = "") -> Exchange:
    """Return a call as `identify` leaves it."""
    head = f"{method} /{query} HTTP/1.1\r\nContent-Type: {content_type}\r\n\r\n"
    exchange = Exchange.from_head(head.encode())
    exchange.operation = operation or method
    return exchange


def test_a_form_names_its_operation() -> None:
    """From the body, wherever the field stands; the handlers after it go on."""
    exchange = call(content_type="application/x-www-form-urlencoded; charset=utf-8")
    outcome = name_call(exchange)
    assert isinstance(outcome, ReadBody)
    exchange.body = b"Version=1&Action=SendMessage&X=Action%3D"
    assert outcome.then(exchange) is None
    assert exchange.operation == "SendMessage"


@pytest.mark.parametrize(
    ("exchange", "operation"),
    [
        (call("GET", "?Version=1&Action=ListQueues"), "ListQueues"),
        (call("GET", "?list-type=2"), "GET"),
        (call("GET", "?x=Action=Y"), "GET"),
        (call(content_type="application/json"), "POST"),
        (call(content_type="application/x-www-form-urlencoded", operation="SendMessage"), "SendMessage"),
    ],
)
def test_other_calls_keep_their_names(exchange: Exchange, operation: str) -> None:
    """Those whose head says all, and those of other protocols; nobody's body is read for it."""
    assert name_call(exchange) is None
    assert exchange.operation == operation
