"""Functions and their triggers are made by the calls that make them on AWS, and all of them are removed."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import lone_handlers
import pytest
from declared import a_scenario
from lone_handlers import echo

from harness.errors import ScenarioError
from harness.scenario import (
    Alias,
    Bucket,
    EventSource,
    Function,
    HttpApi,
    Notification,
    OpenModel,
    Queue,
    Role,
    Rule,
    Scenario,
    Subscription,
    Table,
    Timer,
    Topic,
)
from harness.scenario.calls import Call
from harness.scenario.code import package_of
from harness.scenario.plans.functions import functions, unmaking
from harness.scenario.plans.messaging import messaging
from harness.scenario.plans.triggers import stopping, triggering, untriggering
from harness.scenario.rates import Constant
from harness.sessions import shared_session

REGION, ACCOUNT, URL = "eu-west-1", "111122223333", "http://127.0.0.1:1"
ANSWERS = {"ApiId": "abc", "IntegrationId": "def", "UUID": "0" * 36, "SubscriptionArn": "arn:aws:sns:x"}

RUNS = Role("runs", service="lambda.amazonaws.com")
CALLER = Role("caller")
IMAGES = Bucket("images")
NEWS = Topic("news", accepts=[IMAGES])
JOBS, ORDERED, DEAD = Queue("jobs", accepts=[NEWS, IMAGES]), Queue("ordered", fifo=True), Queue("dead")
SEEN = Table("seen", items=[{"id": str(number)} for number in range(26)])
PLAIN = Function("plain", echo, RUNS, dead_letter=DEAD)
WHOLE = Function(
    "whole",
    echo,
    RUNS,
    environment={"JOBS": ORDERED, "NEWS": NEWS, "SEEN": SEEN, "MODE": "fast"},
    reserved=5,
    aliases=(Alias("live", provisioned=2), Alias("newest", "$LATEST")),
    invoked_by=(NEWS, IMAGES, CALLER, "sns.amazonaws.com"),
    retries=0,
    on_failure=DEAD,
    on_success=PLAIN,
)
LIVE = WHOLE.alias("live")
TICK = Timer("tick", "rate(1 minute)", (LIVE, ORDERED), input={"pages": 3})
SHUT_OUT = Rule("made", {"source": ["aws.s3"]}, (PLAIN,), permitted=False)
API, SHUT_API = HttpApi("api", LIVE), HttpApi("shut", PLAIN, "ANY /x", permitted=False)
SOURCES = (
    EventSource(JOBS, WHOLE, 100, 5, 10, reports_item_failures=True, filters=({"body": ["x"]},)),
    EventSource(ORDERED, PLAIN),
)
SCENARIO = a_scenario(
    resources=[
        PLAIN,
        *SOURCES,
        Subscription(NEWS, LIVE, filter_policy={"kind": ["a"]}),
        Subscription(NEWS, WHOLE),
        Subscription(NEWS, JOBS),
        Notification(IMAGES, WHOLE, prefix="in/", suffix=".png"),
        Notification(IMAGES, NEWS),
        Notification(IMAGES, JOBS),
        TICK,
        SHUT_OUT,
        API,
    ],
    workload=[OpenModel(SHUT_API, Constant(1, over_s=1))],
    expectations=a_scenario().expectations,
)


def made() -> list[Call]:
    return [
        *messaging(SCENARIO, ACCOUNT, REGION, URL),
        *functions(SCENARIO, ACCOUNT, REGION, URL),
        *triggering(SCENARIO, ACCOUNT, REGION),
    ]


def gone() -> list[Call]:
    return [*stopping(SCENARIO), *untriggering(SCENARIO), *unmaking(SCENARIO)]


def filled(calls: list[Call]) -> list[tuple[Call, dict[str, Any]]]:
    """Return the calls with their arguments, ids that AWS chooses filled in."""
    answers = {call.what: ANSWERS for call in calls}
    return [(call, call.filled(answers)) for call in calls]


def arguments(method: str) -> list[dict[str, Any]]:
    return [given for call, given in filled([*made(), *gone()]) if call.method == method]


def test_everything_is_in_the_account_and_the_region_of_the_run() -> None:
    """Every ARN that a call names has both, where its service's ARNs have them."""
    arns = set(re.findall(r"arn:aws:[^\"'\s]+", str([given for _, given in filled(made())])))
    placed = [arn.split(":")[2:5] for arn in arns if arn not in ANSWERS.values()]
    nowhere = {"s3": ["s3", "", ""], "iam": ["iam", "", ACCOUNT]}
    assert len(placed) > 10
    assert [each for each in placed if each != nowhere.get(each[0], [each[0], REGION, ACCOUNT])] == []


def test_a_subscription_says_what_its_filter_looks_at() -> None:
    """FilterPolicyScope beside the policy; without one, neither."""
    given = [one.get("Attributes") for one in arguments("subscribe") if one["Protocol"] == "lambda"]
    assert given == [
        {"FilterPolicyScope": "MessageAttributes", "FilterPolicy": '{"kind": ["a"]}'},
        None,
    ]


