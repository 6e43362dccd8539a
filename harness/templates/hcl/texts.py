"""Texts of HCL: in quotes or as heredocs, with `${...}` and `%{if}`, `%{for}` in them."""

import re
from typing import TYPE_CHECKING

from harness.templates.hcl.nodes import Literal, Node, Text, TextFor, TextIf
from harness.templates.hcl.scanner import Scanner

if TYPE_CHECKING:
    from harness.templates.hcl.expressions import Expressions

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_PLAIN = re.compile(r'[^"\\$%]+')
_PLAIN_HEREDOC = re.compile(r"[^$%]+")
Parts = list[Node | str]


class Texts:
    """Reads texts from where *scanner* is."""

    def __init__(self, scanner: Scanner, expressions: "Expressions") -> None:
        self._scanner, self._expressions = scanner, expressions

    def quoted(self) -> Node:
        """Return the text whose opening quote is here."""
        parts, _ = self._parts(quoted=True)
        self._scanner.next()
        return _text(parts)

    def heredoc(self) -> Node:
        """Return the text that begins on the next line; with `<<-` the lines' common indentation goes."""
        scanner = self._scanner
        opening = scanner.token.strip()
        word = opening.lstrip("<-")
        end = re.compile(rf"^[ \t]*{re.escape(word)}[ \t\r]*$", re.MULTILINE).search(scanner.text, scanner.at)
        if end is None:
            raise scanner.unexpected(f"the text that {opening} begins has no end")
        content, line = scanner.text[scanner.at : end.start()], scanner.line_at(scanner.at)
        scanner.again(end.end())
        return whole_text(_outdented(content) if opening.startswith("<<-") else content, scanner.file, line)

    def template(self) -> Text:
        """Return the whole of the scanner's text as one template."""
        parts, _ = self._parts(quoted=False)
        return Text(tuple(parts))

    def _parts(self, *, quoted: bool) -> tuple[Parts, str]:
        """Return what stands up to the end of the text, or up to a directive that ends a part of it."""
        scanner, parts = self._scanner, Parts()
        plain = _PLAIN if quoted else _PLAIN_HEREDOC
        while True:
            run = plain.match(scanner.text, scanner.at)
            if run is not None:
                parts.append(run[0])
                scanner.at = run.end()
            letter = scanner.text[scanner.at : scanner.at + 1]
            if not letter:
                if quoted:
                    raise scanner.unexpected("the text that begins here has no end")
                return parts, ""
            scanner.at += 1
            if letter == '"':
                return parts, ""
            if letter == "\\":
                parts.append(self._escape())
            elif scanner.text.startswith(letter + "{", scanner.at):  # $${ stands for ${
                parts.append(letter + "{")
                scanner.at += 2
            elif not scanner.text.startswith("{", scanner.at):
                parts.append(letter)
            elif letter == "$":
                parts.append(self._filled_in(parts))
            else:
                word = self._directive(parts, quoted=quoted)
                if word:
                    return parts, word

    def _escape(self) -> str:
        scanner = self._scanner
        letter = scanner.text[scanner.at : scanner.at + 1]
        digits = {"u": 4, "U": 8}.get(letter, 0)
        if digits:
            code = scanner.text[scanner.at + 1 : scanner.at + 1 + digits]
            scanner.at += 1 + digits
            try:
                return chr(int(code, 16))
            except ValueError:
                raise scanner.unexpected(f"\\{letter}{code} is no character") from None
        if letter not in _ESCAPES:
            raise scanner.unexpected(f"\\{letter} is no escape sequence")
        scanner.at += 1
        return _ESCAPES[letter]

    def _inside(self, parts: Parts) -> int:
        """Go behind the brace of `${` or `%{`, past its `~`; return what `_closed` takes."""
        scanner = self._scanner
        before = scanner.nested
        scanner.nested += 1
        scanner.again(scanner.at + 1)
        if scanner.take("~") and parts and isinstance(parts[-1], str):
            parts[-1] = parts[-1].rstrip()
        return before

    def _closed(self, before: int) -> None:
        """Go behind the brace that closes, in the text: it is not read as words."""
        scanner = self._scanner
        strip = scanner.take("~")
        if not scanner.is_sign("}"):
            raise scanner.unexpected("'}' is expected here")
        scanner.nested = before
        if strip:
            while scanner.text[scanner.at : scanner.at + 1].isspace():
                scanner.at += 1

    def _filled_in(self, parts: Parts) -> Node:
        before = self._inside(parts)
        value = self._expressions.whole()
        self._closed(before)
        return value

    def _directive(self, parts: Parts, *, quoted: bool) -> str:
        """Take in an if or a for with all that it holds; return the word of any other directive."""
        before = self._inside(parts)
        word = self._scanner.word()
        if word == "if":
            condition = self._expressions.whole()
            self._closed(before)
            then, end = self._parts(quoted=quoted)
            otherwise = Parts()
            if end == "else":
                otherwise, end = self._parts(quoted=quoted)
            parts.append(TextIf(condition, Text(tuple(then)), Text(tuple(otherwise))))
            self._ended(end, "endif")
            return ""
        if word == "for":
            key, value = self._expressions.for_names()
            collection = self._expressions.whole()
            self._closed(before)
            body, end = self._parts(quoted=quoted)
            parts.append(TextFor(key, value, collection, Text(tuple(body))))
            self._ended(end, "endfor")
            return ""
        self._closed(before)
        return word

    def _ended(self, end: str, expected: str) -> None:
        if end != expected:
            raise self._scanner.unexpected(f"%{{{expected}}} is expected before this")


def whole_text(content: str, file: str, line: int = 1) -> Node:
    """Return *content*, which begins on *line* of *file*, as a template: a heredoc, or a whole file."""
    from harness.templates.hcl.expressions import Expressions

    inner = Scanner(content, file, line)
    return _text(list(Texts(inner, Expressions(inner)).template().parts))


def _text(parts: Parts) -> Node:
    joined = Parts()
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    if not joined:
        return Literal("")
    return Literal(joined[0]) if len(joined) == 1 and isinstance(joined[0], str) else Text(tuple(joined))


def _outdented(content: str) -> str:
    lines = content.splitlines(keepends=True)
    depths = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    return "".join(line[min(depths, default=0) :] if line.strip() else line for line in lines)
