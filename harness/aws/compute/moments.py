"""Moments as EC2 writes and reads them: seconds since 1970 against ISO 8601 in UTC."""

from datetime import UTC, datetime


def iso(epoch_s: float) -> str:
    """Return a moment to the second, as instance metadata has it: 2017-09-18T08:22:00Z."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_ms(epoch_s: float) -> str:
    """Return a moment to the millisecond, as EC2's API has it."""
    moment = datetime.fromtimestamp(epoch_s, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def gmt(epoch_s: float) -> str:
    """Return a moment as the reason of an instance's state has it: 2026-11-22 19:00:00 GMT."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%d %H:%M:%S GMT")


def epoch_of(text: str) -> float:
    """Return the seconds since 1970 of an ISO 8601 moment, UTC where it names no zone; raise ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
