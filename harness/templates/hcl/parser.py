"""From the text of a .tf file to its blocks."""

from harness.errors import ScenarioError
from harness.templates.hcl.expressions import Expressions
from harness.templates.hcl.nodes import Attribute, Block, Body
from harness.templates.hcl.scanner import Scanner


def parse(text: str, file: str) -> Body:
    """Return what the HCL *text* holds; ScenarioError names *file*, line and column of what is none."""
    scanner = Scanner(text, file)
    try:
        scanner.next()
        return _Blocks(scanner).body("")
    except RecursionError as error:
        raise ScenarioError(f"{file}: its expressions are nested too deeply") from error


class _Blocks:
    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._expressions = Expressions(scanner)
        # Blocks follow each other in the order of the text: lines are counted on, not from the top each time.
        self._counted, self._line = 0, 1

    def body(self, end: str) -> Body:
        """Return attributes and blocks up to the sign *end*, or to the end of the text."""
        scanner, body = self._scanner, Body()
        while True:
            scanner.skip_lines()
            if scanner.is_sign(end) or not scanner.kind:
                break
            line, name = self._line_here(), scanner.word()
            if scanner.take("="):
                if name in body.attributes:
                    raise scanner.unexpected(f"the argument {name!r} is given twice")
                body.attributes[name] = Attribute(self._expressions.whole(), line)
            else:
                body.blocks.append(self._block(name, line))
            if scanner.kind and scanner.kind != "newline" and not scanner.is_sign(end):
                raise scanner.unexpected("the end of the line is expected here")
        if end:
            if not scanner.kind:
                raise scanner.unexpected(f"{end!r} is missing at the end of the file")
            scanner.next()
        return body

    def _block(self, name: str, line: int) -> Block:
        scanner = self._scanner
        labels = []
        while not scanner.is_sign("{"):
            if scanner.kind == "name":
                labels.append(scanner.word())
            elif scanner.kind == "quote":
                labels.append(self._expressions.label())
            else:
                raise scanner.unexpected("'=' or a block's '{' is expected here")
        scanner.next()
        return Block(name, tuple(labels), self.body("}"), scanner.file, line)

    def _line_here(self) -> int:
        here = self._scanner.start
        self._line += self._scanner.text.count("\n", self._counted, here)
        self._counted = here
        return self._line
