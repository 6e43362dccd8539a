"""What the rules about open policies share: statements that let everybody in."""

from collections.abc import Iterator

from harness.audit.model import Found
from harness.audit.permissions import is_bound, names_everybody, policies_of, statements_in
from harness.audit.plain import listed
from harness.audit.view import View


def open_statements(view: View, kind: str) -> Iterator[Found]:
    """Yield the statements of policies of resources of the type *kind* that let everybody in, unbound."""
    for one in view.of_type(kind):
        for each in policies_of(view, one):
            for at, statement in enumerate(statements_in(each.document)):
                if names_everybody(statement) and not is_bound(statement):
                    actions = ", ".join(map(str, listed(statement.get("Action", statement.get("NotAction")))))
                    message = f"everybody may {actions} on {one.logical_id}; no condition says who"
                    yield Found(each.declared, message, f"{each.path}.Statement[{at}]")
