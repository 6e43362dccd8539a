"""What every declared thing is held to: names as SageMaker takes them, figures that can be."""

import math
import re

from harness.errors import ScenarioError

# Names of endpoints, configs, models and variants: 1 to 63 of these; SageMaker API reference, CreateEndpoint.
_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


def check_name(what: str, name: str) -> None:
    """Raise ScenarioError when SageMaker would refuse *name*."""
    if not _NAME.fullmatch(name):
        raise ScenarioError(
            f"{what} {name!r}: a name has 1 to 63 letters, digits and hyphens, the first and last no hyphen"
        )


def check_positive(what: str, value: float) -> None:
    """Raise ScenarioError unless *value* is finite and above zero."""
    if not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{what} is {value:g}; it must be a finite number above 0")


def check_range(what: str, value: int, least: int, most: int | None) -> None:
    """Raise ScenarioError unless *value* is a whole number from *least* to *most*, as AWS takes it."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ScenarioError(f"{what} is {value!r}; give a whole number")
    if value < least or (most is not None and value > most):
        limits = f"{least} to {most}" if most is not None else f"{least} or more"
        raise ScenarioError(f"{what} is {value}; AWS takes {limits}")


def check_whole_seconds(what: str, value: float) -> None:
    """Raise ScenarioError unless *value* is a whole number of seconds, 0 or more, as AWS's API takes it."""
    if value < 0 or value % 1:
        raise ScenarioError(f"{what} is {value:g}; give whole seconds, 0 or more")


def check_bounds(what: str, least: int, most: int) -> None:
    """Raise ScenarioError unless a variant may have from *least* to *most* instances."""
    if least < 1:
        raise ScenarioError(f"{what}: min_capacity is {least}; a variant needs at least 1")
    if most < least:
        raise ScenarioError(
            f"{what}: max_capacity ({most}) is below min_capacity ({least}); raise the first or lower the "
            "second"
        )
