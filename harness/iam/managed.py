"""AWS's own managed policies, which every account has: 1,582 of them, from the list that moto carries.

The list is 4.7 MB of JSON inside a Python file, sorted by name. It is never imported: the file is read when
a policy is first asked for and cut at the names (7 ms); a document is parsed when it is asked for.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import EnvironmentFault

PREFIX = "arn:aws:iam::aws:policy"
_FILE = ("iam", "aws_managed_policies.py")
_START, _END = b'"""\n{', b'\n}"""'


def is_aws_managed(arn: str) -> bool:
    """Return whether *arn* is of the kind that AWS's own policies have."""
    return arn.startswith(PREFIX + "/")


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """One policy of AWS. `document` is the JSON text of its default version."""

    arn: str
    name: str
    path: str
    version: str
    document: str
    created: str
    updated: str

    @property
    def unique_id(self) -> str:
        """An id of the form that IAM gives to policies, always the same for the same policy."""
        return "ANPA" + hashlib.sha256(self.arn.encode()).hexdigest()[:17].upper()


class ManagedPolicies:
    """The policies by ARN; `find` is cheap enough for a gateway's loop once the list is read."""

    def __init__(self, listed: bytes) -> None:
        """Take the JSON text *listed*: one object whose members stand on lines of one blank."""
        self._entries = dict(_entries(listed))

    def __contains__(self, arn: object) -> bool:
        return arn in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def find(self, arn: str) -> ManagedPolicy | None:
        """Return the policy with *arn*, None where AWS has none of that name and path."""
        found = self._entries.get(arn)
        if found is None:
            return None
        value = json.loads(found)
        path = value["Path"]
        return ManagedPolicy(
            arn,
            arn[len(PREFIX) + len(path) :],
            path,
            value["DefaultVersionId"],
            _as_written(value["Document"]),
            value["CreateDate"],
            value["UpdateDate"],
        )


def _as_written(document: Mapping[str, Any]) -> str:
    """Return *document* laid out as AWS keeps its own: the simulator tells lines and columns of it."""
    first = {"Version": document["Version"]} if "Version" in document else {}
    return json.dumps(first | dict(document), indent=2)


@cache
def managed_policies() -> ManagedPolicies:
    """Return AWS's policies, read once a process. Raises EnvironmentFault when moto's list is not there."""
    spec = find_spec("moto")
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0], *_FILE) if folders else Path(*_FILE)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(
            f"AWS's managed policies are not at {path}: {error.strerror}; install moto[server] 5.2"
        ) from error
    begin, end = text.find(_START), text.rfind(_END)
    found = ManagedPolicies(text[begin + len(_START) - 1 : end + 2])
    if begin < 0 or end < 0 or not len(found):
        raise EnvironmentFault(f"{path} lists no managed policies as moto 5.2 does; install moto[server] 5.2")
    return found


def _entries(listed: bytes) -> Iterator[tuple[str, bytes]]:
    # Only the members of the outermost object stand behind exactly one blank.
    for piece in listed.rstrip().removesuffix(b"}").split(b'\n "')[1:]:
        name, _, value = piece.partition(b'":')
        at = value.rindex(b'"Path":"') + 8
        path = value[at : value.index(b'"', at)]
        yield f"{PREFIX}{path.decode()}{name.decode()}", value.rstrip().removesuffix(b",")
