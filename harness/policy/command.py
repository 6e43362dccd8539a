"""`harness policy`: from its arguments to what is printed, and the exit code."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from harness.config import read_settings
from harness.errors import ExitCode, InvalidRun
from harness.policy.options import check_options
from harness.printable import printable

if TYPE_CHECKING:
    from harness.iam.least_privilege import ResourceUse, RoleUse
    from harness.policy.recorded import Recorded
    from harness.policy.view import Written


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
    """Print the smallest policy of a role or a resource: the policy on stdout, its proof on stderr."""
    from harness.iam.least_privilege import RoleUse
    from harness.policy.recorded import beside, named, recorded, run_directory

    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    run = recorded(run_directory(arguments.run, runs))
    one = named(run, arguments.name, arguments.kind)
    written = _of_role(arguments, one, run) if isinstance(one, RoleUse) else _of_resource(arguments, one, run)
    if arguments.json:
        from harness.commands import emit

        form = (
            {} if arguments.format in (None, "json") else {"format": arguments.format, "text": written.text}
        )
        emit(written.as_json() | form)
    else:
        sys.stdout.write(written.text)
    for line in [*written.told(), *filter(None, [beside(run, one) if arguments.kind is None else ""])]:
        print(printable(line), file=sys.stderr)
    return ExitCode.PASS if written.proof.holds else ExitCode.FAIL


def _of_role(arguments: argparse.Namespace, role: "RoleUse", run: "Recorded") -> "Written":
    from harness.iam.least_privilege import needed_uses, parts, prove, render, smallest
    from harness.policy.view import OfRole

    uses = needed_uses(role, include_denied=arguments.include_denied)
    if not uses:
        raise _nothing(f"{role.name} was allowed nothing", run, "needs a permission", "it was", role.denied)
    documents = parts(
        smallest(role, include_denied=arguments.include_denied, wildcard_above=_above(arguments))
    )
    proof = prove(documents, role.role, uses)
    text = render(documents, arguments.format or "json", role=role.role)
    return OfRole(run, documents, proof, text, arguments.include_denied, role)


def _of_resource(arguments: argparse.Namespace, one: "ResourceUse", run: "Recorded") -> "Written":
    from harness.iam.least_privilege import needed_asks, prove_resource, render_resource, smallest_resource
    from harness.policy.view import OfResource

    asked = needed_asks(one, include_denied=arguments.include_denied)
    if not asked:
        raise _nothing(
            f"Nobody was let in to {one.name}",
            run,
            f"needs leave of the {one.kind}'s policy",
            "was",
            one.denied,
        )
    document = smallest_resource(one, asked, wildcard_above=_above(arguments))
    proof = prove_resource(document, one, asked)
    text = render_resource(document, one, arguments.format or "json")
    return OfResource(run, (document,), proof, text, arguments.include_denied, one, asked)


def _above(arguments: argparse.Namespace) -> int:
    from harness.iam.least_privilege import WILDCARD_ABOVE

    return WILDCARD_ABOVE if arguments.wildcard_above is None else int(arguments.wildcard_above)


def _nothing(who: str, run: "Recorded", needs: str, it_was: str, denied: Any) -> InvalidRun:
    return InvalidRun(
        f"{who} in {run.directory} that {needs}: no policy to write"
        + (f"; --include-denied writes what {it_was} denied" if denied else "")
        + (f"; the run is incomplete ({run.unfinished})" if run.unfinished else "")
    )
