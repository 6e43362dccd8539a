"""Names in permissions that cannot be meant: actions that no service has, services that are none.

AWS takes them without a word and they never match anything, so that they are told where they are declared.
"""

from difflib import get_close_matches

from harness.errors import EnvironmentFault, ScenarioError

SERVICE_ENDINGS = (".amazonaws.com", ".amazonaws.com.cn")
# Service principals whose name is no prefix of actions (IAM user guide, "AWS service principals").
_PRINCIPALS = frozenset(
    {"apigateway", "delivery.logs", "ecs-tasks", "edgelambda", "ops.apigateway", "pipes", "scheduler"}
    | {"spotfleet", "streams.metrics.cloudwatch", "vpc-flow-logs"}
)
_ALIKE = 0.8
# What the ARNs of AWS's own managed policies begin with.
AWS_POLICIES = "arn:aws:iam::aws:policy/"


def check_action(word: str, action: object) -> None:
    """Raise ScenarioError where *action* is of a service that the reference has, and that has no such action.

    *word* is the function that the action is given to (`allow`). Of an unknown service nothing is said.
    """
    if not isinstance(action, str):
        raise ScenarioError(f"{word}: an action is {action!r}; give text as 's3:GetObject'")
    service, colon, name = action.partition(":")
    if not colon or "*" in service or "?" in service:
        return
    # Here, since every command imports scenarios, and most of them declare nothing of IAM.
    from harness.iam.actions import actions_of, exists, expand

    known = {each.partition(":")[2].lower(): each for each in actions_of(service)}
    if not known or exists(action) or expand(action):
        return
    near = get_close_matches(name.lower().strip("*?"), known, 1)
    way_out = f"did you mean {known[near[0]]!r}?" if near else f"see what AWS's reference lists for {service}"
    raise ScenarioError(f"{word}({action!r}): {service} has no such action; {way_out}")


def check_principal(who: str, name: str) -> None:
    """Raise ScenarioError where *name* is no ARN, account, service or `*`, or nearly a service's name."""
    if name == "*" or ":" in name or (name.isdecimal() and len(name) == 12) or "{" in name:
        return
    ending = next((each for each in SERVICE_ENDINGS if name.endswith(each)), "")
    if not ending:
        raise ScenarioError(
            f"{who}: {name!r} is nobody to IAM; give a role, an ARN, an account's id or a service as "
            f"{name.lower().split('.')[0]}.amazonaws.com"
        )
    from harness.iam.actions.library import prefixes

    own = name.removesuffix(ending)
    known = prefixes() | _PRINCIPALS
    if own in known or own.partition(".")[0] in known:
        return
    near = get_close_matches(own, known, 1, _ALIKE)
    if near:
        raise ScenarioError(f"{who}: no service is called {name!r}; did you mean {near[0]}{ending}?")


def check_aws_policy(who: str, arn: str) -> None:
    """Raise ScenarioError where AWS has no managed policy *arn*; nothing is said where its list is absent."""
    from harness.iam.managed import managed_policies

    try:
        known = managed_policies()
    except EnvironmentFault:
        return
    if arn in known:
        return
    names = {each.rpartition("/")[2].lower(): each for each in known}
    near = get_close_matches(arn.rpartition("/")[2].lower(), names, 1)
    way_out = f"did you mean {names[near[0]]}?" if near else "declare a ManagedPolicy for one of your own"
    raise ScenarioError(f"{who}: AWS has no managed policy {arn}; {way_out}")
