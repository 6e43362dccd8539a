"""The parts of a page that are exchanged one by one in a browser, and when each of them last changed."""

import re
from hashlib import blake2b

_PARTS = re.compile(
    r'(?P<masthead><header class="masthead")|(?P<nav><nav id="sections")|<section id="(?P<section>[^"]+)"'
    r"|(?P<footer><footer)|<main|</main>"
)


def parts(page: str) -> dict[str, str]:
    """Return the HTML of each part of *page*: "masthead", "nav", "footer", each section by its id."""
    found = list(_PARTS.finditer(page))
    ends = [match.start() for match in found[1:]] + [len(page)]
    return {
        name: page[match.start() : end]
        for match, end in zip(found, ends, strict=True)
        if (name := match["section"] or match.lastgroup)
    }


class Changes:
    """The versions of one page. `changed` tells by a part's name the version that it last changed in."""

    def __init__(self) -> None:
        self.version = 0
        self.changed: dict[str, int] = {}
        self._digests: dict[str, bytes] = {}

    def note(self, page: str) -> bool:
        """Return whether *page* differs from the last one; if it does, it is a new version."""
        digests = {name: blake2b(text.encode()).digest() for name, text in parts(page).items()}
        differing = {
            name
            for name in digests.keys() | self._digests.keys()
            if digests.get(name) != self._digests.get(name)
        }
        if not differing:
            return False
        self.version += 1
        self._digests = digests
        self.changed.update(dict.fromkeys(sorted(differing), self.version))
        return True
