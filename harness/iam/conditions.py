"""The Condition element: its operators, compiled from a document and asked with a request's context.

IAM user guide: "IAM JSON policy elements: Condition operators" and, for several values, "Conditions with
multiple context keys or values" and "Set operators for multivalued context keys".

Where AWS does not say what a condition comes to, it holds in a Deny and does not in an Allow: nobody is let
in by a doubt.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.comparisons import COMPARISONS, OPERATORS, Comparison, Matches
from harness.iam.patterns import pattern
from harness.iam.request import Context

IF_EXISTS = "ifexists"
SETS = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


class UnknownOperatorError(ValueError):
    """The document names a condition operator that AWS does not have."""


class UnreadableDateError(ValueError):
    """A Date operator has a value that is no date, which AWS refuses with words of its own."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. `words` says it as a reader would: `aws:SourceArn arn:aws:sns:…`.

    `keys` are the context keys, in small letters, that it looks at: its own, and those of its variables.
    """

    key: str
    words: str
    holds: Callable[[Context], bool]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator taken apart: `ForAnyValue:StringLikeIfExists` is quantifier, base and `optional`."""

    base: str
    quantifier: str = ""
    optional: bool = False

    @classmethod
    def named(cls, name: str) -> "Operator":
        """Return the operator called *name*; raise UnknownOperatorError for one that AWS does not have."""
        before, _, rest = name.lower().rpartition(":")
        base = OPERATORS.get(rest.removesuffix(IF_EXISTS), "")
        optional = rest.endswith(IF_EXISTS)
        # "You can add IfExists to the end of any condition operator name except the Null condition".
        if not base or (before and before not in SETS) or (base == "Null" and (optional or before)):
            raise UnknownOperatorError(name)
        return cls(base, SETS.get(before, ""), optional)


def compile_conditions(
    block: Mapping[str, Any], *, variables: bool, allows: bool = True, lenient: bool = False
) -> tuple[Condition, ...]:
    """Return the conditions of *block*, a well-formed Condition element; all of them must hold.

    *allows*: the statement allows. Raises UnknownOperatorError, UnreadableDateError, and ValueError for any
    other value that its operator cannot read; a *lenient* reading takes such a value for one that is neither
    equal nor different.
    """
    return tuple(
        _condition(Operator.named(name), key, as_texts(values), variables, allows, lenient)
        for name, keys in block.items()
        for key, values in keys.items()
    )


def as_texts(value: Any) -> tuple[str, ...]:
    """Return the value or values of a condition as texts: numbers and booleans may stand unquoted."""
    values = value if isinstance(value, list) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)


def _condition(
    operator: Operator, key: str, values: tuple[str, ...], variables: bool, allows: bool, lenient: bool
) -> Condition:
    own = key.lower()
    if operator.base == "Null":
        words = f"{key} {_absent_or_present(values)}"
        return Condition(key, words, _null(own, values), frozenset({own}))
    comparison = COMPARISONS[operator.base]
    words = f"{key} {comparison.words}{' or '.join(values)}"
    clear = _clear(operator.base, values, in_doubt=allows is comparison.negated)
    matches = _compiled(operator.base, comparison, clear, variables, lenient)
    # A set operator takes no notice of IfExists: without the key ForAnyValue is false all the same, as AWS
    # was seen to answer (AWS re:Post, "ForAnyValue:StringEqualsIfExists behaving unexpectedly").
    optional = operator.optional and not operator.quantifier
    holds = _on_key(own, _quantified(comparison, operator.quantifier, matches, allows), optional)
    return Condition(key, words, holds, frozenset({own, *_used(comparison, values, variables)}))


def _clear(base: str, values: Sequence[str], *, in_doubt: bool) -> Sequence[str]:
    """Return *values* without a lone `*` under an ARN operator, unless that is to match *in_doubt*.

    "Each of the six colon-delimited components of the ARN is checked separately": it lacks five of them.
    """
    if in_doubt or not base.startswith("Arn"):
        return values
    return [value for value in values if value != "*"]


def _compiled(
    base: str, comparison: Comparison, values: Sequence[str], variables: bool, lenient: bool
) -> Matches:
    # "You can use a policy variable with the Boolean condition operator" ("Condition operators"), "You can't"
    # ("Variables and tags"): it is no error, and matches nothing that could let somebody in.
    if lenient or (base == "Bool" and any("${" in value for value in values)):
        return _lenient(comparison, values, variables)
    try:
        return comparison.compile(values, variables)
    except ValueError as error:
        if base.startswith("Date"):
            raise UnreadableDateError(str(error)) from error
        raise


def _lenient(comparison: Comparison, values: Sequence[str], variables: bool) -> Matches:
    """Return the test of those *values* that can be read; it cannot tell what the others would say."""
    readable = [value for value in values if _reads(comparison, value)]
    matches = comparison.compile(readable, variables)
    if len(readable) == len(values):
        return matches
    return lambda value, context: matches(value, context) or None


def _reads(comparison: Comparison, value: str) -> bool:
    try:
        comparison.compile([value], False)
    except ValueError:
        return False
    return True


def _used(comparison: Comparison, values: Sequence[str], variables: bool) -> Iterator[str]:
    """Yield the keys of the policy variables in *values*."""
    if variables and comparison.has_variables:
        for value in values:
            yield from (each.key for each in pattern(value).variables)


def _null(key: str, values: Sequence[str]) -> Callable[[Context], bool]:
    """Return the test for `true`: the key is absent, or `false`: it is there and has a value."""
    wanted = {value.lower() == "true" for value in values}
    return lambda context: (not context.get(key)) in wanted


def _absent_or_present(values: Sequence[str]) -> str:
    return "absent" if [value.lower() for value in values] == ["true"] else "present"


Values = tuple[str, ...]
ValuesTest = Callable[[Values, Context], bool]


def _on_key(key: str, test: ValuesTest, optional: bool) -> Callable[[Context], bool]:
    if optional:
        # "IfExists": "If the key is not present, evaluate the condition element as true."
        return lambda context: test(context[key], context) if context.get(key) else True
    return lambda context: test(context.get(key, ()), context)


def _quantified(comparison: Comparison, quantifier: str, matches: Matches, allows: bool) -> ValuesTest:
    """Return the test of all the values that a request has for the key; *matches* looks at one of them."""
    negated, in_doubt = comparison.negated, comparison.negated and not allows

    def one(value: str, context: Context) -> bool:
        found = matches(value, context)
        return in_doubt if found is None else found is not negated

    if quantifier == "ForAllValues":
        return lambda values, context: all(one(value, context) for value in _set(values))
    if quantifier == "ForAnyValue":
        return lambda values, context: any(one(value, context) for value in _set(values))

    def plain(values: Values, context: Context) -> bool:
        if len(values) == 1:
            return one(values[0], context)
        if not values:
            # "If the key that you specify in a policy condition is not present in the request context, the
            # values do not match": a negated operator holds, any other does not.
            return negated
        # "Multivalued context keys require a condition set operator." AWS does not say what comes without.
        return not allows and any(one(value, context) for value in values)

    return plain


def _set(values: Values) -> Values:
    """Return the set that a set operator looks at.

    "Single-valued vs. multivalued context keys": a key whose "value resolves to a null dataset, such as an
    empty string" is as good as absent, where ForAllValues holds and ForAnyValue does not.
    """
    return () if values == ("",) else values
