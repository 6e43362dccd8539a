"""Every command by name, in the order in which the help shows them, with one line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `line` stands beside `name` in `harness --help`, `module` has its options and its work.

    The module may have a DESCRIPTION for the command's own help, where one line does not say enough.
    """

    name: str
    line: str
    module: str


def _here(name: str, line: str, module: str = "") -> Command:
    return Command(name, line, f"{__package__}.{module or name}")


COMMANDS = (
    _here("list", "List the scenarios and their variants.", "list_scenarios"),
    _here("run", "Rehearse scenarios and write their reports; all of them when none is named."),
    _here("simulate", "Play a scenario's endpoints, or a policy against traffic, on the virtual clock."),
    _here("sweep", "Try many policies over one trace and show which are worth it."),
    _here("report", "Draw the report of a run again from its journal."),
    _here("compare", "Hold runs against each other: what became better or worse beyond the noise."),
    _here("runs", "List the runs that are kept; pin one, or delete old ones."),
    _here("policy", "Write the smallest policy a role or resource needed, with its proof; or check one."),
    _here("audit", "Say what of a template passes here and fails on AWS, or hurts there."),
    _here("rehearse", "Audit a template, deploy it here, give it traffic, simulate its scaling, and report."),
    _here("init", "Write a scenario that rehearses a template."),
    _here("serve", "Serve the gateway for any AWS client until Ctrl-C."),
    _here("doctor", "Check this machine and say what is missing, and what mends it."),
    _here("completion", "Print what lets the TAB key complete commands in your shell."),
)
