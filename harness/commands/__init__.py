"""The command line: a light module a command, and the table that names them.

To add one: a module here with `add_options(parser)` and `carry_out(arguments) -> int`, and its line in
`table.py`. It is imported when its command is asked for; what is heavy it imports in `carry_out`.
"""

import json
from collections.abc import Sequence
from typing import Any


def emit(document: dict[str, Any] | Sequence[Any]) -> None:
    """Print the one JSON document of a command on stdout."""
    print(json.dumps(document, indent=1))
