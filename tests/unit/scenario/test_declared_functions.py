"""What may be said of functions, aliases and event sources; each sentence names the way out."""

from pathlib import Path
from typing import Any

import lone_handlers
import pytest
from lone_handlers import Holder, echo

from harness.endpoint.distributions import Constant, Uniform
from harness.errors import ScenarioError
from harness.scenario import Alias, Bucket, EventSource, Function, Queue, Role, Table, Topic

RUNS = Role("runs", service="lambda.amazonaws.com")
QUEUE, DEAD = Queue("jobs"), Queue("dead")
HERE = str(Path(lone_handlers.__file__).parent)


def function(**given: Any) -> Function:
    return Function(**{"name": "score", "handler": echo, "role": RUNS} | given)


def numeric(event: Any, _context: Any) -> Any:
    """Return the event; its file imports pytest."""
    return event


def test_a_handler_is_called_by_its_file() -> None:
    """Its file alone is the code, so the module has no package."""
    assert function().handler_name == "lone_handlers.echo"


def test_a_handler_in_a_folder_is_called_by_its_place_there() -> None:
    """Folders become the package."""
    above = str(Path(HERE).parent)
    assert function(code=above).handler_name == "scenario.lone_handlers.echo"
    assert function(handler="any.where", code=HERE).handler_name == "any.where"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "a b"}, "1 to 64 letters"),
        ({"handler": "echo", "code": HERE}, "write it as 'module.function'"),
        ({"handler": "a." + "b" * 127, "code": HERE}, "write it as 'module.function'"),
        ({"handler": "a.b"}, "say in which folder or zip"),
        ({"handler": Holder.inner}, "no function at the top level"),
        ({"handler": len}, "no function at the top level"),
        ({"handler": numeric}, "imports .* which Lambda's Python has not; put the handler into a file"),
        ({"code": "/no/such/place"}, "there is no such folder or zip"),
        ({"code": str(Path(HERE).parent / "run")}, "which is not in the folder"),
        ({"runtime": "nodejs20.x"}, "only Python runs here"),
        ({"timeout_s": 901}, "timeout_s is 901; AWS takes 1 to 900"),
        ({"timeout_s": 1.5}, "give a whole number"),
        ({"memory_mb": 64}, "AWS takes 128 to 10240"),
        ({"retries": 3}, "AWS takes 0 to 2"),
        ({"retries": True}, "give a whole number"),
        ({"max_event_age_s": 59}, "AWS takes 60 to 21600"),
        ({"reserved": -1}, "AWS takes 0 or more"),
        ({"duration": -1.0}, "finite and 0 or more"),
        ({"duration": "long"}, "give model seconds, or a distribution"),
        ({"init_time": True}, "give model seconds, or a distribution"),
        ({"environment": {"1A": "x"}}, "a name has a letter"),
        ({"environment": {"AWS_REGION": "x"}}, "which Lambda reserves"),
        ({"environment": {"COUNT": 3}}, "give text, or a declared resource"),
        ({"environment": {"LONG": "x" * 4_096}}, "Lambda takes 4096"),
        ({"aliases": (Alias("live"), Alias("live"))}, "two aliases have one name"),
        ({"reserved": 2, "aliases": (Alias("live", provisioned=3),)}, "more than its reserved"),
        ({"dead_letter": Queue("late", fifo=True)}, "sends to standard queues"),
    ],
)
def test_what_lambda_would_refuse_is_refused(given: dict[str, Any], sentence: str) -> None:
    """When it is declared, and not after a minute of deploying."""
    with pytest.raises(ScenarioError, match=sentence):
        function(**given)


def test_a_handler_of_a_package_of_its_own_cannot_run_alone(tmp_path: Path) -> None:
    """A relative import has nothing to be relative to."""
    import importlib.util

    path = tmp_path / "lonely.py"
    path.write_text("def handler(event, context):\n    from . import other\n")
    spec = importlib.util.spec_from_file_location("lonely", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(ScenarioError, match="imports its own package"):
        function(handler=module.handler)


def test_what_may_be_said_is_kept() -> None:
    """Everything that the contract offers at once."""
    whole = function(
        reserved=5,
        duration=0.2,
        init_time=Uniform(0.1, 0.3),
        aliases=[Alias("live", provisioned=5), Alias("newest", "$LATEST")],
        invoked_by=[Topic("news"), Bucket("images"), RUNS, "*"],
        environment={"JOBS": QUEUE, "TABLE": Table("seen"), "NEXT": function(name="next")},
        on_failure=DEAD,
        dead_letter=DEAD,
    )
    assert whole.modelled_duration == Constant(0.2)
    assert whole.modelled_init == Uniform(0.1, 0.3)
    assert function().modelled_duration is None
    assert whole.arn("eu-west-1", "1") == "arn:aws:lambda:eu-west-1:1:function:score"
    live = whole.alias("live")
    assert (live.name, live.arn("r", "1")) == ("score:live", "arn:aws:lambda:r:1:function:score:live")


def test_an_alias_that_there_is_not_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ScenarioError, match="has no alias 'live'; it has none"):
        function().alias("live")
    with pytest.raises(ScenarioError, match="it has 'new'"):
        function(aliases=(Alias("new"),)).alias("live")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("42",), "not digits alone"),
        (("live", "2"), "one version is published"),
        (("live", "1", -1), "AWS takes 0 or more"),
        (("live", "$LATEST", 1), "provisions no concurrency for"),
    ],
)
def test_an_alias_is_held_to_what_lambda_takes(given: Any, sentence: str) -> None:
    """Its name, its version, what it provisions."""
    with pytest.raises(ScenarioError, match=sentence):
        Alias(*given)


@pytest.mark.parametrize(
    ("queue", "given", "sentence"),
    [
        (QUEUE, {"batch_size": 0}, "AWS takes 1 to 10000"),
        (QUEUE, {"batch_size": 11}, "only with a window"),
        (QUEUE, {"window_s": 301}, "AWS takes 0 to 300"),
        (QUEUE, {"maximum_concurrency": 1}, "AWS takes 2 to 1000"),
        (Queue("jobs", fifo=True), {"batch_size": 11}, "AWS takes 1 to 10"),
        (Queue("jobs", fifo=True), {"window_s": 1}, "no window for a FIFO queue"),
        (Queue("jobs", visibility_timeout_s=2), {}, "below the function's timeout_s"),
        (QUEUE, {"filters": ({"body": "no list"},)}, "Lambda refuses its filters"),
        (QUEUE, {"filters": ({"body": {1, 2}},)}, "a filter is no JSON value"),
    ],
)
def test_an_event_source_is_held_to_what_lambda_takes(
    queue: Queue, given: dict[str, Any], sentence: str
) -> None:
    """Sizes, windows, concurrency, time-outs, filters."""
    with pytest.raises(ScenarioError, match=sentence):
        EventSource(queue, function(), **given)


def test_an_event_source_takes_large_batches_with_a_window() -> None:
    """And an alias, a filter, a limit of its own."""
    by_alias = function(aliases=(Alias("live"),)).alias("live")
    source = EventSource(
        QUEUE, by_alias, 100, 5, maximum_concurrency=2, filters=[{"body": {"kind": ["image"]}}]
    )
    assert source.filters == ({"body": {"kind": ["image"]}},)