def test_every_call_is_valid_for_the_real_api() -> None:
    """botocore's own validation, from AWS's service models, accepts the arguments of each call."""
    from botocore.validate import ParamValidator

    clients: dict[str, Any] = {}
    for call, given in filled([*made(), *gone()]):
        service = clients.setdefault(
            call.service,
            shared_session().client(
                call.service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
            ),
        )
        operation = service.meta.method_to_api_mapping[call.method]
        shape = service.meta.service_model.operation_model(operation).input_shape
        report = ParamValidator().validate(given, shape)
        assert not report.has_errors(), f"{call.what}: {report.generate_report()}"


def test_no_two_calls_are_called_the_same() -> None:
    """What one is answered is found by what it is called."""
    names = [call.what for call in [*made(), *gone()] if call.method != "disable_rule"]
    # Removing a rule is called as making it: neither is answered anything.
    assert len(set(names)) == len(names) - 2 - 2 - 2
    assert all(call.method == "disable_rule" for call in stopping(SCENARIO))


def test_all_that_is_named_comes_with_the_scenario() -> None:
    """A queue in an environment, a bucket that notifies, a role that invokes, a destination."""
    assert {one.name for one in SCENARIO.queues} == {"jobs", "ordered", "dead"}
    assert [one.name for one in SCENARIO.topics] == ["news"]
    assert (SCENARIO.tables, SCENARIO.buckets) == ([SEEN], [IMAGES])
    assert {"runs", "caller"} <= {role.name for role in SCENARIO.roles}
    assert {one.name for one in SCENARIO.functions} == {"plain", "whole"}
    assert [one.name for one in SCENARIO.http_apis] == ["api", "shut"]


def test_the_environment_names_what_is_deployed() -> None:
    """A queue by its address at the gateway, a topic by its ARN, the rest by name."""
    (whole,) = [one for one in arguments("create_function") if one["FunctionName"] == "whole"]
    assert whole["Environment"]["Variables"] == {
        "JOBS": f"{URL}/{ACCOUNT}/ordered.fifo",
        "NEWS": f"arn:aws:sns:{REGION}:{ACCOUNT}:news",
        "SEEN": "seen",
        "MODE": "fast",
    }


def test_everybody_who_invokes_has_a_permission() -> None:
    """On the function and each of its aliases; a bucket with its account, for its ARN names none."""
    found = [one for one in arguments("add_permission") if one["FunctionName"] == "whole"]
    by_qualifier = [one for one in found if one.get("Qualifier") == "live"]
    assert {one["Principal"] for one in by_qualifier} == {
        "sns.amazonaws.com",
        "s3.amazonaws.com",
        CALLER.arn(REGION, ACCOUNT),
        "events.amazonaws.com",
        "apigateway.amazonaws.com",
    }
    (bucket,) = [one for one in by_qualifier if one["Principal"] == "s3.amazonaws.com"]
    assert (bucket["SourceArn"], bucket["SourceAccount"]) == ("arn:aws:s3:::images", ACCOUNT)
    (api,) = [one for one in by_qualifier if one["Principal"] == "apigateway.amazonaws.com"]
    assert api["SourceArn"] == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:abc/*/*/predict"


def test_no_two_statements_about_a_function_have_one_id() -> None:
    """AWS keeps a policy for each qualifier; an emulator may keep one, and refuse an id twice."""
    ids = [one["StatementId"] for one in arguments("add_permission") if one["FunctionName"] == "whole"]
    assert len(set(ids)) == len(ids) > 3
    assert all(one[0] != "-" for one in ids)


def test_the_default_route_is_permitted_by_its_name() -> None:
    """And one with a path variable as it is written."""
    apis = [HttpApi("one", PLAIN, "$default"), HttpApi("two", PLAIN, "GET /{proxy+}")]
    calls = filled(list(triggering(alone(*apis), ACCOUNT, REGION)))
    sources = [given["SourceArn"] for call, given in calls if call.method == "add_permission"]
    assert [source.partition(":abc/")[2] for source in sources] == ["*/$default", "*/*/{proxy+}"]


def test_what_is_not_permitted_has_no_permission() -> None:
    """So that a rehearsal may show what AWS makes of it."""
    assert not [one for one in arguments("add_permission") if one["FunctionName"] == "plain"]


def test_what_may_fire_comes_last() -> None:
    """A permission before the trigger that needs it, the target of a rule after all else."""
    methods = [call.method for call in triggering(SCENARIO, ACCOUNT, REGION)]
    assert methods[-1] == "put_targets"
    order = [call.what for call in made()]
    assert order.index("function whole") < order.index("subscription of whole to news")
    assert next(call.method for call in gone()) == "disable_rule"


