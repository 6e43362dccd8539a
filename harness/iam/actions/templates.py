"""ARNs of the Service Authorization Reference, filled with the members of a call."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from harness.iam.actions.library import table
from harness.iam.actions.members import Members, values
from harness.iam.actions.need import Place

_HOLE = re.compile(r"\$\{([^}]+)\}")
_PLACE = {"partition", "region", "account"}
# What AWS puts where an ARN is asked for that does not exist yet, as in `instance/*` of RunInstances (Service
# Authorization Reference, "Resource types defined by Amazon EC2"; IAM user guide, example policies of EC2).
UNKNOWN = "*"
# BatchGetItem takes 100 keys, DeleteObjects 1,000: no call names more resources than that.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Filled:
    """ARNs for one template. `named`: members filled something; `complete`: members filled everything.

    `whole`: a member was such an ARN itself; `borrowed`: all names are last parts of ARNs of other things.
    """

    arns: tuple[str, ...]
    named: bool
    complete: bool
    whole: bool = False
    borrowed: bool = False


def fill(template: str, members: Members, place: Place, prefix: str = "") -> Filled:
    """Return *template* with each hole filled from *place* and *members*, `*` where they say nothing.

    Which members fill a hole: tables/members.toml under *prefix*, else one of its own name or its plural.
    """
    names = [name for name in _HOLE.findall(template) if name.lower() not in _PLACE]
    given = {name: _given(name, template, members, prefix) for name in names}
    whole = tuple(
        dict.fromkeys(
            text
            for found in given.values()
            for text in found
            if text.startswith("arn:") and matches(template, text)
        )
    )
    if whole:
        return Filled(whole, True, True, True)
    plain = {name: _plain(name, found) for name, found in given.items()}
    based = _based(template, place)
    choices = (plain[name] or (UNKNOWN,) for name in names)
    arns = tuple(_put(based, names, chosen) for chosen in islice(product(*choices), MOST))
    borrowed = all(text.startswith("arn:") for found in given.values() for text in found)
    return Filled(
        tuple(dict.fromkeys(arns)),
        any(plain.values()),
        all(plain.values()),
        borrowed=borrowed and any(plain.values()),
    )


@lru_cache(maxsize=8192)
def shape(template: str) -> re.Pattern[str]:
    """Return what matches the ARNs of *template*; the last hole takes the rest, with slashes and colons."""
    pieces = _HOLE.split(template)
    last = len(pieces) - 2
    found = []
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            found.append(re.escape(piece))
        elif piece.lower() in _PLACE:
            found.append("[^:]*")
        else:
            found.append(".+" if at == last else "[^/]+")
    return re.compile("".join(found))


def matches(template: str, arn: str) -> bool:
    """Return whether *arn* is one of *template*."""
    return shape(template).fullmatch(arn) is not None


def _given(name: str, template: str, members: Members, prefix: str) -> tuple[str, ...]:
    rows = table("members").get(prefix, {})
    kind = template.rpartition(":")[2].partition("/")[0]
    paths = rows.get(f"{kind}/{name}") or rows.get(name) or (name, f"{name}s", f"{name}List", f"{name}Arn")
    for path in paths:
        found = tuple(text for text in values(members, path) if text)
        if found:
            return found
    return ()


def _plain(hole: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return names; an ARN of something else cannot stand inside an ARN, save as its own last part."""
    names = tuple(re.split("[/:]", text)[-1] if text.startswith("arn:") else text for text in found)
    return tuple(name.lstrip("/") for name in names) if "LeadingSlash" in hole else names


@lru_cache(maxsize=8192)
def _based(template: str, place: Place) -> str:
    filled = {"partition": place.partition, "region": place.region, "account": place.account}
    return _HOLE.sub(lambda hole: filled.get(hole[1].lower(), hole[0]), template)


def _put(template: str, names: list[str], chosen: tuple[str, ...]) -> str:
    for name, value in zip(names, chosen, strict=True):
        template = template.replace("${" + name + "}", value, 1)
    return template
