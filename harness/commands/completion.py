"""`harness completion`: what a shell evaluates so that TAB completes commands, options and names."""

import argparse

from harness.commands import emit
from harness.errors import EnvironmentFault, ExitCode

DESCRIPTION = (
    "Print what lets TAB complete commands, options, scenarios, variants and runs. For bash: "
    "echo 'eval \"$(harness completion bash)\"' >> ~/.bashrc. For zsh: the same with zsh and ~/.zshrc. For "
    "fish: harness completion fish > ~/.config/fish/completions/harness.fish."
)
SHELLS = ("bash", "zsh", "fish")
PROGRAM = "harness"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the options of `harness completion`."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that it is for")


def carry_out(arguments: argparse.Namespace) -> int:
    """Print the code for the shell."""
    try:
        from argcomplete.shell_integration import shellcode
    except ModuleNotFoundError as error:
        raise EnvironmentFault("argcomplete is not installed; run pip install argcomplete") from error

    # One text is for bash and zsh; argcomplete knows it as bash's.
    code = shellcode([PROGRAM], shell="fish" if arguments.shell == "fish" else "bash")
    if arguments.json:
        emit({"shell": arguments.shell, "code": code})
    else:
        print(code)
    return ExitCode.PASS
