"""Request bytes to rows of numbers, and answers back to bytes: CSV, JSON and JSON lines.

The shapes are those of SageMaker's built-in algorithms ("Common data formats for inference" in the
SageMaker AI developer guide). For CSV answers the built-in XGBoost container is the model: all answers on
one line, separated by commas (its own source calls this invalid CSV, kept for compatibility), and one
answer a line in batch transform (SAGEMAKER_BATCH). Clients written for it split the body on ",".

Nothing here imports onnxruntime; numpy and orjson are imported when the first payload arrives.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"

READS = (CSV, JSON)
WRITES = (CSV, JSON, JSON_LINES)

# JSON's other values start with one of these bytes. A CSV text without them can be read by a JSON parser
# and then holds numbers only: true, null, "x", nested lists and objects cannot slip in.
_NOT_IN_NUMBERS = (b'"', b"[", b"{", b"t", b"f", b"n")


class CsvAnswer(Enum):
    """How several answers are put into one CSV body."""

    ONE_LINE = b","
    A_LINE_EACH = b"\n"


class PayloadError(Exception):
    """The body or a header of the request cannot be used; `status` is what a model container answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type without its parameters, which are kept apart: ``text/csv; charset=utf-8``."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def parameter(self, name: str, default: str = "") -> str:
        """Return the value of parameter *name* in lower case, or *default*."""
        return dict(self.parameters).get(name, default)


def parse_media_type(header: str) -> MediaType:
    """Return the media type of a Content-Type *header*; case and white space do not matter, nor do quotes."""
    name, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest if "=" in part)
    return MediaType(
        name.strip().lower(),
        tuple((key.strip().lower(), value.strip().strip('"').lower()) for key, _, value in pairs),
    )


def read_as(content_type: str | None) -> str:
    """Return which of READS the body is in. A missing type is CSV, as in the XGBoost container.

    Raises PayloadError 415 for any other type and for a charset other than UTF-8 or ASCII.
    """
    if not content_type:
        return CSV
    if content_type in READS:
        return content_type
    media = parse_media_type(content_type)
    if media.name not in READS:
        raise PayloadError(
            415, f"Content type '{media.name}' is not supported: send one of {', '.join(READS)}"
        )
    if media.parameter("charset", "utf-8") not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise PayloadError(415, f"Charset '{media.parameter('charset')}' is not supported: send UTF-8")
    return media.name


def write_as(accept: str | None, read: str) -> str:
    """Return which of WRITES the answer is in: the best of *accept*, else the type that was *read*.

    An absent Accept header and ``*/*`` leave the choice to the model, which answers in the type it was
    asked in. Raises PayloadError 406 when *accept* names only types that are not written.
    """
    if not accept or accept == "*/*":
        return read
    if accept in WRITES:
        return accept
    offers = sorted(map(parse_media_type, accept.split(",")), key=_quality, reverse=True)
    for media in offers:
        if _quality(media) <= 0.0:
            continue
        if media.name in WRITES:
            return media.name
        if media.name in ("*/*", f"{read.partition('/')[0]}/*"):
            return read
    raise PayloadError(406, f"Accept type '{accept}' is not supported: accept one of {', '.join(WRITES)}")


def decode(body: bytes, media_type: str, width: int) -> "NDArray[np.float32]":
    """Return the rows in *body* as a float32 array of shape (rows, *width*).

    Raises PayloadError 400 that names the first row and column (both counted from 1) that cannot be used.
    """
    return decode_csv(body, width) if media_type == CSV else decode_json(body, width)


def decode_csv(body: bytes, width: int) -> "NDArray[np.float32]":
    """Return the rows of a CSV *body* without header: lines of *width* numbers separated by commas.

    A CSV text of plain numbers is a JSON text once brackets are put round its lines, and orjson reads
    numbers four to five times as fast as numpy.loadtxt (benchmarks/inference.py). Whatever that strict
    reading refuses (``+1``, ``.5``, an empty field) is read again slowly, to accept it or to say where it
    is wrong.
    """
    import orjson

    if any(byte in body for byte in _NOT_IN_NUMBERS):
        return _decode_csv_slowly(body, width)
    try:
        rows = orjson.loads(b"[[" + body.rstrip().replace(b"\n", b"],[") + b"]]")
    except ValueError:
        return _decode_csv_slowly(body, width)
    if set(map(len, rows)) != {width}:
        return _decode_csv_slowly(body, width)
    return _as_array(rows, width)


