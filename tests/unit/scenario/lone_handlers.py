"""Handlers whose file imports the standard library alone, as the code of a function must."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy
else:
    import base64  # noqa: F401 - an import that really happens, in the other branch


def echo(event: Any, _context: Any) -> "numpy.ndarray | str":
    """Return the event."""
    return json.dumps(event)


class Holder:
    """Something that a handler must not be inside of."""

    @staticmethod
    def inner(event: Any, _context: Any) -> Any:
        """Return the event."""
        return event
