"""What a file of HCL consists of: blocks with attributes, and the expressions of attributes.

Source: HCL Native Syntax Specification (github.com/hashicorp/hcl, hclsyntax/spec.md).
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, true, false, null or a text without anything to fill in."""

    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text with things to fill in; one that is a single `${...}` keeps the kind of its value."""

    parts: tuple["Node | str", ...]


@dataclass(frozen=True, slots=True)
class TextIf:
    """`%{if condition}then%{else}otherwise%{endif}`."""

    condition: "Node"
    then: Text
    otherwise: Text


@dataclass(frozen=True, slots=True)
class TextFor:
    """`%{for key, value in collection}body%{endfor}`; *key* may be empty."""

    key: str
    value: str
    collection: "Node"
    body: Text


@dataclass(frozen=True, slots=True)
class Name:
    """The first word of a reference."""

    name: str


@dataclass(frozen=True, slots=True)
class Get:
    """An attribute (`of.name`) or an element (`of[key]`)."""

    of: "Node"
    key: "Node"


@dataclass(frozen=True, slots=True)
class Splat:
    """`of[*].a.b` or `of.*.a`: *each* is worked out for every element, called `*` there."""

    of: "Node"
    each: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function; with *spread* the last argument is a list of further ones."""

    name: str
    arguments: tuple["Node", ...]
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator between two values, or before one (`left` is None)."""

    sign: str
    left: "Node | None"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(frozen=True, slots=True)
class Items:
    """`[a, b]`."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """`{a = b}`."""

    pairs: tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class For:
    """`[for ...]`, or `{for ...}` when *result_key* is there; *grouped* is the `...` at its end."""

    key: str
    value: str
    collection: "Node"
    result_key: "Node | None"
    result: "Node"
    condition: "Node | None"
    grouped: bool


Node = (
    Literal | Text | TextIf | TextFor | Name | Get | Splat | Call | Operation | Choice | Items | Pairs | For
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = expression`, on *line*, counted from 1."""

    expression: Node
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """`type "label" { body }`."""

    type: str
    labels: tuple[str, ...]
    body: "Body"
    file: str
    line: int


@dataclass(slots=True)
class Body:
    """What stands between the braces of a block, or in a file."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of_type(self, type_: str) -> list[Block]:
        """Return the blocks of one type, in the file's order."""
        return [block for block in self.blocks if block.type == type_]
