"""SageMaker's Search over resources as their Describe calls show them: filters, order and pages.

API reference: Search, SearchExpression, Filter, NestedFilters. What it leaves open is decided here: a
resource without the property satisfies NotEquals and NotExists alone, and is last in an order; case counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.jobs.search_values import Kind, Resource, Schema, kind_of, moment, number, values
from harness.jobs.unacceptable import Unacceptable

Expression = Mapping[str, Any]

ORDERED = ("GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
OF_TEXT = ("Contains", "In")
WITHOUT_VALUE = ("Exists", "NotExists")
OPERATORS = ("Equals", "NotEquals", *ORDERED, *OF_TEXT, *WITHOUT_VALUE)
# SearchRequest, SearchExpression: "The maximum number of recursive SubExpressions, NestedFilters, and Filters
# ... is 50"; each list has at most 20.
MOST_CONDITIONS, MOST_IN_A_LIST = 50, 20
# Filter, Operator: only these take Contains more than once.
CONTAINS_OFTEN = {
    "Experiment": ("DisplayName", "ExperimentName", "Tags"),
    "ExperimentTrial": ("DisplayName", "TrialName", "Tags"),
    "ExperimentTrialComponent": (
        "DisplayName",
        "TrialComponentName",
        "Tags",
        "InputArtifacts",
        "OutputArtifacts",
    ),
}
DEFAULT_SORT = "LastModifiedTime"


@dataclass(frozen=True, slots=True)
class Query:
    """One Search: which resources, in which order."""

    resource: str
    expression: Expression | None
    sort_by: str = DEFAULT_SORT
    descending: bool = True


def search(resources: Sequence[Resource], query: Query, schema: Schema) -> list[Resource]:
    """Return those of *resources* that satisfy *query*, in its order; raise Unacceptable for a wrong one."""
    if query.expression is not None:
        check(query.expression, query.resource, schema)
    kind_of(query.sort_by, schema)
    found = [
        each for each in resources if query.expression is None or satisfies(each, query.expression, schema)
    ]
    return _sorted(found, query)


def check(expression: Expression, resource: str, schema: Schema) -> None:
    """Raise Unacceptable in SageMaker's words where *expression* is none that Search takes."""
    conditions = list(_conditions(expression))
    if not conditions:
        raise Unacceptable("You must provide at least one subexpression, filter, or nested filter.")
    if len(conditions) > MOST_CONDITIONS:
        raise Unacceptable(
            f"The search expression has {len(conditions)} conditions; the maximum is {MOST_CONDITIONS}."
        )
    for condition in conditions:
        _check_filter(condition, schema)
    often = CONTAINS_OFTEN.get(resource, ())
    single = [
        one
        for one in conditions
        if one.get("Operator") == "Contains" and one["Name"].split(".")[0] not in often
    ]
    if len(single) > 1:
        raise Unacceptable("'CONTAINS' operator usage limit of 1 exceeded.")


def _conditions(expression: Expression) -> Iterator[Mapping[str, Any]]:
    """Yield every filter of *expression*, those of nested filters by the whole name of their property."""
    for part in ("Filters", "NestedFilters", "SubExpressions"):
        if len(expression.get(part) or ()) > MOST_IN_A_LIST:
            raise Unacceptable(f"{part} has more than {MOST_IN_A_LIST} elements.")
    if expression.get("Operator", "And") not in ("And", "Or"):
        raise Unacceptable(f"Invalid Boolean operator: {expression['Operator']}")
    yield from expression.get("Filters") or ()
    for nested in expression.get("NestedFilters") or ():
        for each in nested["Filters"]:
            yield {**each, "Name": _inside(nested["NestedPropertyName"], each["Name"], whole=True)}
    for each in expression.get("SubExpressions") or ():
        yield from _conditions(each)


def _check_filter(condition: Mapping[str, Any], schema: Schema) -> None:
    name, operator, value = condition["Name"], _operator(condition), condition.get("Value")
    kind = kind_of(name, schema)
    if operator not in OPERATORS:
        raise Unacceptable(f"Invalid operator: {operator}")
    if operator in WITHOUT_VALUE:
        return
    if value is None:
        raise Unacceptable(f"A value is required for operator {operator} on property {name}.")
    if kind is Kind.STRUCTURE:
        raise Unacceptable(f"Property {name} is a structure: only Exists and NotExists apply to it.")
    if operator in ORDERED and kind in (Kind.TEXT, Kind.BOOLEAN):
        raise Unacceptable(f"Operator {operator} is not supported for the text property {name}.")
    if operator in OF_TEXT and kind not in (Kind.TEXT, Kind.FREE):
        raise Unacceptable(f"Operator {operator} is only supported for text properties, and {name} is none.")
    _check_value(name, kind, operator, value)


