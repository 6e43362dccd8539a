"""Calls of IAM about a user that they do not name: the one who calls."""

from dataclasses import replace

from harness.aws.permission.keys import Caller
from harness.iam.actions import Call, Need

_UNNAMED = ":user/*"


def with_own_user(call: Call, needs: tuple[Need, ...], caller: Caller) -> tuple[Need, ...]:
    """Return *needs* on the caller's own user where *call* names none.

    IAM API reference, GetUser, ListAccessKeys and their kin: "If you do not specify a user name, IAM
    determines the user name implicitly based on the Amazon Web Services access key ID signing the request."
    Only users have one: a role has to say whom it means.
    """
    if call.service != "iam" or caller.kind != "User" or call.members.get("UserName"):
        return needs
    own = caller.principal.name
    return tuple(replace(each, resource=own) if each.resource.endswith(_UNNAMED) else each for each in needs)
