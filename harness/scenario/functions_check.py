"""Whether the functions and triggers of a scenario can be deployed together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from harness.errors import ScenarioError
from harness.scenario.functions import EventSource, Function
from harness.scenario.named import of_type
from harness.scenario.triggers import HttpApi, Rule, Timer

# Lambda guide, "Configuring reserved concurrency": 100 are kept for functions without any.
KEPT_UNRESERVED = 100


def check_functions(who: str, things: Sequence[Any], account_concurrency: int) -> None:
    """Raise ScenarioError where two of *things* would be one on AWS, or reserve more than the account has."""
    functions = of_type(things, Function)
    _check_once(who, "different functions are called", (one.name for one in functions))
    rules: list[Timer | Rule] = [*of_type(things, Timer), *of_type(things, Rule)]
    _check_once(who, "timers and rules are called", (one.name for one in rules))
    _check_once(who, "HTTP APIs are called", (one.name for one in of_type(things, HttpApi)))
    mapped = [f"{one.queue.name} for {one.function.name}" for one in things if isinstance(one, EventSource)]
    _check_once(who, "event sources are of", mapped)
    reserved = sum(one.reserved or 0 for one in functions)
    if reserved > account_concurrency - KEPT_UNRESERVED:
        raise ScenarioError(
            f"{who}: its functions reserve {reserved} of {account_concurrency} concurrent executions, and "
            f"Lambda keeps {KEPT_UNRESERVED} unreserved; reserve fewer, or set account_concurrency"
        )


def _check_once(who: str, what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ScenarioError(f"{who}: {count} {what} {name!r}; keep one, or give each a name of its own")