def _check_value(name: str, kind: Kind, operator: str, value: str) -> None:
    if kind is Kind.TIMESTAMP:
        moment(value)
    wants_number = kind is Kind.NUMBER or (kind is Kind.FREE and operator in ORDERED)
    if wants_number and number(value) is None:
        raise Unacceptable(f"Property {name} is numeric: {value} is no integer or decimal.")


def satisfies(resource: Resource, expression: Expression, schema: Schema) -> bool:
    """Return whether *resource* satisfies *expression*, which was checked."""
    answers = (
        *(_holds(resource, one, schema) for one in expression.get("Filters") or ()),
        *(_nested(resource, one, schema) for one in expression.get("NestedFilters") or ()),
        *(satisfies(resource, one, schema) for one in expression.get("SubExpressions") or ()),
    )
    return any(answers) if expression.get("Operator", "And") == "Or" else all(answers)


def _nested(resource: Resource, nested: Mapping[str, Any], schema: Schema) -> bool:
    """Return whether one object of the list satisfies all filters, "if a single object in the list ..."."""
    name = nested["NestedPropertyName"]
    objects = resource.get(name) or []
    inside = {
        key.removeprefix(f"{name}."): kind for key, kind in schema.items() if key.startswith(f"{name}.")
    }
    return any(
        all(
            _holds(each, {**one, "Name": _inside(name, one["Name"], whole=False)}, inside)
            for one in nested["Filters"]
        )
        for each in objects
    )


def _inside(nested: str, name: str, *, whole: bool) -> str:
    """Return the name of a nested filter's property, which may be given with the list's name or without."""
    bare = name.removeprefix(f"{nested}.")
    return f"{nested}.{bare}" if whole else bare


def _operator(condition: Mapping[str, Any]) -> str:
    # "If you specify a Value, but not an Operator, SageMaker uses the equals operator."
    given = condition.get("Operator")
    return str(given) if given else ("Exists" if condition.get("Value") is None else "Equals")


def _holds(resource: Resource, condition: Mapping[str, Any], schema: Schema) -> bool:
    name, operator = condition["Name"], _operator(condition)
    found = values(resource, name)
    if operator in WITHOUT_VALUE:
        return bool(found) == (operator == "Exists")
    value = condition["Value"]
    if operator == "NotEquals":
        return not any(_compare("Equals", each, value, name, schema) for each in found)
    return any(_compare(operator, each, value, name, schema) for each in found)


def _compare(operator: str, held: Any, value: str, name: str, schema: Schema) -> bool:
    kind = kind_of(name, schema)
    if operator == "Contains":
        return value in str(held)
    if operator == "In":
        return str(held) in [each.strip() for each in value.split(",")]
    if kind is Kind.BOOLEAN:
        return str(held).lower() == value.lower()
    pair = _numbers(kind, held, value, name)
    if pair is None:
        return operator == "Equals" and str(held) == value
    left, right = pair
    return {
        "Equals": left == right,
        "GreaterThan": left > right,
        "GreaterThanOrEqualTo": left >= right,
        "LessThan": left < right,
        "LessThanOrEqualTo": left <= right,
    }[operator]


def _numbers(kind: Kind, held: Any, value: str, name: str) -> tuple[float, float] | None:
    """Return both sides as numbers, None where they are compared as texts."""
    if kind is Kind.TIMESTAMP:
        return float(held), moment(value)
    if kind is Kind.TEXT:
        return None
    left, right = number(held), number(value)
    if left is None or right is None:
        return None
    if name.startswith("HyperParameters.") and value.lstrip("+-").isdigit():
        # "If the specified Value is an integer, the decimal hyperparameter values are treated as integers."
        left = float(int(left))
    return left, right


def _sorted(found: list[Resource], query: Query) -> list[Resource]:
    keyed = [(_key(each, query.sort_by), each) for each in found]
    having = [(key, each) for key, each in keyed if key is not None]
    having.sort(key=lambda pair: pair[0], reverse=query.descending)
    return [each for _, each in having] + [each for key, each in keyed if key is None]


def _key(resource: Resource, name: str) -> tuple[int, float, str] | None:
    """Return what orders *resource*: numbers among numbers, before texts."""
    held = next(iter(values(resource, name)), None)
    if held is None:
        return None
    as_number = number(held)
    return (1, 0.0, str(held)) if as_number is None else (0, as_number, "")
