"""Many actions in few patterns that name exactly them: how a list of what is granted stays short."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from harness.iam.actions.catalogue import actions_of

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[^A-Z]+")


def patterns_of(actions: Iterable[str]) -> list[str]:
    """Return patterns (`sqs:*`, `s3:Get*`) in order that name *actions*, and no other of those there are.

    A pattern ends where a word does; an action that the reference does not have stands for itself.
    """
    by_service: defaultdict[str, set[str]] = defaultdict(set)
    for action in actions:
        service, _, name = action.partition(":")
        by_service[service].add(name)
    return [
        f"{service}:{pattern}"
        for service, wanted in sorted(by_service.items())
        for pattern in sorted(_of_service(service, wanted))
    ]


def _of_service(service: str, wanted: set[str]) -> Iterator[str]:
    there = {action.partition(":")[2] for action in actions_of(service)}
    yield from wanted - there
    if there:
        yield from _beginning("", sorted(there), wanted)


def _beginning(prefix: str, names: Collection[str], wanted: set[str]) -> Iterator[str]:
    """Yield what stands for the wanted ones of *names*, which are all that begin with *prefix*."""
    missing = [name for name in names if name not in wanted]
    if not missing and (len(names) > 1 or not prefix):
        yield f"{prefix}*"
    elif len(missing) < len(names):
        by_next: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            by_next[_next(prefix, name)].append(name)
        for longer, found in by_next.items():
            # Patterns ignore case: `DescribeVolumes*` is about DescribeVolumeStatus, too.
            alike = sum(name.lower().startswith(longer.lower()) for name in names)
            if len(found) == alike > 1:
                yield from _beginning(longer, found, wanted)
            else:
                yield from (name for name in found if name in wanted)


def _next(prefix: str, name: str) -> str:
    """Return the beginning of *name* that is one word longer than *prefix*."""
    found = _WORD.match(name, len(prefix))
    return prefix + found[0] if found else name
