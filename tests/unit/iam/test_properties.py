"""What holds for every set of policies and every request, and a second evaluator to agree with."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from naive import verdict

from harness.iam import DecisionCache, Kind, Policy, PolicySet, Principal, Request, authorize, parse

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = Principal("aws", f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION = Principal("aws", f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/w-0", ACCOUNT, ROLE)
FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ACTIONS = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]
RESOURCES = ["arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b/x"]
NAMES = [
    "*",
    {"AWS": USER.name},
    {"AWS": SESSION.name},
    {"AWS": ROLE},
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": OTHER},
]
LIMITS = ("boundary", "session", "scps", "rcps", "endpoint")
NAMED = {"resource": NAMES, "rcps": ["*"], "endpoint": ["*"]}
VALUES = ["red", "Red", "blue", "re*", "r?d", "*"]
OPERATORS = [
    quantifier + name
    for quantifier in ("", "ForAllValues:", "ForAnyValue:")
    for base in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
    for name in (base, base + "IfExists")
]

conditions = st.one_of(
    st.just({}),
    st.dictionaries(
        st.sampled_from(OPERATORS),
        st.dictionaries(st.sampled_from(["t:One", "t:Two"]), st.sampled_from(VALUES), min_size=1),
        max_size=2,
    ),
    st.sampled_from(["true", "false"]).map(lambda value: {"Null": {"t:One": value}}),
)
actions = st.lists(
    st.sampled_from([*ACTIONS, "*", "s3:*", "S3:get*", "s3:?et*", "*:SendMessage"]), min_size=1, max_size=2
)
resources = st.lists(
    st.sampled_from([*RESOURCES, "*", "arn:aws:s3:::a/*", "arn:aws:s3:::*/x"]), min_size=1, max_size=2
)


@st.composite
def statements(draw: st.DrawFn, effect: str = "", names: list[Any] | None = None) -> dict[str, Any]:
    made = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(actions),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(resources),
        "Condition": draw(conditions),
    }
    return made | ({"Principal": draw(st.sampled_from(names))} if names else {})


def documents(names: list[Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(statements(names=names), max_size=3)
    return several.map(lambda made: {"Version": "2012-10-17", "Statement": made})


limits = st.one_of(st.none(), st.lists(documents(), max_size=2), st.just([FULL]))
given_policies = st.fixed_dictionaries(
    {
        "identity": st.lists(documents(), max_size=3),
        "resource": st.one_of(st.none(), documents(NAMES)),
        "boundary": limits,
        "session": limits,
        "endpoint": st.one_of(st.none(), st.lists(documents(["*"]), max_size=2)),
        "rcps": st.one_of(st.none(), st.lists(st.lists(documents(["*"]), max_size=2), max_size=2)),
        "scps": st.one_of(
            st.none(), st.lists(st.lists(documents(), max_size=2) | st.just([FULL]), max_size=2)
        ),
    }
)
seen = st.lists(st.sampled_from(["red", "Red", "blue"]), min_size=1, max_size=1)
requests = st.builds(
    Request.of,
    st.sampled_from([USER, SESSION]),
    st.sampled_from([*ACTIONS, "S3:getobject", "iam:GetUser"]),
    st.sampled_from([*RESOURCES, "*"]),
    st.dictionaries(st.sampled_from(["t:One", "T:two"]), seen),
    resource_account=st.sampled_from([ACCOUNT, OTHER]),
)


def several(documents: list[dict[str, Any]] | None, kind: Kind) -> tuple[Policy, ...] | None:
    return None if documents is None else tuple(parse(each, kind) for each in documents)


def levels(given: list[list[dict[str, Any]]] | None, kind: Kind) -> tuple[tuple[Policy, ...], ...] | None:
    return None if given is None else tuple(several(level, kind) or () for level in given)


def policy_set(given: dict[str, Any]) -> PolicySet:
    return PolicySet(
        identity=several(given["identity"], Kind.IDENTITY) or (),
        resource=parse(given["resource"], Kind.RESOURCE) if given["resource"] else None,
        boundary=several(given["boundary"], Kind.IDENTITY),
        session=several(given["session"], Kind.IDENTITY),
        scps=levels(given["scps"], Kind.SCP),
        rcps=levels(given["rcps"], Kind.RCP),
        vpc_endpoint=several(given["endpoint"], Kind.VPC_ENDPOINT),
    )


def effect(given: dict[str, Any], request: Request) -> str:
    return authorize(policy_set(given), request).effect.value


def with_statement(given: dict[str, Any], statement: dict[str, Any], where: str) -> dict[str, Any]:
    more = {"Version": "2012-10-17", "Statement": [statement]}
    if where == "resource":
        kept = given["resource"]["Statement"] if given["resource"] else []
        return given | {"resource": more | {"Statement": [*kept, statement]}}
    if where in ("scps", "rcps"):
        return given | {where: [[*level, more] for level in given[where] or []]}
    return given | {where: [*(given[where] or []), more]}


@given(given_policies, requests)
def test_it_agrees_with_a_plain_reading(policies: dict[str, Any], request: Request) -> None:
    """Promise: index and compiled statements say what a straightforward reading of the documents says."""
    assert effect(policies, request) == verdict(policies, request)


@given(given_policies, requests, st.data())
def test_adding_a_deny_never_allows(policies: dict[str, Any], request: Request, data: st.DataObject) -> None:
    """Promise: a request that is denied stays denied, whatever Deny a policy of any type gets."""
    where = data.draw(st.sampled_from(["identity", "resource", *LIMITS]))
    statement = data.draw(statements("Deny", NAMED.get(where)))
    before, after = effect(policies, request), effect(with_statement(policies, statement, where), request)
    assert before == "Allowed" or after != "Allowed"
    assert before != "ExplicitlyDenied" or after == "ExplicitlyDenied"


@given(given_policies, requests, st.data())
def test_adding_an_allow_never_denies(
    policies: dict[str, Any], request: Request, data: st.DataObject
) -> None:
    """Promise: a request that is allowed stays allowed, whatever Allow a policy that is there gets.

    The first boundary or session policy of a principal is a limit rather than an Allow more, so that only
    those that are there get one. NotAction, NotResource and conditions of the added statement change nothing
    about that.
    """
    there = [where for where in LIMITS if policies[where] is not None]
    where = data.draw(st.sampled_from(["identity", "resource", *there]))
    statement = data.draw(statements("Allow", NAMED.get(where)))
    before, after = effect(policies, request), effect(with_statement(policies, statement, where), request)
    assert before != "Allowed" or after == "Allowed"
    assert (before == "ExplicitlyDenied") is (after == "ExplicitlyDenied")


@given(given_policies, requests, st.randoms(use_true_random=False))
def test_order_does_not_matter(policies: dict[str, Any], request: Request, random: Any) -> None:
    """Promise: statements, policies and levels may stand in any order."""
    before = effect(policies, request)

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return random.sample([shuffled(each) for each in value], len(value))
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in random.sample(sorted(value), len(value))}
        return value

    assert effect(shuffled(policies), request) == before


@given(given_policies, st.lists(requests, min_size=1, max_size=8))
def test_a_cache_changes_no_verdict(policies: dict[str, Any], asked: list[Request]) -> None:
    """Promise: what is remembered is what would be decided, for every context and in any order."""
    cache, known = DecisionCache(), policy_set(policies)
    for request in [*asked, *reversed(asked)]:
        assert cache.authorize(known, request) == authorize(known, request)


@given(given_policies, requests)
def test_an_answer_is_whole(policies: dict[str, Any], request: Request) -> None:
    """Promise: what decided is among the types that are told, and a denial has AWS's sentence."""
    found = authorize(policy_set(policies), request)
    effects = {each.type: each.effect.value for each in found.by_type}
    assert set(found.decided_by) <= set(effects)
    assert found.allowed or found.reason.startswith(("because no ", "with an explicit deny in "))
    assert ("ExplicitlyDenied" in effects.values()) is (found.effect.value == "ExplicitlyDenied")
