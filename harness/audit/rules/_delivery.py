"""What the rules about resource policies share: does the policy of what receives let the sender in?"""

from collections.abc import Callable, Iterator

from harness.audit.model import Found
from harness.audit.permissions import lets_in, policies_of
from harness.audit.triggers import Edge
from harness.audit.view import View
from harness.templates.model import Resource

Ways = Callable[[View], Iterator[tuple[Edge, Resource]]]


def refused(view: View, ways: Iterator[tuple[Edge, Resource]], service: str, action: str) -> Iterator[Found]:
    """Yield the *ways* that AWS refuses *service*, which may not do *action* on what receives."""
    for edge, receiver in ways:
        given = [each.document for each in policies_of(view, receiver)]
        if lets_in(given, service, action, view.arn(receiver), edge.source_arn, view.account):
            continue
        what = receiver.type.rpartition("::")[2].lower()
        name = edge.sender.logical_id if edge.sender is not None else edge.source_arn
        why = f"no policy of the {what} allows it" if given else f"the {what} has no policy"
        message = f"{service} may not {action} on {what} {receiver.logical_id} for {name}: {why}"
        yield Found(edge.declared, message, edge.path)
