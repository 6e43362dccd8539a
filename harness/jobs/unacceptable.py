"""What SageMaker refuses, said by code that knows nothing of HTTP."""


class Unacceptable(Exception):
    """A request is not one that SageMaker carries out; `code` and `message` are those of its error."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
