"""Sessions of roles, opened at the backend, so that it too knows whose they are (GetCallerIdentity)."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.aws.permission.answers import answered
from harness.aws.root_calls import RootClient
from harness.config import Credentials
from harness.errors import BackendError
from harness.gateway.chain import JUDGED_HEADER, Address
from harness.gateway.fetch import Fetcher

# STS API reference, AssumeRole: the longest that a session may last; a run is shorter.
DURATION_S = 43_200


@dataclass(frozen=True, slots=True)
class Opened:
    """A session: what its calls are signed with, and its AROA…:name, "" where the backend tells none."""

    credentials: Credentials
    role_id: str


class RoleSessions:
    """Opens sessions in the name of the account's root, whose right to it nobody asks for.

    Whether the role may be assumed is decided before, by the house or by nobody.
    """

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str, account: str) -> None:
        self._root = RootClient(fetcher, route, region, account)
        self._route = route

    async def open(self, role_arn: str, name: str) -> Opened:
        """Return a new session *name* of the role; raise BackendError when the backend opens none."""
        given = {"RoleArn": role_arn, "RoleSessionName": name, "DurationSeconds": str(DURATION_S)}
        account = role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""
        password = self._route("sts").password
        more = ((JUDGED_HEADER, password),) if password else ()
        answer = await self._root.form("sts", "AssumeRole", given, account=account, more=more)
        told = answered(answer)
        key, secret = told.get("AccessKeyId"), told.get("SecretAccessKey")
        if answer.status != 200 or not (key and secret):
            text = answer.body[:200].decode("utf-8", "replace")
            raise BackendError(
                f"The backend opened no session {name!r} of {role_arn}: sts:AssumeRole gave {answer.status} "
                f"{text!r}; make the role there first, and see its log in the run's folder.",
                service="sts",
                operation="AssumeRole",
                code=told.get("Code", ""),
            )
        made = Credentials(key, secret, told.get("SessionToken"))
        return Opened(made, told.get("AssumedRoleId", ""))
