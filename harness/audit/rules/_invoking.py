"""What the rules about permissions of functions share: may the service invoke the function?"""

from collections.abc import Iterator

from harness.audit.model import Found
from harness.audit.permissions import Invoked, lets_in, permission_statement, permissions_of
from harness.audit.triggers import Edge
from harness.audit.view import View


def refused(view: View, ways: Iterator[tuple[Edge, Invoked]], service: str) -> Iterator[Found]:
    """Yield the *ways* to functions that AWS refuses *service*."""
    for edge, called in ways:
        arn = view.arn(called.function) + (f":{called.qualifier}" if called.qualifier else "")
        given = permissions_of(view, called)
        statements = [permission_statement(one, arn) for one in given]
        document = {"Version": "2012-10-17", "Statement": statements}
        if statements and lets_in(
            [document], service, "lambda:InvokeFunction", arn, edge.source_arn, view.account
        ):
            continue
        name = called.function.logical_id + (f":{called.qualifier}" if called.qualifier else "")
        sender = edge.sender.logical_id if edge.sender is not None else edge.source_arn
        why = "its permissions are for others" if given else "it has no permission for anybody"
        yield Found(edge.declared, f"{service} may not invoke function {name} for {sender}: {why}", edge.path)
