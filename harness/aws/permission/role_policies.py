"""What each role of the backend holds, as the journal keeps it."""

import asyncio
import json
from typing import Any

from harness import journal
from harness.aws.permission.store import PolicyStore
from harness.aws.permission.store.identities import Identity
from harness.aws.permission.store.root import RootCalls


async def role_policies(store: PolicyStore, root: RootCalls, at: float) -> list[journal.RolePolicies]:
    """Return a record of each role, by ARN; raise BackendError when the backend does not tell."""
    listed = await root.listed("ListRoles", "Roles", "")
    names = sorted(str(role.get("RoleName", "")) for role in listed if isinstance(role, dict))
    found = await asyncio.gather(*(store.identity("role", name) for name in names))
    return [journal.RolePolicies(at, each.arn, _policies(each)) for each in found if each.exists]


def _policies(role: Identity) -> list[dict[str, Any]]:
    named = [
        (each.arn if each.kind == "managed" else each.name, each.kind, each.document)
        for each in role.documents
    ]
    if role.boundary_document is not None:
        named.append((role.boundary_document.arn, "boundary", role.boundary_document.document))
    if role.trust_document:
        named.append(("trust", "trust", role.trust_document))
    return [{"name": name, "kind": kind, "document": _document(text)} for name, kind, text in named]


def _document(text: str) -> Any:
    """Return the document as a value, or the text where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text
