"""Expressions of HCL: operators bind as in its specification; texts are read in `texts`."""

from harness.templates.hcl.nodes import (
    Call,
    Choice,
    For,
    Get,
    Items,
    Literal,
    Name,
    Node,
    Operation,
    Pairs,
    Splat,
)
from harness.templates.hcl.scanner import Scanner

_BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
_BINDING |= {"+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_CONSTANTS = {"true": True, "false": False, "null": None}
EACH = Name("*")
"""What an element is called within a splat."""


class Expressions:
    """Reads expressions from where *scanner* is; it is past them afterwards."""

    def __init__(self, scanner: Scanner) -> None:
        from harness.templates.hcl.texts import Texts  # they hold expressions again

        self._scanner = scanner
        self._texts = Texts(scanner, self)

    def whole(self) -> Node:
        """Return the expression that begins here."""
        condition = self._operation(0)
        if not self._scanner.is_sign("?"):
            return condition
        with_lines = self._open()
        then = self.whole()
        self._scanner.expect(":")
        self._scanner.nested = with_lines
        return Choice(condition, then, self.whole())

    def label(self) -> str:
        """Return the plain text in quotes here."""
        text = self._texts.quoted()
        if not isinstance(text, Literal):
            raise self._scanner.unexpected("a label is a plain text")
        return str(text.value)

    def _open(self) -> int:
        """Go past an opening sign; ends of lines do not count behind it. Return what to set back."""
        before = self._scanner.nested
        self._scanner.nested = before + 1
        self._scanner.next()
        return before

    def _close(self, sign: str, before: int) -> None:
        if not self._scanner.is_sign(sign):
            raise self._scanner.unexpected(f"{sign!r} is expected here")
        self._scanner.nested = before
        self._scanner.next()

    def _operation(self, least: int) -> Node:
        left = self._unary()
        scanner = self._scanner
        while scanner.kind == "sign" and _BINDING.get(scanner.token, 0) > least:
            sign = scanner.token
            scanner.next()
            left = Operation(sign, left, self._operation(_BINDING[sign]))
        return left

    def _unary(self) -> Node:
        for sign in ("-", "!"):
            if self._scanner.take(sign):
                return Operation(sign, None, self._unary())
        return self._followed(self._primary())

    def _primary(self) -> Node:
        scanner = self._scanner
        if scanner.kind == "number":
            number = float(scanner.token)
            scanner.next()
            return Literal(int(number) if number.is_integer() else number)
        if scanner.kind == "quote":
            return self._texts.quoted()
        if scanner.kind == "heredoc":
            return self._texts.heredoc()
        if scanner.kind == "name":
            return self._named(scanner.word())
        if scanner.is_sign("("):
            before = self._open()
            inside = self.whole()
            self._close(")", before)
            return inside
        if scanner.is_sign("["):
            return self._list()
        if scanner.is_sign("{"):
            return self._object()
        raise scanner.unexpected("a value is expected here")

    def _named(self, name: str) -> Node:
        scanner = self._scanner
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name])
        while scanner.take("::"):  # provider::aws::arn_parse(...)
            name += "::" + scanner.word()
        if not scanner.is_sign("("):
            return Name(name)
        before = self._open()
        arguments, spread = [], False
        while not scanner.is_sign(")"):
            arguments.append(self.whole())
            spread = scanner.take("...")
            if not scanner.take(","):
                break
        self._close(")", before)
        return Call(name, tuple(arguments), spread)

    def _followed(self, node: Node) -> Node:
        scanner = self._scanner
        while scanner.is_sign(".", "["):
            if scanner.is_sign("["):
                before = self._open()
                if scanner.is_sign("*"):
                    scanner.next()
                    self._close("]", before)
                    return Splat(node, self._followed(EACH))
                node = Get(node, self.whole())
                self._close("]", before)
                continue
            scanner.next()
            if scanner.is_sign("*"):
                scanner.next()
                return Splat(node, self._followed(EACH))
            node = Get(node, Literal(self._key()))
        return node

    def _key(self) -> str | int:
        scanner = self._scanner
        if scanner.kind == "number" and scanner.token.isdigit():  # the old way to write an index
            index = int(scanner.token)
            scanner.next()
            return index
        return scanner.word()

    def _list(self) -> Node:
        before = self._open()
        if self._scanner.token == "for" and self._scanner.kind == "name":
            found = self._for()
            self._close("]", before)
            return found
        items = []
        while not self._scanner.is_sign("]"):
            items.append(self.whole())
            if not self._scanner.take(","):
                break
        self._close("]", before)
        return Items(tuple(items))

    def _object(self) -> Node:
        before = self._open()
        scanner = self._scanner
        if scanner.token == "for" and scanner.kind == "name":
            found = self._for()
            self._close("}", before)
            return found
        pairs = []
        while not scanner.is_sign("}"):
            key = self._object_key()
            if not scanner.take("=") and not scanner.take(":"):
                raise scanner.unexpected("'=' or ':' is expected here")
            pairs.append((key, self.whole()))
            scanner.take(",")
        self._close("}", before)
        return Pairs(tuple(pairs))

    def _object_key(self) -> Node:
        """Return a key: a name stands for itself, anything else is worked out."""
        scanner = self._scanner
        if scanner.kind == "name":
            here, name = scanner.start, scanner.word()
            if scanner.is_sign("=", ":"):
                return Literal(name)
            scanner.again(here)
        return self.whole()

    def _for(self) -> Node:
        scanner = self._scanner
        scanner.next()
        key, value = self.for_names()
        collection = self.whole()
        scanner.expect(":")
        result_key, result = None, self.whole()
        if scanner.take("=>"):
            result_key, result = result, self.whole()
        grouped = scanner.take("...")
        condition = None
        if scanner.kind == "name" and scanner.token == "if":
            scanner.next()
            condition = self.whole()
        return For(key, value, collection, result_key, result, condition, grouped)

    def for_names(self) -> tuple[str, str]:
        """Return the names before `in`, and go past it; the key is empty where there is one name."""
        scanner = self._scanner
        key, value = "", scanner.word()
        if scanner.take(","):
            key, value = value, scanner.word()
        if scanner.word() != "in":
            raise scanner.unexpected("'in' is expected here")
        return key, value
