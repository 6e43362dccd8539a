"""The summary's account of messages and of the processes that worked on them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from harness import journal
from harness.messaging.account import account
from harness.messaging.statement import ENDS, LOST, PROCESSED, Account, Copy, Target
from harness.stats import spread
from harness.summary.grouped import ByType

NAMED = 20  # ids of lost and repeated messages that the summary lists; the journal has them all

_KINDS = (
    journal.QueueDeclared,
    journal.MessagePublished,
    journal.MessageReceived,
    journal.MessageEnded,
    journal.MessageFound,
    journal.InventoryTaken,
    journal.QueueSampled,
    journal.DeliveryRefused,
)


def messages(seen: ByType) -> dict[str, Any]:
    """Return what became of the run's messages; an empty dict where there was none.

    Counts are of copies, one for each queue or webhook that a message must come to, but for `published`.
    """
    found = account(chain.from_iterable(seen.all(kind) for kind in _KINDS))
    targets = [target for target in found.targets.values() if _has_messages(target)]
    if not found.published and not targets:
        return {}
    return {
        "published": sum(not one.deduplicated for one in found.published),
        "deduplicated": sum(one.deduplicated for one in found.published),
        "copies": found.expected,
        **_counts(targets),
        "latency_s": _latency(targets),
        "by_target": {target.name: _target(target) for target in targets},
        "edges": _edges(found),
        "refusals": _refusals(found),
    }


def _has_messages(target: Target) -> bool:
    return any(True for _ in target.everything) or bool(target.filtered or target.refused or target.deepest)


def _counts(targets: Sequence[Target]) -> dict[str, Any]:
    ends = Counter(copy.end for target in targets for copy in target.copies)
    return {
        "delivered": sum(len(target.delivered) for target in targets),
        **{end: ends[end] for end in ENDS},
        "duplicates": sum(len(target.duplicates) for target in targets),
        "redeliveries": sum(target.redeliveries for target in targets),
        "refused": sum(target.refused for target in targets),
        "filtered": sum(target.filtered for target in targets),
        "unexplained": sum(len(target.unexplained) for target in targets),
        "wrongly_delivered": sum(len(target.wrong) for target in targets),
        "lost_messages": _names(copy for target in targets for copy in target.ended(LOST)),
        "duplicate_messages": _names(copy for target in targets for copy in target.duplicates),
    }


def _names(copies: Iterable[Copy]) -> list[str]:
    return [copy.name for copy in copies][:NAMED]


def _latency(targets: Sequence[Target]) -> dict[str, Any]:
    """Return the spread of the seconds from the due publication to the first receive and to the deletion."""
    found = {
        "first_receive": spread(chain.from_iterable(target.first_receive_s() for target in targets)),
        "deletion": spread(chain.from_iterable(target.deletion_s() for target in targets)),
    }
    return {name: times for name, times in found.items() if times}


def _target(target: Target) -> dict[str, Any]:
    """Return one queue's or webhook's part; what was not looked at is absent."""
    counts = _counts([target])
    optional = {
        "deepest": target.deepest,
        "oldest_s": target.oldest_s,
        "dead_letter_queue": target.dead_letter or None,
        "dead_letters": len(target.dead_letters) or None,
        "retention_s": target.retention_s if target.is_queue else None,
    }
    latency = _latency([target])
    return {
        "kind": "queue" if target.is_queue else "webhook",
        "copies": len(target.copies),
        **counts,
        **({"latency_s": latency} if latency else {}),
        **{name: value for name, value in optional.items() if value is not None},
    }


def _edges(found: Account) -> list[dict[str, Any]]:
    """Return who sends to whom: each topic to its targets, senders to queues ("" as source), queues to their
    dead-letter queues; with how many copies were due, refused and filtered out, and how many processed."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in found.published:
        for what, names in (("copies", one.copies), ("filtered", one.filtered), ("refused", one.refused)):
            for name in names:
                counts[one.topic, name][what] += 1
    for target in found.targets.values():
        for topic in [copy.publication.topic for copy in target.ended(PROCESSED) if copy.publication]:
            counts[topic, target.name]["processed"] += 1
        if moved := sum(copy.dead_lettered for copy in target.copies):
            counts[target.name, target.dead_letter]["dead_lettered"] += moved
    return [
        {"source": source, "target": destination, **dict(sorted(found_of.items()))}
        for (source, destination), found_of in counts.items()
    ]


def _refusals(found: Account) -> list[dict[str, Any]]:
    """Return the deliveries that AWS refuses, each once with its reason as it stood last."""
    last = {(one.source, one.target): one for one in found.refusals}
    return [
        {
            "at_s": one.at,
            "source": one.source,
            "target": one.target,
            "service": one.service,
            "reason": one.reason,
            "mended": one.allowed,
        }
        for one in last.values()
    ]


_AS_ASKED = (None, 0, -15)  # running still, returned, ended by SIGTERM


def programs(seen: ByType) -> dict[str, Any]:
    """Return how often the processes of each program were started, ended, killed and so on, by program.

    `restarts` are the starts of a rank after its first; `failures` the ends with another exit code than that
    of a program that returned, or that was asked to stop (by SIGTERM) and did.
    """
    changes: defaultdict[str, list[journal.ProgramChanged]] = defaultdict(list)
    for one in seen.all(journal.ProgramChanged):
        changes[one.program].append(one)
    return {name: _program(found) for name, found in changes.items()}


def _program(changes: Sequence[journal.ProgramChanged]) -> dict[str, Any]:
    by_what = Counter(one.what for one in changes)
    ranks = {one.rank for one in changes if one.what == "started"}
    return {
        "processes": len(ranks),
        "starts": by_what["started"],
        "restarts": by_what["started"] - len(ranks),
        "kills": by_what["killed"],
        "failures": sum(one.exit_code not in _AS_ASKED for one in changes if one.what == "ended"),
        "changes": dict(sorted(by_what.items())),
    }
