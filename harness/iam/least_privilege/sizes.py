"""How large a policy may be, and what becomes of one that is larger.

IAM user guide, "IAM and AWS STS quotas": the inline policies of a role may have 10,240 characters in all, one
managed policy 6,144; white space does not count; ten managed policies may be attached to a role by default.
So a document that no longer fits as an inline policy cannot be split into several: it becomes managed
policies.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

INLINE_CHARACTERS = 10_240
MANAGED_CHARACTERS = 6_144
MANAGED_POLICIES = 10

Document = Mapping[str, Any]


def characters(document: Document) -> int:
    """Return the size of *document* as IAM counts it."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def parts(
    document: Document, *, inline: int = INLINE_CHARACTERS, managed: int = MANAGED_CHARACTERS
) -> tuple[Document, ...]:
    """Return *document* alone where it fits as an inline policy, else as documents that each fit as a
    managed one.

    Statements keep their order; one that is too large by itself is cut between its resources or actions.
    """
    if characters(document) <= inline:
        return (document,)
    found: list[list[Document]] = [[]]
    for statement in document["Statement"]:
        for piece in _pieces(document, statement, managed):
            if found[-1] and characters({**document, "Statement": [*found[-1], piece]}) > managed:
                found.append([])
            found[-1].append(piece)
    return tuple({**document, "Statement": statements} for statements in found)


def _pieces(document: Document, statement: Document, limit: int) -> list[Document]:
    """Return *statement* in as few pieces of equal length as fit; a single grant is never cut."""
    longest = max(("Resource", "Action"), key=lambda element: len(json.dumps(statement[element])))
    names = statement[longest]
    pieces = [statement]
    for count in range(1, len(names) + 1):
        cuts = [len(names) * number // count for number in range(count + 1)]
        if count > 1:
            pieces = [
                {**statement, "Sid": f"{statement['Sid']}Part{number}", longest: names[start:end]}
                for number, (start, end) in enumerate(pairwise(cuts), start=1)
            ]
        if all(characters({**document, "Statement": [each]}) <= limit for each in pieces):
            break
    return pieces
