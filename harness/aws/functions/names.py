"""How calls name a function: a name, a part of an ARN or a whole one, each with or without a qualifier.

Lambda API reference, Invoke, FunctionName: `my-function`, `123456789012:function:my-function`,
`arn:aws:lambda:us-west-2:123456789012:function:my-function`; a version or an alias may be appended to each.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

LATEST = "$LATEST"
_PATH = re.compile(r"/(20\d\d-\d\d-\d\d)/functions(?:/([^/]+)((?:/[^/]+)*))?/?")
_REFERENCE = re.compile(
    r"(?:(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:|function:)?"
    r"(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]{1,128}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A function as a call names it; `qualifier` is empty for the unqualified function, which is $LATEST.

    `account` and `region` are empty where the call does not say them.
    """

    name: str
    qualifier: str = ""
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What the path of a call means: the function, None for the collection, and the `rest` behind it."""

    reference: Reference | None
    rest: tuple[str, ...]


def reference_of(text: str) -> Reference | None:
    """Return what *text* names, None where it can be no function."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    qualifier = found["qualifier"] or ""
    return Reference(
        found["name"],
        "" if qualifier == LATEST else qualifier,
        found["account"] or "",
        found["region"] or "",
    )


def place_of(path: str, query: str) -> Place | None:
    """Return what a call to Lambda's `functions` is about, None for other paths and names that are none."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    rest = tuple(unquote(part) for part in (found[3] or "").split("/") if part)
    if found[2] is None:
        return Place(None, rest)
    reference = reference_of(unquote(found[2]))
    if reference is None:
        return None
    asked = parse_qs(query).get("Qualifier", [""])[0] if query else ""
    if asked and asked != LATEST and not reference.qualifier:
        reference = Reference(reference.name, asked, reference.account, reference.region)
    return Place(reference, rest)


def arn_of(name: str, region: str, account: str, qualifier: str = "") -> str:
    """Return the ARN of a function, with its *qualifier* where one is given."""
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn
