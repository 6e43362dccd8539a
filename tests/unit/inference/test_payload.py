"""CSV and JSON in, answers out."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.inference.payload import (
    CSV,
    JSON,
    JSON_LINES,
    CsvAnswer,
    PayloadError,
    decode,
    encode,
    parse_media_type,
    read_as,
    write_as,
)

floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(st.lists(floats, min_size=4, max_size=4), min_size=1, max_size=8))
def test_csv_reads_what_loadtxt_reads(rows):
    """The fast CSV reader and numpy's give the same float32 for any finite numbers."""
    body = "\n".join(",".join(map(repr, row)) for row in rows).encode()
    expected = np.loadtxt(io.BytesIO(body), delimiter=",", dtype=np.float32, ndmin=2)
    assert np.array_equal(decode(body, CSV, 4), expected)


@pytest.mark.parametrize(
    "body",
    [
        b"1,2\n3,4",
        b"1,2\n3,4\n",
        b"1,2\r\n3,4\r\n",
        b" 1, 2 \n3 ,4",
        b"+1,2.\n3,04",
        b"1e0,2E0\n.3e1,4",
        b"1,2\n3,4\n\n",
    ],
)
def test_csv_takes_every_usual_spelling(body):
    """Line ends, blanks, signs, exponents and bare points do not matter."""
    assert decode(body, CSV, 2).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"1,2\n3,x", "Row 2, column 2: 'x' is not a number"),
        (b"1,\n3,4", "Row 1, column 2: the field is empty"),
        (b"1,2\n3", "Row 2 has 1 columns: the model takes 2"),
        (b"1,2,3\n4", "Row 1 has 3 columns: the model takes 2"),
        (b"1,2\n\n3,4", "Row 2, column 1: the field is empty"),
        (b"1,nan", "Row 1, column 2: 'nan' is not a finite number"),
        (b"1,-inf", "Row 1, column 2: '-inf' is not a finite number"),
        (b"1,true", "Row 1, column 2: 'true' is not a number"),
        (b"1,[2]", "Row 1, column 2: '[2]' is not a number"),
        (b'1,"2"', "Row 1, column 2: '\"2\"' is not a number"),
        (b"1],[2,3", "Row 1, column 1: '1]' is not a number"),
        (b"1,1e39", "Row 1, column 2: 1e+39 does not fit a 32-bit float"),
        (b"1,1_000", "Row 1, column 2: '1_000' is not a finite number"),
        (b" \n ", "The body is empty"),
        (b"", "The body is empty"),
        (b"1,\xff", "The body is not UTF-8 text: byte 2"),
    ],
)
def test_bad_csv_names_row_and_column(body, said):
    """What cannot be read is a 400 that says where and what."""
    with pytest.raises(PayloadError) as caught:
        decode(body, CSV, 2)
    assert (caught.value.status, said in caught.value.message) == (400, True), caught.value.message


@given(st.binary(max_size=40))
def test_any_bytes_are_rows_or_a_payload_error(body):
    """No body raises anything but PayloadError, and what is accepted is finite and has the width."""
    try:
        rows = decode(body, CSV, 2)
    except PayloadError:
        return
    assert rows.shape[1] == 2
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    "document",
    [
        {"instances": [{"features": [1, 2]}, {"features": [3, 4.0]}]},
        {"instances": [[1, 2], [3, 4]]},
        {
            "instances": [
                {"data": {"features": {"values": [1, 2]}}},
                {"data": {"features": {"values": [3, 4]}}},
            ]
        },
        [[1, 2], [3, 4]],
    ],
)
def test_json_takes_the_documented_shapes(document):
    """Instances with features, nested features, plain rows, and a plain list of rows are the same request."""
    assert decode(json.dumps(document).encode(), JSON, 2).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"{}", "holds no rows"),
        (b"[]", "holds no rows"),
        (b"3", "holds no rows"),
        (b"[1,2]", "Row 1 is not a list"),
        (b"[[1,2],[3]]", "Row 2 has 1 columns"),
        (b'[[1,"2"]]', "Row 1, column 2: '2' is not a number"),
        (b"[[true,2]]", "Row 1, column 1: True is not a number"),
        (b"[[1,null]]", "Row 1, column 2: None is not a number"),
        (b"[[1,1e300]]", "Row 1, column 2: 1e+300 does not fit"),
    ],
)
def test_bad_json_names_row_and_column(body, said):
    """A JSON body that holds no rows of numbers is a 400 that says why."""
    with pytest.raises(PayloadError) as caught:
        decode(body, JSON, 2)
    assert (caught.value.status, said in caught.value.message) == (400, True), caught.value.message


def test_csv_answers_are_one_line_unless_asked_otherwise():
    """Clients of the built-in XGBoost container split the body on commas."""
    answers = np.array([1.5, -2.0, 0.1], np.float32)
    assert encode(answers, CSV, CsvAnswer.ONE_LINE) == b"1.5,-2.0,0.1"
    assert encode(answers, CSV, CsvAnswer.A_LINE_EACH) == b"1.5\n-2.0\n0.1\n"


def test_json_answers_are_scores():
    """JSON and JSON lines carry the built-in algorithms' regression shape."""
    answers = np.array([1.5, 2.0], np.float32)
    assert json.loads(encode(answers, JSON, CsvAnswer.ONE_LINE)) == {
        "predictions": [{"score": 1.5}, {"score": 2.0}]
    }
    lines = encode(answers, JSON_LINES, CsvAnswer.ONE_LINE).splitlines()
    assert [json.loads(line) for line in lines] == [{"score": 1.5}, {"score": 2.0}]


@given(st.lists(floats, min_size=1, max_size=20))
def test_answers_come_back_bit_by_bit(answers):
    """Reading an encoded answer as float32 gives what the model said."""
    expected = np.array(answers, np.float32)
    body = encode(expected, CSV, CsvAnswer.ONE_LINE)
    assert np.array_equal(np.array(body.split(b","), np.float32), expected)


def test_media_types_are_read_with_their_parameters():
    """Case, blanks and quotes do not matter."""
    media = parse_media_type(' Text/CSV ; Charset="UTF-8"; header=absent')
    assert (media.name, media.parameter("charset"), media.parameter("header")) == (
        "text/csv",
        "utf-8",
        "absent",
    )


@pytest.mark.parametrize(
    ("header", "read"),
    [(None, CSV), ("", CSV), ("text/csv; charset=utf-8", CSV), ("APPLICATION/JSON", JSON)],
)
def test_known_content_types_are_read(header, read):
    """A missing content type is CSV, as in the XGBoost container."""
    assert read_as(header) == read


@pytest.mark.parametrize("header", ["text/libsvm", "application/octet-stream", "text/csv; charset=utf-16"])
def test_other_content_types_are_unsupported(header):
    """What cannot be read is a 415."""
    with pytest.raises(PayloadError) as caught:
        read_as(header)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    ("accept", "written"),
    [
        (None, CSV),
        ("*/*", CSV),
        ("text/*", CSV),
        ("application/json", JSON),
        ("image/png, application/json;q=0.5", JSON),
        ("text/csv;q=0.2, application/jsonlines;q=0.8", JSON_LINES),
        ("application/json;q=0, */*;q=0.1", CSV),
    ],
)
def test_the_best_accepted_type_is_written(accept, written):
    """Without a wish the answer comes in the type of the question."""
    assert write_as(accept, CSV) == written


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/csv;q=many"])
def test_types_that_are_not_written_are_not_acceptable(accept):
    """A wish that cannot be met is a 406."""
    with pytest.raises(PayloadError) as caught:
        write_as(accept, CSV)
    assert caught.value.status == 406
