"""The Condition element: its operators, compiled from a document and asked with a request's context.

IAM user guide: "IAM JSON policy elements: Condition operators" and, for several values, "Conditions with
multiple context keys or values" and "Set operators for multivalued context keys".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.comparisons import COMPARISONS, Comparison
from harness.iam.request import Context

IF_EXISTS = "IfExists"
SETS = ("ForAllValues", "ForAnyValue")


class UnknownOperatorError(ValueError):
    """The document names a condition operator that AWS does not have."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. `words` says it as a reader would: `aws:SourceArn arn:aws:sns:…`."""

    key: str
    words: str
    holds: Callable[[Context], bool]


def compile_conditions(block: Mapping[str, Any], *, variables: bool) -> tuple[Condition, ...]:
    """Return the conditions of *block*, a well-formed Condition element; all of them must hold.

    Raises UnknownOperatorError, and ValueError for a value that its operator cannot read.
    """
    return tuple(
        _condition(operator, key, as_texts(values), variables=variables)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def as_texts(value: Any) -> tuple[str, ...]:
    """Return the value or values of a condition as texts: numbers and booleans may stand unquoted."""
    values = value if isinstance(value, list) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


def _condition(operator: str, key: str, values: tuple[str, ...], *, variables: bool) -> Condition:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith(IF_EXISTS)
    base = name.removesuffix(IF_EXISTS)
    if quantifier and quantifier not in SETS:
        raise UnknownOperatorError(operator)
    if base == "Null":
        return Condition(key, f"{key} {_absent_or_present(values)}", _null(key.lower(), values))
    comparison = COMPARISONS.get(base)
    if comparison is None:
        raise UnknownOperatorError(operator)
    words = f"{key} {comparison.words}{' or '.join(values)}"
    test = _quantified(comparison, quantifier, comparison.compile(values, variables))
    return Condition(key, words, _on_key(key.lower(), test, optional))


def _null(key: str, values: Sequence[str]) -> Callable[[Context], bool]:
    """Return the test for `true`: the key is absent, or `false`: it is there and has a value."""
    wanted = {value.lower() == "true" for value in values}
    return lambda context: (not context.get(key)) in wanted


def _absent_or_present(values: Sequence[str]) -> str:
    return "absent" if [value.lower() for value in values] == ["true"] else "present"


Values = tuple[str, ...]
ValuesTest = Callable[[Values, Context], bool]


def _on_key(key: str, test: ValuesTest, optional: bool) -> Callable[[Context], bool]:
    def holds(context: Context) -> bool:
        values = context.get(key, ())
        # "IfExists": "If the key is not present, evaluate the condition element as true."
        return True if optional and not values else test(values, context)

    return holds


def _quantified(
    comparison: Comparison, quantifier: str, matches: Callable[[str, Context], bool]
) -> ValuesTest:
    """Return the test of all the values that a request has for the key; *matches* looks at one of them.

    ForAllValues is true without the key, ForAnyValue false. Without a set operator a missing key matches
    nothing, so a negated operator is true then, and false once any of several values matches.
    """
    negated = comparison.negated
    if quantifier == "ForAllValues":
        return lambda values, context: all(matches(value, context) is not negated for value in values)
    if quantifier == "ForAnyValue":
        return lambda values, context: any(matches(value, context) is not negated for value in values)
    return lambda values, context: any(matches(value, context) for value in values) is not negated
