"""Why a policy of a resource lets a service in or not, in one sentence for somebody new to AWS."""

from collections.abc import Sequence

from harness.iam.policy import Statement
from harness.iam.principals import is_account
from harness.iam.request import Request

SERVICES = {"sns.amazonaws.com": "SNS", "s3.amazonaws.com": "S3", "events.amazonaws.com": "EventBridge"}
VERBS = {
    "sqs:SendMessage": "send to it",
    "sns:Publish": "publish to it",
    "lambda:InvokeFunction": "invoke it",
}
KINDS = {"sqs": "queue", "sns": "topic", "lambda": "function", "s3": "bucket", "events": "rule"}


def resource_words(arn: str) -> str:
    """Return what a sentence calls the resource with *arn*: `queue orders`."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in KINDS:
        return arn
    return f"{KINDS[parts[2]]} {parts[5].removeprefix('function:').removeprefix('rule/')}"


def no_policy_words(request: Request, who: str, where: str) -> str:
    """Return the reason where there is no policy at all."""
    who, where = _who(request, who), _where(request, where)
    verb = VERBS.get(request.action, f"call {request.action}")
    return (
        f"{where} has no policy; {who} may only {verb} when a statement allows {request.action} to "
        f"{request.principal.name}{_for_source(request)}"
    )


def allowed_words(statement: Statement, request: Request, who: str, where: str) -> str:
    """Return the reason for a yes."""
    return (
        f"{statement.label} in the policy of {_where(request, where)} allows {request.action} to "
        f"{_who(request, who)}"
    )


def denied_words(statement: Statement, request: Request, who: str, where: str) -> str:
    """Return the reason for an explicit deny, which no other statement can undo."""
    conditions = " and ".join(each.words for each in statement.conditions)
    when = f" with {conditions}" if conditions else ""
    return (
        f"{statement.label} in the policy of {_where(request, where)} denies {request.action} to "
        f"{_who(request, who)}{when}; a Deny wins over every Allow"
    )


def not_allowed_words(statements: Sequence[Statement], request: Request, who: str, where: str) -> str:
    """Return the reason where no statement applies: what the nearest one lacks, if any is near."""
    who, where = _who(request, who), _where(request, where)
    allowing = [each for each in statements if each.allows]
    for look in (_other_condition, _other_resource, _other_action, _other_principal):
        for statement in allowing:
            words = look(statement, request, who)
            if words:
                return f"{statement.label} in the policy of {where} {words}"
    return (
        f"no statement in the policy of {where} allows {request.action} to {request.principal.name}"
        f"{_for_source(request)}"
    )


def _other_condition(statement: Statement, request: Request, who: str) -> str:
    if not (_about(statement, request) and statement.names_resource(request)):
        return ""
    failing = statement.failing(request)
    wanted = " and ".join(each.words for each in failing)
    values = [(each.key, request.context.get(each.key.lower(), ())) for each in failing]
    is_so = " and ".join(
        f"{key} is {' and '.join(found)}" if found else f"{who} gives no {key}" for key, found in values
    )
    return f"allows {request.principal.name} in, but only with {wanted}; here {is_so}"


def _other_resource(statement: Statement, request: Request, _who: str) -> str:
    if not _about(statement, request):
        return ""
    named = " and ".join(each.text for each in statement.resources or ())
    but = (
        f"not for {named}" if statement.not_resource else f"only for {named}, and not for {request.resource}"
    )
    return f"allows {request.action} to {request.principal.name}, but {but}"


def _other_action(statement: Statement, request: Request, _who: str) -> str:
    if not (statement.names_principal(request) and statement.names_resource(request)):
        return ""
    named = " and ".join(each.text for each in statement.actions)
    what = f"everything but {named}" if statement.not_action else named
    return f"allows {what} to {request.principal.name}, and not {request.action}"


def _other_principal(statement: Statement, request: Request, who: str) -> str:
    if statement.principals is None or statement.not_principal or not statement.names_action(request):
        return ""
    named = statement.principals.accounts
    if not named:
        return ""
    shown = " and ".join(f"account {each}" if is_account(each) else each for each in named)
    return (
        f"allows {request.action} to {shown}; {who} calls as the service {request.principal.name}, "
        "which belongs to no account"
    )


def _about(statement: Statement, request: Request) -> bool:
    return statement.names_principal(request) and statement.names_action(request)


def _who(request: Request, who: str) -> str:
    return who or SERVICES.get(request.principal.name, request.principal.name)


def _where(request: Request, where: str) -> str:
    return where or resource_words(request.resource)


def _for_source(request: Request) -> str:
    source = request.context.get("aws:sourcearn", ())
    return f" for {_source_words(source[0])}" if source else ""


def _source_words(arn: str) -> str:
    kind = resource_words(arn).partition(" ")[0]
    return arn if kind == arn else f"{kind} {arn}"
