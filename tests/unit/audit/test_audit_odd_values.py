"""Rules on templates in which anything may stand anywhere: no value makes them raise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness.audit.catalogue import every_rule
from harness.audit.engine import audit
from harness.audit.view import View
from harness.templates.load import load
from harness.templates.model import Template, token
from tests.amount import EXAMPLES

ODD: tuple[Any, ...] = (
    None,
    "",
    "text",
    0,
    -1,
    True,
    [],
    [5],
    {},
    {"a": 1},
    [{"a": "b"}],
    [None],
    token("Jobs", "Arn"),
)
ROUNDS = max(2, EXAMPLES // 10)


@cache
def _templates(folder: Path) -> tuple[Template, ...]:
    found = []
    for rule in every_rule():
        for text in (rule.failing, rule.passing):
            path = folder / "template.yaml"
            path.write_text(text)
            found.append(load(path))
    return tuple(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the examples of the rules."""
    return tmp_path_factory.mktemp("odd")


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in *value*."""
    inside = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in inside:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _put(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """Return *value* with *odd* at *path*."""
    if not path:
        return odd
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = _put(copy[path[0]], path[1:], odd)
    return copy


def _disturbed(template: Template, random: Random) -> Template:
    """Return *template* with an odd value somewhere in each resource."""
    resources = {}
    for logical_id, one in template.resources.items():
        places = list(_places(one.properties))
        if places:
            one = replace(one, properties=_put(one.properties, random.choice(places), random.choice(ODD)))
        resources[logical_id] = one
    return replace(template, resources=resources)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_value_makes_a_rule_raise(seed: int, folder: Path) -> None:
    """Whatever a template holds, the audit ends."""
    random = Random(f"{seed}/odd values")
    for template in _templates(folder):
        found = audit(View(_disturbed(template, random)), every_rule())
        assert found.resources == len(template.resources)