def test_a_bucket_tells_everything_in_one_configuration() -> None:
    """S3 keeps one, so that a second call would take away the first."""
    one, end = arguments("put_bucket_notification_configuration")
    assert end["NotificationConfiguration"] == {}
    configuration = one["NotificationConfiguration"]
    assert set(configuration) == {
        "LambdaFunctionConfigurations",
        "TopicConfigurations",
        "QueueConfigurations",
    }
    assert configuration["LambdaFunctionConfigurations"][0]["Filter"] == {
        "Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".png"}]}
    }


def test_an_event_source_says_only_what_was_given() -> None:
    """The rest is Lambda's own."""
    full, bare = arguments("create_event_source_mapping")
    assert full["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert full["FilterCriteria"] == {"Filters": [{"Pattern": '{"body": ["x"]}'}]}
    assert set(bare) == {"EventSourceArn", "FunctionName", "BatchSize"}


def test_asynchronous_invocations_are_configured_where_they_differ() -> None:
    """For the function and for each alias."""
    found = arguments("put_function_event_invoke_config")
    assert [one.get("Qualifier", "") for one in found] == ["", "live", "newest"]
    assert found[0]["DestinationConfig"]["OnSuccess"]["Destination"].endswith(":function:plain")
    plain = Function("plain", echo, RUNS, retries=1)
    (call,) = [one for one in functions(alone(plain), ACCOUNT, REGION, URL) if "asynchronous" in one.what]
    assert "DestinationConfig" not in call.arguments


def test_a_version_is_published_for_an_alias_of_it_alone() -> None:
    """An alias of $LATEST needs none."""
    newest = Function("newest", echo, RUNS, aliases=(Alias("live", "$LATEST"),))
    methods = [call.method for call in functions(alone(newest), ACCOUNT, REGION, URL)]
    assert methods == ["create_function", "create_alias"]


def alone(*resources: Any) -> Scenario:
    return a_scenario(resources=list(resources), workload=[], expectations=a_scenario().expectations)


def test_topics_and_queues_let_buckets_in() -> None:
    """As S3's guide has their policies."""
    (topic,) = arguments("create_topic")
    owner, s3 = json.loads(topic["Attributes"]["Policy"])["Statement"]
    assert owner["Principal"] == {"AWS": "*"}
    assert s3["Condition"] == {
        "ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::images"]},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    (jobs,) = [one for one in arguments("create_queue") if one["QueueName"] == "jobs"]
    services = [one["Principal"]["Service"] for one in json.loads(jobs["Attributes"]["Policy"])["Statement"]]
    assert services == ["sns.amazonaws.com", "s3.amazonaws.com"]


def test_rows_are_written_twenty_five_at_a_time() -> None:
    """BatchWriteItem takes no more."""
    sizes = [len(one["RequestItems"]["seen"]) for one in arguments("batch_write_item")]
    assert sizes == [25, 1]


def test_the_same_code_is_the_same_package(tmp_path: Path) -> None:
    """Whatever the files' times; compiled files are left out, a zip is taken as it is."""
    assert package_of(PLAIN) == package_of(Function("other", echo, RUNS))
    names = zipfile.ZipFile(io.BytesIO(package_of(PLAIN))).namelist()
    assert names == [Path(lone_handlers.__file__).name]
    (tmp_path / "inside" / "__pycache__").mkdir(parents=True)
    for name in ("main.py", "inside/more.py", "inside/__pycache__/more.pyc"):
        (tmp_path / name).write_text("def handler(event, context): ...\n")
    packed = package_of(Function("folder", "main.handler", RUNS, code=str(tmp_path)))
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["inside/more.py", "main.py"]
    (tmp_path / "done.zip").write_bytes(packed)
    assert package_of(Function("zip", "main.handler", RUNS, code=str(tmp_path / "done.zip"))) == packed


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ([PLAIN, Function("plain", echo, RUNS, retries=1)], "different functions are called 'plain'"),
        ([TICK, Rule("tick", {"source": ["x"]}, (PLAIN,))], "timers and rules are called 'tick'"),
        ([API, HttpApi("api", PLAIN)], "HTTP APIs are called 'api'"),
        ([EventSource(JOBS, PLAIN), EventSource(JOBS, PLAIN, 5)], "event sources are of 'jobs for plain'"),
        ([Function("much", echo, RUNS, reserved=901)], "reserve 901 of 1000"),
    ],
)
def test_what_would_be_one_on_aws_is_refused(resources: list[Any], sentence: str) -> None:
    """And so is what an account has not."""
    with pytest.raises(ScenarioError, match=sentence):
        alone(*resources)


def test_a_larger_account_is_a_setting() -> None:
    """A setting of the function model, beside those of the others."""
    much = Function("much", echo, RUNS, reserved=901)
    made = a_scenario(resources=[much], workload=[], settings={"account_concurrency": 2_000})
    assert made.function_settings.account_concurrency == 2_000


def test_a_load_may_go_to_an_alias() -> None:
    """Its function comes with it."""
    load = [OpenModel(LIVE, Constant(1, over_s=1))]
    assert a_scenario(resources=[NEWS], workload=load).functions == [WHOLE, PLAIN]
