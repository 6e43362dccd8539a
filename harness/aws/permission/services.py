"""What AWS's services do for those who run something with them: open sessions of roles, invoke functions.

Lambda assumes a function's role (Lambda developer guide, "Defining Lambda function permissions with an
execution role"), SageMaker that of a job; SNS, S3, EventBridge and API Gateway invoke functions under their
own name, which the function's policy must let in ("Viewing resource-based IAM policies in Lambda").
"""

from collections.abc import Callable

from harness.aws.permission.caller_context import Values, account_of, moment_values
from harness.aws.permission.callers import Callers, session_of
from harness.aws.permission.judging import Judge, Judged, Way
from harness.aws.permission.keys import Caller, Key, service_of
from harness.aws.permission.role_sessions import RoleSessions
from harness.clock import Clock
from harness.config import Credentials
from harness.iam import Authorization, message
from harness.iam.actions import Need
from harness.refusal import Refusal

LAMBDA = "lambda.amazonaws.com"
# What a service answers to whoever hands it a role that it may not assume, as its users quote it.
_UNTRUSTED = {
    LAMBDA: Refusal(
        "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
    ),
    "sagemaker.amazonaws.com": Refusal(
        "ValidationException",
        "Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role.",
    ),
    "scheduler.amazonaws.com": Refusal(
        "ValidationException",
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
    ),
}


class Services:
    """Calls of services, judged by *judge*; *forget* drops what was decided before policies changed.

    With *enforces* a role is not given out to a service that its trust policy does not let in. Everything
    here runs on the gateway's loop.
    """

    def __init__(
        self,
        judge: Judge,
        forget: Callable[[], None],
        callers: Callers,
        sessions: RoleSessions,
        clock: Clock,
        *,
        region: str,
        account: str,
        enforces: bool,
    ) -> None:
        self._judge = judge
        self._forget = forget
        self._callers = callers
        self._sessions = sessions
        self._clock = clock
        self._way = Way("", "", region)
        self._account = account
        self._enforces = enforces
        self._named: dict[str, Caller] = {}

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, source_arn: str
    ) -> Credentials | Refusal:
        """Return what signs as the session, or the service's words where it may not assume the role."""
        context = self._sourced(source_arn) | {"sts:rolesessionname": (session_name,)}
        found = await self._judged(service, "sts:AssumeRole", Need("sts:AssumeRole", role_arn, context))
        if not found.answer.allowed and self._enforces:
            return _untrusted(service, role_arn, found)
        opened = await self._sessions.open(role_arn, session_name)
        session = session_of(role_arn, session_name, opened.role_id)
        caller = Caller(
            session.principal,
            session.holder,
            session.kind,
            session.user_id,
            issued_at=self._clock.now(),
            mfa=False,
            function_arn=source_arn if service == LAMBDA else "",
        )
        made = opened.credentials
        self._callers.add(Key(made.access_key, caller, made.secret_key, made.session_token or ""))
        return made

    async def may_invoke(self, service: str, source_arn: str, function_arn: str) -> Authorization:
        """Return whether the function's policy lets *service* invoke it for *source_arn*."""
        need = Need("lambda:InvokeFunction", function_arn, self._sourced(source_arn))
        return (await self._judged(service, "lambda:Invoke", need)).answer

    async def _judged(self, service: str, call: str, need: Need) -> Judged:
        caller = self._named.setdefault(service, service_of(service))
        while self._is_missing(caller, need):
            await self._judge.learn(caller, (need,))
        at = self._clock.now()
        found = self._judge.judge(caller, call, need, self._way, self._passing, at)
        found.use.again(at)
        return found

    def _is_missing(self, caller: Caller, need: Need) -> bool:
        if self._judge.is_stale:
            self._forget()
        return self._judge.missing(caller, self._way, (need,))

    def _passing(self) -> Values:
        return moment_values(self._clock, self._clock.now())

    def _sourced(self, source_arn: str) -> Values:
        """Return the keys that a service passes on; a bucket's ARN names no account, so that it is ours.

        IAM user guide, "AWS global condition context keys": aws:SourceArn and aws:SourceAccount.
        """
        if not source_arn:
            return {}
        owner = account_of(source_arn, self._account)
        return {"aws:sourcearn": (source_arn,), "aws:sourceaccount": (owner,)}


def _untrusted(service: str, role_arn: str, found: Judged) -> Refusal:
    known = _UNTRUSTED.get(service)
    if known is None:
        return Refusal("AccessDenied", message(found.request, found.answer))
    return Refusal(known.code, known.message.format(role=role_arn))
