"""How figures are written for people: times, spans, counts, limits. Pure."""

import math
import re

MINUTE_S, HOUR_S = 60, 3_600


def clock(seconds: float) -> str:
    """Return a moment of the run as `mm:ss`, and as `h:mm:ss` from ten hours on."""
    whole = int(seconds + 0.5)
    if whole < 10 * HOUR_S:
        return f"{whole // MINUTE_S:02d}:{whole % MINUTE_S:02d}"
    return f"{whole // HOUR_S}:{whole % HOUR_S // MINUTE_S:02d}:{whole % MINUTE_S:02d}"


def span(seconds: float) -> str:
    """Return a length of time in words: `9 min 8 s`, `48 s`, `2 h 5 min`; below 10 s as `short` writes it."""
    if seconds < 10:
        return short(seconds)
    whole = int(seconds + 0.5)
    if whole < MINUTE_S:
        return f"{whole} s"
    if whole < HOUR_S:
        return _two(whole // MINUTE_S, "min", whole % MINUTE_S, "s")
    return _two(whole // HOUR_S, "h", whole % HOUR_S // MINUTE_S, "min")


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit} {small} {small_unit}" if small else f"{big} {big_unit}"


def short(seconds: float) -> str:
    """Return a response time with three significant digits: `25.3 s`, `620 ms`, `0.43 ms`."""
    if seconds >= 0.9995:
        return f"{significant(seconds)} s"
    return f"{significant(seconds * 1_000)} ms"


def steady(seconds: float) -> str:
    """Return a response time as `short` does, with its zeros, for columns: `1.10 s` under `1.38 s`."""
    if seconds >= 0.9995:
        return f"{significant(seconds, keep=True)} s"
    return f"{significant(seconds * 1_000, keep=True)} ms"


def significant(value: float, digits: int = 3, *, keep: bool = False) -> str:
    """Return *value* to *digits* significant digits without an exponent; whole digits are never dropped.

    Zeros at the end of a fraction are left out unless *keep*.
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # after rounding: 0.9996 is 1.00
    decimals = max(digits - 1 - exponent, 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text and not keep else text


def number(value: float) -> str:
    """Return a measured value as people read it: whole numbers whole, others to four significant digits."""
    return f"{value:,.0f}" if float(value).is_integer() else significant(value, 4)


def share(part: float, whole: float) -> str:
    """Return *part* of *whole* in per cent; 100 % and 0 % are written only when they are exact."""
    if part in (0, whole):
        return "0 %" if part == 0 else "100 %"
    ratio = 100 * part / whole
    return f"{min(max(ratio, 0.01), 99.99):.2f} %" if not 1 <= ratio <= 99 else f"{ratio:.1f} %"


def with_unit(value: float, unit: str) -> str:
    """Return *value* with its *unit* as people read it; a ratio is written in per cent."""
    if unit == "ratio":
        return f"{number(100 * value)} %"
    return f"{number(value)} {_singular(unit) if value == 1 else unit}".strip()


def _singular(unit: str) -> str:
    if unit.endswith("ies"):
        return f"{unit[:-3]}y"
    return unit[:-1] if unit.endswith("s") and len(unit) > 2 else unit


def limit(words: str, unit: str) -> str:
    """Return the limit of an expectation (`<= 0.05`) with its *unit* and the sign people write (`≤ 5 %`)."""
    found = re.fullmatch(r"(<=|>=|==|<|>) (-?[\d.]+(?:e[+-]?\d+)?)", words)
    if found is None:
        return f"{words} {unit}".strip()
    sign = {"<=": "≤", ">=": "≥", "==": "="}.get(found[1], found[1])
    return f"{sign} {with_unit(float(found[2]), unit)}"


def plural(count: int, one: str, many: str = "") -> str:
    """Return *count* with its noun: `1 call`, `1,050 calls`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def shorten(text: str, most: int) -> str:
    """Return *text* cut in the middle to *most* characters."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"
