"""A resource as its language gives it: the provider's type and arguments, references filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Declared:
    """One instance of a resource.

    `arguments` are the provider's, blocks as lists of objects; texts hold tokens for what is known only once
    something is made. `lines` are of arguments ("environment[0].variables"). `references` are addresses whose
    names or ids are in the arguments, `depends_on` those that the user named. `written` are the arguments
    that the user gave, None where the language cannot tell. `sources` are what stands behind paths: a folder
    behind an archive that is yet to be made.
    """

    address: str
    type: str
    arguments: Mapping[str, Any] = field(hash=False)
    file: str = ""
    line: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict, hash=False)
    references: frozenset[str] = frozenset()
    depends_on: frozenset[str] = frozenset()
    written: frozenset[str] | None = None
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)
