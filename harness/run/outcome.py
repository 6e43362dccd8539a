"""What a rehearsal came to, for whoever tells it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError


@dataclass(slots=True)
class Outcome:
    """What a rehearsal came to: its directory, summary, and the error that ended it early, if any.

    `trouble` is a sentence about a report that could not be drawn, empty when it was. `comparison` holds it
    against its baseline (`harness.compare`), None where there is none.
    """

    directory: Path
    summary: dict[str, Any] = field(default_factory=dict)
    error: HarnessError | KeyboardInterrupt | None = None
    trouble: str = ""
    comparison: dict[str, Any] | None = None
