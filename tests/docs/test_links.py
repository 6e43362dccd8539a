"""The links of the documentation lead somewhere: files and anchors are looked at, addresses only read."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from pages import ROOT, name_of, pages

_LINK = re.compile(
    r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<to>[^()\s]*(?:\([^()]*\)[^()\s]*)*)(?: \"[^\"]*\")?\)"
)
_IMAGE = re.compile(r"<img [^>]*src=\"(?P<to>[^\"]+)\"")
_DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
ALL = [*pages(), *_DECISIONS]


def _prose(page: Path) -> str:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def links(page: Path) -> Iterator[str]:
    """Yield where the links and images of *page* lead."""
    text = _prose(page)
    yield from (found["to"] for found in (*_LINK.finditer(text), *_IMAGE.finditer(text)))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of the headings of *page*, as the site builder makes them."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    plain = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", title) for title in titles)
    return frozenset(
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in plain
    )


@pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in ALL])
def test_links_lead_somewhere(page: Path) -> None:
    """Files exist, anchors are headings there, and addresses are whole."""
    wrong = [f"{name_of(page)}: {to}: {why}" for to in links(page) if (why := _broken(page, to))]
    assert wrong == []


def _broken(page: Path, to: str) -> str:
    parts = urlsplit(to)
    if parts.scheme in ("http", "https"):
        return "" if re.fullmatch(r"[\w.-]+(:\d+)?", parts.netloc) else "is no address"
    if parts.scheme:
        return f"{parts.scheme} is not followed"
    target = (page.parent / parts.path).resolve() if parts.path else page
    if not target.exists():
        return "there is no such file"
    if parts.fragment and target.suffix == ".md" and parts.fragment not in anchors(target):
        return "there is no such heading"
    return ""


@pytest.mark.parametrize("page", [pytest.param(page, id=name_of(page)) for page in pages()])
def test_files_and_modules_that_a_page_names_are_there(page: Path) -> None:
    """What is said to be in a file of the checkout, or in a module, is there."""
    text = page.read_text(encoding="utf-8")
    files = re.findall(r"`((?:harness|scenarios|tests|reports|locustfiles|examples|docs)/[\w./-]*)`", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    modules = re.findall(r"`(harness(?:\.[a-z_]+)+)`", text)
    assert [name for name in modules if not _is_there(name)] == []


def _is_there(name: str) -> bool:
    """Return whether *name* is a module, or something in one."""
    module, _, inside = name.rpartition(".")
    return hasattr(import_module(module), inside) or find_spec(name) is not None


def test_every_page_is_in_the_navigation_once() -> None:
    """A page that nobody can reach would not be read."""
    listed = list(_leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in pages() if path.name != "README.md"}
    assert sorted(listed) == sorted(there)


def _leaves(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for below in node.values():
            yield from _leaves(below)
    elif isinstance(node, list):
        for below in node:
            yield from _leaves(below)
