"""FilterCriteria of event source mappings: which records of a queue a function gets.

The patterns are those of EventBridge, whose grammar is that of SNS's filters of bodies, so that these are
compiled by `harness.messaging.filters`. Sources: Lambda developer guide, "Control which events Lambda sends
to your function" and "Using event filtering with an Amazon SQS event source".
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import RequestRefused
from harness.messaging.filters import Filter, FilterPolicyError, compile_filter
from harness.messaging.filters.values import read_json

# "By default, you can define up to five different filters for a single event source mapping."
MOST_FILTERS = 5
BODY = "body"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One pattern: what it asks of a body that is JSON, of one that is not, and of the rest of the record."""

    of_json: tuple[Filter, ...]
    of_text: tuple[Filter, ...]
    of_record: tuple[Filter, ...]

    def takes(self, body: str, record: Mapping[str, Any]) -> bool:
        if self.of_record and not _all(self.of_record, json.dumps(record)):
            return False
        if self.of_text:
            # A pattern of plain strings drops bodies that are JSON objects ("a mismatch").
            return not isinstance(read_json(body), dict) and _all(self.of_text, json.dumps({BODY: body}))
        # A body that is no JSON object does not match a pattern that is one: the record is dropped.
        return _all(self.of_json, body)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of one mapping; a record passes when one of them takes it, all pass where there are none.

    `beside_body` are the keys of patterns other than `body`: the guide says that mappings of SQS queues only
    support filtering on `body`; here they are compared with the record all the same.
    """

    texts: tuple[str, ...] = ()
    beside_body: tuple[str, ...] = ()
    _patterns: tuple[_Pattern, ...] = ()

    def takes(self, body: str, record: Mapping[str, Any]) -> bool:
        """Return whether the record with *body* goes to the function; *record* has its other members."""
        return not self._patterns or any(each.takes(body, record) for each in self._patterns)


def compile_filters(patterns: Iterable[str]) -> Filters:
    """Return the filters that *patterns*, JSON texts, are.

    Raises RequestRefused with Lambda's InvalidParameterValueException where it would take one of them not;
    the words after the colon are those of EventBridge's rule engine.
    """
    texts = tuple(patterns)
    if len(texts) > MOST_FILTERS:
        raise _refused(f"Too many filters: {len(texts)}, at most {MOST_FILTERS} are allowed")
    read = [_read(text) for text in texts]
    keys = dict.fromkeys(key for each in read for key in each if key != BODY)
    return Filters(texts, tuple(keys), tuple(_compile(each) for each in read))


def filters_of(criteria: Mapping[str, Any] | None) -> Filters:
    """Return the filters of a FilterCriteria as the API has it; RequestRefused as `compile_filters`."""
    given = (criteria or {}).get("Filters") or []
    return compile_filters(str(each.get("Pattern", "")) for each in given)


def _read(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise _refused("Invalid filter pattern definition.") from None
    if not isinstance(value, dict) or not value:
        raise _refused("Invalid filter pattern definition.")
    return value


def _compile(pattern: dict[str, Any]) -> _Pattern:
    body = pattern.get(BODY)
    of_json = isinstance(body, dict)
    rest = {key: value for key, value in pattern.items() if key != BODY}
    return _Pattern(
        of_json=_filters(body) if isinstance(body, dict) else (),
        of_text=_filters({BODY: body}) if BODY in pattern and not of_json else (),
        of_record=_filters(rest) if rest else (),
    )


def _filters(document: dict[str, Any]) -> tuple[Filter, ...]:
    """Return one filter for each leaf of *document*, all of which must match.

    One by one, because SNS takes five keys in a policy and Lambda as many as its 4,096 characters hold.
    """
    try:
        return tuple(compile_filter(each, "MessageBody") for each in _leaves(document))
    except FilterPolicyError as error:
        raise _refused(
            f"Invalid filter pattern definition: {error.reason.removeprefix('FilterPolicy: ')}"
        ) from error


def _leaves(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield documents of one leaf each that together ask what *document* does; an empty object is a leaf."""
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield from ({name: each} for each in _leaves(value))
        else:
            yield {name: value}


def _all(filters: tuple[Filter, ...], document: str) -> bool:
    return all(each.matches({}, document) for each in filters)


def _refused(reason: str) -> RequestRefused:
    return RequestRefused("InvalidParameterValueException", reason, "FilterCriteria")
