"""Functions of Terraform's language that need nothing but their arguments.

Source: Terraform language documentation, "Functions". Those that read files are the scope's; what differs in
every run (timestamp, uuid, bcrypt) is not known.
"""

import base64
import hashlib
import ipaddress
import itertools
import json
import math
import re
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.hcl.values import MOST_ITEMS, MOST_TEXT, NotKnown, number, text, truth

__all__ = ["FUNCTIONS", "LAZY", "NotKnown"]


def _coalesce(*values: Any) -> Any:
    return next(each for each in values if each not in (None, ""))


def _compact(items: list[Any]) -> list[Any]:
    return [item for item in items if item not in (None, "")]


def _distinct(items: Any) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _flatten(items: list[Any]) -> list[Any]:
    return [leaf for item in items for leaf in (_flatten(item) if isinstance(item, list) else [item])]


_MOST_RANGE = 1024  # "range": "more than 1024 values were generated" is an error of Terraform's
_MOST_WIDTH = 1000


def _format(pattern: str, *values: Any) -> str:
    given = iter(values)

    def put_in(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        if any(int(digits[:9]) > _MOST_WIDTH for digits in re.findall(r"\d+", place[0])):
            raise ValueError(f"{place[0]!r:.40} asks for more than {_MOST_WIDTH} characters")
        value, verb = next(given, None), place[0][-1]
        if verb in "dfeEgGxXob":
            form = place[0][1:-1] + verb
            return format(int(number(value)) if verb in "dxXob" else number(value), form.replace("-", "<"))
        if verb == "q":
            return json.dumps(text(value))
        shown = json.dumps(value, separators=(",", ":")) if isinstance(value, list | dict) else text(value)
        return shown.ljust(int(place[1] or 0)) if "-" in place[0] else shown.rjust(int(place[1] or 0))

    return re.sub(r"%[-+#0 ]*(\d*)(?:\.\d+)?[a-zA-Z%]", put_in, pattern)


def _formatlist(pattern: str, *values: Any) -> list[str]:
    size = max((len(value) for value in values if isinstance(value, list)), default=1)
    columns = [value if isinstance(value, list) else [value] * size for value in values]
    return [_format(pattern, *row) for row in zip(*columns, strict=True)]


def _json(value: Any) -> str:
    """Return JSON as Terraform writes it: compact, keys in order, `<`, `>` and `&` escaped."""
    try:
        written = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    except TypeError as error:
        raise NotKnown(f"jsonencode: {error}") from error
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _lookup(found: Mapping[str, Any], key: str, *default: Any) -> Any:
    return found.get(key, *default) if default else found[key]


def _merge(*objects: Any) -> dict[str, Any]:
    return {key: value for each in objects if each is not None for key, value in each.items()}


def _matched(match: re.Match[str]) -> Any:
    named = match.groupdict()
    return named or (list(match.groups()) if match.groups() else match[0])


def _regex(pattern: str, whole: str) -> Any:
    match = re.search(pattern, whole)
    if match is None:
        raise NotKnown(f"regex: {pattern!r} is not in {whole!r:.40}")
    return _matched(match)


def _replace(whole: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        return re.sub(old[1:-1], re.sub(r"\$\{?(\w+)\}?", r"\\g<\1>", new), whole)
    return whole.replace(old, new)


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(items):
        raise ValueError(f"there are {len(items)} elements")
    return items[start:end]


def _substr(whole: str, start: int, length: int) -> str:
    begin = start if start >= 0 else len(whole) + start
    return whole[begin:] if length < 0 else whole[begin : begin + length]


def _range(*limits: Any) -> list[Any]:
    found = range(*map(int, limits))
    if len(found) > _MOST_RANGE:
        raise ValueError(f"more than {_MOST_RANGE} values were generated")
    return list(found)


def _product(*lists: list[Any]) -> list[list[Any]]:
    if math.prod(map(len, lists)) * len(lists) > MOST_ITEMS:
        raise ValueError(f"it has more than {MOST_ITEMS} values")
    return [list(row) for row in itertools.product(*lists)]


def _pow(value: Any, power: Any) -> int | float:
    base, exponent = number(value), number(power)
    # Whole numbers would grow as long as memory lasts; beyond these bounds they are not exact in any case.
    small = isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent <= 64
    return number(base**exponent if small else float(base) ** float(exponent))


def _indent(depth: Any, whole: str) -> str:
    if int(depth) * whole.count("\n") > MOST_TEXT:
        raise ValueError(f"it would make more than {MOST_TEXT} characters")
    return whole.replace("\n", "\n" + " " * int(depth))


def _title(whole: str) -> str:
    return re.sub(r"\b\w", lambda match: match[0].upper(), whole)


def _set(items: Any) -> list[Any]:
    """Return a set as a list without doubles; Terraform keeps texts in order."""
    found = _distinct(items)
    return sorted(found) if all(isinstance(item, str) for item in found) else found


def _transpose(found: Mapping[str, list[str]]) -> dict[str, list[str]]:
    values = sorted({item for items in found.values() for item in items})
    return {value: sorted(key for key, items in found.items() if value in items) for value in values}


def _network(prefix: str, bits: int, index: int) -> str:
    network = ipaddress.ip_network(prefix)
    size = network.prefixlen + int(bits)
    start = int(network.network_address) + (int(index) << (network.max_prefixlen - size))
    return f"{ipaddress.ip_address(start)}/{size}"


def _networks(prefix: str, *bits: int) -> list[str]:
    network = ipaddress.ip_network(prefix)
    at, found = int(network.network_address), []
    for more in bits:
        width = network.max_prefixlen - network.prefixlen - int(more)
        at = -(-at >> width) << width if at % (1 << width) else at
        found.append(f"{ipaddress.ip_address(at)}/{network.prefixlen + int(more)}")
        at += 1 << width
    return found


def _yaml(written: str) -> Any:
    from harness.templates.yaml_lines import load_yaml

    try:
        return load_yaml(Path("yamldecode"), written)[0]
    except ScenarioError as error:
        raise NotKnown(str(error)) from error


def _yaml_of(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=True))


def _contains(items: Any, wanted: Any) -> bool:
    return wanted in list(items)


def _sum(items: list[Any]) -> Any:
    return number(sum(map(number, items)))


def _bytes_of(whole: str) -> bytes:
    return whole.encode()


def _try(values: list[Callable[[], Any]]) -> Any:
    failure: NotKnown | None = None
    for value in values:
        try:
            return value()
        except NotKnown as error:
            failure = error
    raise failure or NotKnown("try() needs a value")


def _can(values: list[Callable[[], Any]]) -> bool:
    try:
        values[0]()
    except NotKnown:
        return False
    return True


LAZY: dict[str, Callable[[list[Callable[[], Any]]], Any]] = {"try": _try, "can": _can}
"""Functions that see whether their arguments can be worked out."""

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: abs(number(value)),
    "alltrue": lambda items: all(map(truth, items)),
    "anytrue": lambda items: any(map(truth, items)),
    "base64decode": lambda whole: base64.b64decode(whole).decode(),
    "base64encode": lambda whole: base64.b64encode(_bytes_of(whole)).decode(),
    "base64sha256": lambda whole: base64.b64encode(hashlib.sha256(_bytes_of(whole)).digest()).decode(),
    "basename": lambda path: path.rstrip("/").rpartition("/")[2],
    "ceil": lambda value: math.ceil(number(value)),
    "chomp": lambda whole: whole.rstrip("\r\n"),
    "chunklist": lambda items, size: [items[at : at + int(size)] for at in range(0, len(items), int(size))],
    "cidrhost": lambda prefix, index: str(ipaddress.ip_network(prefix)[int(index)]),
    "cidrnetmask": lambda prefix: str(ipaddress.ip_network(prefix).netmask),
    "cidrsubnet": _network,
    "cidrsubnets": _networks,
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(each for each in lists if each),
    "compact": _compact,
    "concat": lambda *lists: [each for some in lists for each in some],
    "contains": _contains,
    "dirname": lambda path: path.rpartition("/")[0] or ".",
    "distinct": _distinct,
    "element": lambda items, index: items[int(number(index)) % len(items)],
    "endswith": lambda whole, end: whole.endswith(end),
    "flatten": _flatten,
    "floor": lambda value: math.floor(number(value)),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "index": lambda items, wanted: items.index(wanted),
    "join": lambda separator, *lists: separator.join(text(each) for items in lists for each in items),
    "jsondecode": json.loads,
    "jsonencode": _json,
    "keys": lambda found: sorted(found),
    "length": len,
    "log": lambda value, base: math.log(number(value), number(base)),
    "lookup": _lookup,
    "lower": lambda whole: whole.lower(),
    "matchkeys": lambda values, keys, wanted: [
        value for value, key in zip(values, keys, strict=True) if key in wanted
    ],
    "max": lambda *values: max(map(number, values)),
    "md5": lambda whole: hashlib.md5(_bytes_of(whole), usedforsecurity=False).hexdigest(),
    "merge": _merge,
    "min": lambda *values: min(map(number, values)),
    "nonsensitive": lambda value: value,
    "one": lambda items: items[0] if items else None,
    "parseint": lambda whole, base: int(text(whole), int(base)),
    "pow": _pow,
    "range": _range,
    "regex": _regex,
    "regexall": lambda pattern, whole: [_matched(match) for match in re.finditer(pattern, whole)],
    "replace": _replace,
    "reverse": lambda items: items[::-1],
    "sensitive": lambda value: value,
    "setintersection": lambda first, *others: [
        item for item in _set(first) if all(item in other for other in others)
    ],
    "setproduct": _product,
    "setsubtract": lambda first, other: [item for item in _set(first) if item not in other],
    "setunion": lambda *lists: _set([item for items in lists for item in items]),
    "sha1": lambda whole: hashlib.sha1(_bytes_of(whole), usedforsecurity=False).hexdigest(),
    "sha256": lambda whole: hashlib.sha256(_bytes_of(whole)).hexdigest(),
    "sha512": lambda whole: hashlib.sha512(_bytes_of(whole)).hexdigest(),
    "signum": lambda value: (number(value) > 0) - (number(value) < 0),
    "slice": _slice,
    "sort": lambda items: sorted(map(text, items)),
    "split": lambda separator, whole: whole.split(separator) if whole else [""],
    "startswith": lambda whole, start: whole.startswith(start),
    "strcontains": lambda whole, part: part in whole,
    "strrev": lambda whole: whole[::-1],
    "substr": _substr,
    "sum": _sum,
    "title": _title,
    "tobool": truth,
    "tolist": list,
    "tomap": dict,
    "tonumber": lambda value: None if value is None else number(value),
    "toset": _set,
    "tostring": lambda value: None if value is None else text(value),
    "transpose": _transpose,
    "trim": lambda whole, letters: whole.strip(letters),
    "trimprefix": lambda whole, start: whole.removeprefix(start),
    "trimspace": lambda whole: whole.strip(),
    "trimsuffix": lambda whole, end: whole.removesuffix(end),
    "upper": lambda whole: whole.upper(),
    "urlencode": urllib.parse.quote_plus,
    "values": lambda found: [found[key] for key in sorted(found)],
    "yamldecode": _yaml,
    "yamlencode": _yaml_of,
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=True)),
}