def decode_json(body: bytes, width: int) -> "NDArray[np.float32]":
    """Return the rows of a JSON *body*: ``{"instances": [...]}`` or a plain list of rows.

    An instance is ``{"features": [...]}``, ``{"data": {"features": {"values": [...]}}}`` (both in the
    developer guide) or a plain list of *width* numbers.
    """
    import orjson

    try:
        document = orjson.loads(body)
    except ValueError as error:
        raise PayloadError(400, f"The body is not JSON: {error}") from error
    instances = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(instances, list) or not instances:
        raise PayloadError(400, 'The JSON body holds no rows: send {"instances": [{"features": [...]}]}')
    rows = [_features(instance) for instance in instances]
    for number, row in enumerate(rows, start=1):
        _check_json_row(row, number, width)
    return _as_array(rows, width)


def encode(answers: "NDArray[np.float32]", media_type: str, csv_answer: CsvAnswer) -> bytes:
    """Return the body for *answers*: shortest decimal numbers that give back the same float32."""
    import orjson

    numbers = orjson.dumps(answers, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    if media_type == CSV:
        return numbers if csv_answer is CsvAnswer.ONE_LINE else numbers.replace(b",", b"\n") + b"\n"
    if media_type == JSON:
        scores = numbers.replace(b",", b'},{"score":')
        return b'{"predictions":[{"score":' + scores + b"}]}"
    return b'{"score":' + numbers.replace(b",", b'}\n{"score":') + b"}\n"


def _quality(media: MediaType) -> float:
    try:
        return float(media.parameter("q", "1"))
    except ValueError:
        return 0.0


def _as_array(rows: list[list[float]], width: int) -> "NDArray[np.float32]":
    """Return *rows*, each of *width* numbers, as one array. struct packs lists faster than numpy reads them.

    Raises PayloadError for a number beyond 3.4e38, where float32 ends: native packing makes it infinite.
    """
    import numpy as np

    packed = struct.pack(f"{len(rows) * width}f", *chain.from_iterable(rows))
    array = np.frombuffer(packed, np.float32).reshape(len(rows), width)
    if not np.isfinite(array).all():
        row, column = (int(index) for index in np.argwhere(~np.isfinite(array))[0])
        _refuse(row + 1, column + 1, f"{rows[row][column]!r:.40} does not fit a 32-bit float")
    return array


def _decode_csv_slowly(body: bytes, width: int) -> "NDArray[np.float32]":
    """Read *body* field by field by Python's own rules; raise PayloadError at the first bad field."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PayloadError(400, f"The body is not UTF-8 text: byte {error.start} cannot be read") from error
    if not text.strip():
        raise PayloadError(400, "The body is empty: send at least one row")
    rows = []
    for number, line in enumerate(text.rstrip().split("\n"), start=1):
        fields = line.split(",")
        rows.append([_number(field, number, column) for column, field in enumerate(fields, start=1)])
        _check_width(len(fields), number, width)
    return _as_array(rows, width)


def _number(field: str, row: int, column: int) -> float:
    text = field.strip()
    try:
        value = float(text)
    except ValueError:
        _refuse(row, column, f"'{text:.40}' is not a number" if text else "the field is empty")
    # float() takes "1_000", which no CSV writer means as a number.
    if "_" in text or value - value != 0.0:
        _refuse(row, column, f"'{text:.40}' is not a finite number")
    return value


def _features(instance: Any) -> Any:
    """Return the vector inside *instance*, unwrapping the objects of the developer guide."""
    for key in ("data", "features", "values"):
        if isinstance(instance, dict) and key in instance:
            instance = instance[key]
    return instance


def _check_json_row(row: Any, number: int, width: int) -> None:
    if not isinstance(row, list):
        raise PayloadError(400, f'Row {number} is not a list of numbers: send {{"features": [...]}}')
    for column, value in enumerate(row, start=1):
        if type(value) not in (int, float):
            _refuse(number, column, f"{value!r:.40} is not a number")
    _check_width(len(row), number, width)


def _check_width(found: int, row: int, width: int) -> None:
    if found != width:
        raise PayloadError(400, f"Row {row} has {found} columns: the model takes {width}")


def _refuse(row: int, column: int, reason: str) -> NoReturn:
    raise PayloadError(400, f"Row {row}, column {column}: {reason}")
