"""One command from its words to its exit code: people read a sentence on stderr, machines JSON on stdout."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from harness.commands.faults import fault_of
from harness.commands.parsing import parser_of
from harness.config import tell_nobody, typed_at_tab
from harness.errors import ExitCode, HarnessError, Interrupted
from harness.interrupts import ignore_further, interrupt_on_signals


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    interrupt_on_signals()
    tell_nobody()
    _print_what_the_locale_lacks()
    try:
        parser = parser_of()
        if (typed := typed_at_tab()) is not None:
            from harness.commands.completing import complete

            complete(parser, typed)
        arguments = parser.parse_args(given)
        code = int(arguments.carry_out(arguments))
        if code == ExitCode.INTERRUPTED:
            ignore_further()
        return _flushed(code)
    except KeyboardInterrupt:
        ignore_further()
        return _say(Interrupted("Interrupted; what was recorded by then is kept."), given)
    except BrokenPipeError:
        return _unread(int(ExitCode.PASS))
    except Exception as error:
        return _say(fault_of(error), given)


def _print_what_the_locale_lacks() -> None:
    """Let a terminal whose encoding lacks a character show its number instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _say(error: HarnessError, given: Sequence[str]) -> int:
    """Tell people on stderr, and machines on stdout when they asked for JSON."""
    from harness.printable import printable

    code = int(error.exit_code)
    with suppress(OSError):
        print(printable(f"harness: {error}"), file=sys.stderr)
    with suppress(OSError):  # what cannot be printed has been told
        if "--json" in given:
            print(json.dumps({"error": str(error), "exit_code": code}))
        sys.stdout.flush()
        return code
    return _unread(code)


def _flushed(code: int) -> int:
    """Return *code* when all that was printed is out, or nobody reads it; OSError where it cannot be."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _unread(code)
    return code


def _unread(code: int) -> int:
    """Whoever read our output has left (`harness list | head -1`): say no more, and return *code*."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
