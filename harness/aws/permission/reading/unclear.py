"""A body that the gateway and an emulator need not read alike, or that is not what its service takes."""

from harness.refusal import AwsError

# Amazon S3 API reference, "Error responses".
MALFORMED_XML = AwsError(
    "MalformedXML",
    400,
    "The XML you provided was not well-formed or did not validate against our published schema",
)
# Smithy, AWS JSON protocols: what cannot be deserialized.
MALFORMED_JSON = AwsError("SerializationException", 400, "The request body is not a JSON object in UTF-8.")
MALFORMED_GZIP = AwsError("SerializationException", 400, "The request body is not gzip, once.")
INVALID_ADDRESS = AwsError(  # Amazon SQS API reference, "Common errors" of its actions
    "InvalidAddress", 400, "The specified queue URL is invalid.", "InvalidAddress"
)


class UnclearError(Exception):
    """`error` is what AWS answers to such a request."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.message)
        self.error = error


def said_twice(name: str) -> UnclearError:
    """Return the error of a form whose field *name* is there more than once."""
    message = f"The parameter {name[:128]} is there more than once."
    return UnclearError(AwsError("InvalidQueryParameter", 400, message))


def says_two_things(what: str) -> UnclearError:
    """Return the error of a request that names two operations; *what* is where the second one stands."""
    return UnclearError(AwsError("InvalidParameterCombination", 400, f"The request is no form: {what}."))
