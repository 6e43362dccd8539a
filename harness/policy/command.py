"""`harness policy`: from its arguments to what is printed, and the exit code."""

import argparse
import sys

from harness.config import read_settings
from harness.errors import ExitCode, InvalidRun
from harness.policy.options import check_options


def policy_command(arguments: argparse.Namespace) -> int:
    """Carry out `harness policy`; return 0, or 1 where a proof, a check or an expected verdict fails."""
    check_options(arguments)
    if arguments.vectors is not None:
        from harness.policy.vectors_command import judge_vectors

        return judge_vectors(arguments.vectors)
    if arguments.check is not None:
        from harness.policy.gate import check_policies

        return check_policies(arguments)
    return _write(arguments)


def _write(arguments: argparse.Namespace) -> int:
    """Print the smallest policy of a role: the policy on stdout, its proof on stderr."""
    from harness.iam.least_privilege import WILDCARD_ABOVE, needed_uses, parts, prove, render, smallest
    from harness.policy.recorded import named_role, recorded_roles, run_directory

    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    directory = run_directory(arguments.run, runs)
    role = named_role(recorded_roles(directory), arguments.role)
    uses = needed_uses(role, include_denied=arguments.include_denied)
    if not uses:
        raise InvalidRun(
            f"{role.name} was allowed nothing in {directory} that needs a permission: no policy to write"
            + ("; --include-denied writes what it was denied" if role.denied else "")
        )
    above = WILDCARD_ABOVE if arguments.wildcard_above is None else arguments.wildcard_above
    documents = parts(smallest(role, include_denied=arguments.include_denied, wildcard_above=above))
    proof = prove(documents, role.role, uses)
    text = render(documents, arguments.format or "json", role=role.role)
    if arguments.json:
        from harness.commands import emit
        from harness.policy.view import as_json

        form = {} if arguments.format in (None, "json") else {"format": arguments.format, "text": text}
        emit(as_json(role, documents, proof, str(directory), denied_too=arguments.include_denied) | form)
    else:
        sys.stdout.write(text)
    from harness.policy.view import told

    for line in told(role, documents, proof, str(directory), denied_too=arguments.include_denied):
        print(line, file=sys.stderr)
    return ExitCode.PASS if proof.holds else ExitCode.FAIL
