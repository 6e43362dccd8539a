"""When many names become one pattern: only above a stated number, and only behind a prefix they share."""

import re
from collections.abc import Iterable, Iterator, Sequence

# Ten names can be read; a hundred objects of one folder cannot, and tomorrow's run has others.
WILDCARD_ABOVE = 10
_SPECIAL = re.compile(r"[*?$]")
_FOLDER_OR_NUMBER = re.compile(r"/|\d+")
_SHORTEST = 2  # characters of a name before its wildcard


# Lambda names a log stream by day, version and instance, `2024/05/01/[$LATEST]0a1b…`, in a log group of
# one's own with the function's name too: no two runs have the same (Lambda operator guide, "How CloudWatch
# structures logs"; developer guide, "Configuring CloudWatch log groups").
_GENERATED = re.compile(r"(arn:[^:]*:logs:.*:log-stream:)\d{4}/\d{2}/\d{2}/[^\[]*\[.*")
# A log group itself is asked for with an empty stream; its ARN, as AWS gives it, ends in `:*` (CloudWatch
# Logs user guide, "CloudWatch Logs resources and operations").
_LOG_GROUP = re.compile(r"(arn:[^:]*:logs:.*:)log-stream:")


def escaped(text: str) -> str:
    """Return *text* as it means itself in a policy of 2012-10-17: `*` as `${*}`, `?` as `${?}`, `$` as
    `${$}`.

    IAM user guide, "IAM policy elements: Variables and tags". A `$` that begins no variable stands for
    itself.
    """
    return _SPECIAL.sub(lambda found: _escape(text, found), text)


def _escape(text: str, found: re.Match[str]) -> str:
    if found[0] == "$" and not text.startswith("${", found.start()):
        return "$"
    return "${" + found[0] + "}"


def gathered(names: Sequence[str], above: int) -> dict[str, list[str]]:
    """Return the patterns that cover *names*, each with the names it was made for.

    Names that share a folder (`bucket/a/b/`), or the text before a number (`training-job/fd001-`), become one
    pattern when they are more than *above*, the longest such text first; and so do patterns. Other names stay
    as they are, escaped; `*` stays `*`, and names that AWS makes anew for each instance are a pattern always.
    """
    made: dict[str, list[str]] = {}
    left: dict[str, None] = {}
    for name in sorted(set(names) - {"*"}):
        if generated := _GENERATED.fullmatch(name) or _LOG_GROUP.fullmatch(name):
            made.setdefault(generated[1], []).append(name)
        else:
            left[name] = None
    for prefix, members in _groups(left):
        together = [name for name in members if name in left]
        if len(together) > above:
            made[prefix] = together
            for name in together:
                del left[name]
    for prefix, members in _groups(made):
        together = [each for each in members if each in made]
        if len(together) > above:
            made[prefix] = sorted([*made.get(prefix, ()), *(n for each in together for n in made.pop(each))])
    patterns = {"*": ["*"]} if "*" in names else {}
    patterns |= {f"{escaped(prefix)}*": members for prefix, members in made.items()}
    return patterns | {escaped(name): [name] for name in left}


def _groups(names: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return what *names* may be gathered by, the longest first, each with its names."""
    groups: dict[str, list[str]] = {}
    for name in names:
        for prefix in dict.fromkeys(_prefixes(name)):
            if prefix != name:
                groups.setdefault(prefix, []).append(name)
    return sorted(groups.items(), key=lambda item: (-len(item[0]), item[0]))


# Roles that may be passed and identities are named one by one: a wildcard there is a way to other rights.
_NEVER = re.compile(r"arn:[^:]*:(iam|sts):|arn:[^:]*:s3:::[^/]*$")
_OBJECT = re.compile(r"arn:[^:]*:s3:::")


def _start(name: str) -> int:
    """Return where the part of *name* begins that may become a wildcard, its length where nothing may.

    In an ARN behind the account, the type and, for S3, the bucket (the name of a bucket may be anybody's); in
    other names behind the first slash.
    """
    if not name.startswith("arn:"):
        return name.find("/") + 1
    begins = sum(len(part) + 1 for part in name.split(":")[:5])
    if _NEVER.match(name) or len(name) <= begins:
        return len(name)
    kind = re.compile(r"[^:/]*[:/]").match(name, begins)
    return kind.end() if kind else begins


def _prefixes(name: str) -> Iterator[str]:
    """Yield what *name* may be gathered by: its folders, and the texts before its numbers."""
    start = _start(name)
    if _OBJECT.match(name) and start < len(name):
        yield name[:start]
    for found in _FOLDER_OR_NUMBER.finditer(name, start):
        end = found.end() if found[0] == "/" else found.start()
        if end >= start + _SHORTEST:
            yield name[:end]
