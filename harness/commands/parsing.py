"""The parser of the command line: a command's options come when it is asked for, an error is a sentence."""

import argparse
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

from harness import __version__
from harness.commands.table import COMMANDS, Command
from harness.errors import ScenarioError

EXIT_CODES = (
    "exit codes: 0 pass, 1 an expectation failed, 2 usage or scenario error, 3 environment (backend down, "
    "port in use), 4 invalid run (no data, saturated, unfinished), 130 interrupted"
)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence, like any other error of the command."""

    command: Command | None = None
    """What gives this parser its options as soon as it is to parse; None once it has them."""
    commands: Mapping[str, "Parser"] = MappingProxyType({})
    """The parsers of the commands, by name; empty for a command."""
    spelled_out: Callable[[Sequence[str]], list[str]] = list
    """What a command makes of its words before they are parsed, where argparse would mistake one."""

    _section: argparse._ArgumentGroup | None = None

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Add an argument, to the section of the help that is open if one is."""
        if self._section is not None:
            return self._section.add_argument(*names, **options)
        return super().add_argument(*names, **options)

    @contextmanager
    def section(self, title: str) -> Iterator[None]:
        """Put what is added meanwhile below *title* in the help, whoever adds it."""
        self._section = self.add_argument_group(title)
        try:
            yield
        finally:
            self._section = None

    def load(self) -> None:
        """Import the command's module and take its options and its work."""
        command, self.command = self.command, None
        if command is None:
            return
        module = import_module(command.module)
        self.description = getattr(module, "DESCRIPTION", command.line)
        self.set_defaults(carry_out=module.carry_out)
        self.spelled_out = getattr(module, "spelled_out", list)
        self.add_argument("--json", action="store_true", help="print JSON on stdout; people read stderr")
        module.add_options(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Return what `argparse` does, of a command that has its options now; none may be left over."""
        self.load()
        words = None if args is None else self.spelled_out(args)
        found, left = super().parse_known_args(words, namespace)
        if left:
            self.error(f"unrecognized arguments: {' '.join(left)}{self._meant(left)}")
        return found, left

    def error(self, message: str) -> NoReturn:
        """Raise ScenarioError with *message* and the help that says more."""
        raise ScenarioError(f"{message}; see {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Add the choice that was meant, which argparse itself does from Python 3.14 on."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            choices = [str(each) for each in action.choices or ()]
            raise argparse.ArgumentError(
                action, f"{error.message}{did_you_mean(str(value), choices)}"
            ) from None

    def _meant(self, left: Iterable[str]) -> str:
        known = [name for action in self._actions for name in action.option_strings]
        wrong = (text.partition("=")[0] for text in left if text.startswith("-"))
        return next(filter(None, (did_you_mean(each, known) for each in wrong)), "")


def section(parser: argparse.ArgumentParser, title: str) -> AbstractContextManager[None]:
    """Return what puts the arguments added to *parser* meanwhile below *title*, where it has sections."""
    return parser.section(title) if isinstance(parser, Parser) else nullcontext()


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return the clause that names what *word* may stand for, "" where nothing is near."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def parser_of(commands: Iterable[Command] = COMMANDS) -> Parser:
    """Return the parser of the whole command line, with no command's module imported yet."""
    parser = Parser(
        prog="harness",
        description="Rehearse machine-learning pipelines on AWS before anyone pays for them.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    parser.set_defaults(json=False)
    choices = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in commands:
        one = choices.add_parser(command.name, help=command.line, description=command.line, epilog=EXIT_CODES)
        one.command = command
    parser.commands = choices.choices
    return parser
