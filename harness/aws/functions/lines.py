"""What a process prints, as the lines of a log, and those that Lambda itself writes around an invocation.

Lambda developer guide, "Working with Python function logs": START, END and REPORT with its fields.
"""

import math
from dataclasses import dataclass

# The most that one event of CloudWatch Logs holds (PutLogEvents, 1 MB with its overhead).
LINE_BYTES = 256 * 1024
# How many lines of one invocation are kept until it ends.
MOST_LINES = 10_000
TAIL_BYTES = 4096


class Lines:
    """Bytes in, lines out."""

    def __init__(self) -> None:
        self._begun = b""
        self._whole: list[str] = []

    def hear(self, data: bytes) -> None:
        """Take what was printed."""
        *whole, self._begun = (self._begun + data).split(b"\n")
        self._whole += [_text(line) for line in whole]
        if len(self._begun) > LINE_BYTES:
            self._whole.append(_text(self._begun))
            self._begun = b""
        if len(self._whole) > MOST_LINES:
            del self._whole[: -MOST_LINES // 2]

    def take(self) -> list[str]:
        """Return the lines since the last time, a last one without its end too."""
        if self._begun:
            self._whole.append(_text(self._begun))
            self._begun = b""
        taken, self._whole = self._whole, []
        return taken


def _text(line: bytes) -> str:
    # The runtime interface client writes the lines of a traceback as one, with carriage returns.
    return line[:LINE_BYTES].decode("utf-8", "replace").rstrip("\r").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class Report:
    """What the REPORT line says. Spans in seconds; `init_s` is None for a warm invocation."""

    request: str
    duration_s: float
    memory_mb: int
    used_mb: int
    init_s: float | None = None
    status: str = ""
    error: str = ""

    def line(self) -> str:
        """Return it as Lambda writes it. INIT has been billed since 1 August 2025 (AWS Compute Blog)."""
        billed_ms = math.ceil(round((self.duration_s + (self.init_s or 0.0)) * 1000, 3))
        fields = [
            f"REPORT RequestId: {self.request}",
            f"Duration: {self.duration_s * 1000:.2f} ms",
            f"Billed Duration: {billed_ms} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {self.used_mb} MB",
        ]
        if self.init_s is not None:
            fields.append(f"Init Duration: {self.init_s * 1000:.2f} ms")
        if self.status:
            fields.append(f"Status: {self.status}")
        if self.error:
            fields.append(f"Error Type: {self.error}")
        return "\t".join(fields)


def tail_of(lines: list[str]) -> str:
    """Return the last 4 KB of *lines*, as LogType Tail gives them."""
    text = "".join(f"{line}\n" for line in lines)
    return text.encode()[-TAIL_BYTES:].decode("utf-8", "ignore")
