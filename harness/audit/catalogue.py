"""All rules: every module of `harness.audit.rules` has one."""

import difflib
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from harness.audit import rules as folder
from harness.audit.model import Rule
from harness.errors import ScenarioError


@cache
def every_rule() -> tuple[Rule, ...]:
    """Return the rules in the order of their ids."""
    names = sorted(
        each.name for each in pkgutil.iter_modules(folder.__path__) if not each.name.startswith("_")
    )
    return tuple(import_module(f"{folder.__name__}.{name}").RULE for name in names)


def chosen(only: Iterable[str] = (), without: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Return all rules, or those of *only*, less those of *without*; ScenarioError for an unknown id."""
    wanted, left_out = set(only), set(without)
    known = [rule.id for rule in every_rule()]
    for name in sorted(wanted | left_out):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`harness audit --rules` lists them"
            raise ScenarioError(f"There is no rule {name!r}; {hint}")
    return tuple(
        rule for rule in every_rule() if (not wanted or rule.id in wanted) and rule.id not in left_out
    )
