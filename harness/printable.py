"""Text from outside made safe to print: names, messages and log lines that somebody else has written.

What is printed is obeyed: by a terminal (ECMA-48 control sequences move the cursor, set titles, fill the
clipboard), by a reader's eye (marks of direction show text in another order), and by GitHub Actions, where a
line that begins with `::` or has `##[` in it is a workflow command ("Workflow commands for GitHub Actions").
"""

import re

# All controls but tab and the end of a line (ECMA-48, C0 and C1), and Unicode's marks of direction (UAX 9).
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_COMMAND = re.compile(r"^(\s*:)(?=:)|(##)(?=\[)", re.MULTILINE)


def printable(text: str) -> str:
    """Return *text* with numbers for characters that are obeyed, and a blank in what looks like a command."""
    return _COMMAND.sub(r"\g<0> ", _OBEYED.sub(_number, text))


def _number(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")
