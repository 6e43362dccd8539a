"""Words of HCL, one after the other; whoever reads says whether the end of a line counts."""

import re

from harness.errors import ScenarioError

_SPACE = re.compile(r"(?:[ \t\r]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d][\w-]*)
  | (?P<quote>")
  | (?P<heredoc><<-?[^\W\d][\w-]*[ \t\r]*\n)
  | (?P<sign>==|!=|<=|>=|&&|\|\||=>|\.\.\.|::|[-+*/%<>!?:.,()\[\]{}=~])
  | (?P<newline>\n)""",
    re.VERBOSE,
)


class Scanner:
    """A position in *text*; `kind` and `token` are the word there ("" and "" at the end).

    `nested` above 0 means that ends of lines do not count: within brackets.
    """

    def __init__(self, text: str, file: str, first_line: int = 1) -> None:
        self.text, self.file, self._first_line = text, file, first_line
        self.nested = 0
        self.start = self.at = 0
        self.kind = self.token = ""

    def next(self) -> None:
        """Go to the next word."""
        space = (_SPACE_AND_LINES if self.nested else _SPACE).match(self.text, self.at)
        self.start = space.end() if space else self.at
        match = _TOKEN.match(self.text, self.start)
        if match is None:
            self.at = self.start
            self.kind = self.token = ""
            if self.start < len(self.text):
                raise self.unexpected()
            return
        self.at = match.end()
        self.kind = match.lastgroup or ""
        self.token = match[0]

    def again(self, position: int) -> None:
        """Go back, or on, to *position* and read the word there."""
        self.at = position
        self.next()

    def is_sign(self, *signs: str) -> bool:
        """Return whether the word here is one of *signs*."""
        return self.kind == "sign" and self.token in signs

    def take(self, sign: str) -> bool:
        """Go past *sign* if it is here."""
        if self.is_sign(sign):
            self.next()
            return True
        return False

    def expect(self, sign: str) -> None:
        """Go past *sign*; ScenarioError when something else is here."""
        if not self.take(sign):
            raise self.unexpected(f"{sign!r} is expected here")

    def word(self) -> str:
        """Return the name here and go past it; ScenarioError when there is none."""
        if self.kind != "name":
            raise self.unexpected("a name is expected here")
        name = self.token
        self.next()
        return name

    def skip_lines(self) -> None:
        """Go past ends of lines."""
        while self.kind == "newline":
            self.next()

    def line_at(self, position: int) -> int:
        """Return the line of *position* in the file, counted from 1."""
        return self._first_line + self.text.count("\n", 0, position)

    def unexpected(self, what: str = "this is not Terraform's language") -> ScenarioError:
        """Return the error that says where reading stopped."""
        column = self.start - self.text.rfind("\n", 0, self.start)
        return ScenarioError(f"{self.file}, line {self.line_at(self.start)}, column {column}: {what}")
