"""`--fault`: every form, and what is said of a wrong one."""

import pytest

from harness.errors import ScenarioError
from harness.scenario import ZoneFailure
from harness.scenario.faults import (
    ClockSkew,
    ConnectionReset,
    DelayedDelivery,
    DuplicatedDelivery,
    Fault,
    FrozenConsumer,
    KilledConsumer,
    Latency,
    OutOfOrderDelivery,
    ServerError,
    Throttle,
)
from harness.scenario.faults.command_line import forms, parse_fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("throttle:sns:0.1", Throttle("sns", 0.1)),
        ("throttle:sns:0.1:operations=Publish,Subscribe", Throttle("sns", 0.1, ("Publish", "Subscribe"))),
        ("throttle:sns:0.1:until=20:after=10", Throttle("sns", 0.1, after_s=10, until_s=20)),
        ("error:sqs:0.05", ServerError("sqs", 0.05)),
        ("error:sqs:0.05:status=503", ServerError("sqs", 0.05, 503)),
        ("latency:sns:0.2:by=0.5", Latency("sns", 0.2, 0.5)),
        ("reset:sqs:0.01", ConnectionReset("sqs", 0.01)),
        ("reset:sqs:1e-2:after_answer=yes", ConnectionReset("sqs", 0.01, after_answer=True)),
        ("reset:sqs:0.01:after_answer=no", ConnectionReset("sqs", 0.01)),
        ("duplicate:0.1", DuplicatedDelivery(0.1)),
        ("duplicate:jobs:0.1:after=5", DuplicatedDelivery(0.1, "jobs", after_s=5)),
        ("delay:jobs:0.1:by=5", DelayedDelivery("jobs", 0.1, 5)),
        ("delay:0.1:by=5", DelayedDelivery(None, 0.1, 5)),
        ("reorder:jobs:0.3", OutOfOrderDelivery("jobs", 0.3)),
        ("reorder:0.3", OutOfOrderDelivery(None, 0.3)),
        ("kill:worker:every=5", KilledConsumer("worker", 5)),
        ("freeze:worker:after=10:for=5", FrozenConsumer("worker", 10, 5)),
        ("freeze:worker:for=5:every=20:until=60", FrozenConsumer("worker", 0, 5, 20, 60)),
        ("skew:worker:by=900", ClockSkew("worker", 900)),
        ("skew:worker:by=-900", ClockSkew("worker", -900)),
        ("zone:a:after=60", ZoneFailure(("a",), 60)),
        ("zone:a,b:after=60", ZoneFailure(("a", "b"), 60)),
    ],
)
def test_every_form_is_read(text: str, fault: Fault) -> None:
    """One word of the command line is one fault."""
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("word", "kind"),
    [("throttle", Throttle), ("error", ServerError), ("latency", Latency), ("reset", ConnectionReset)],
)
def test_every_fault_of_calls_takes_operations_and_a_window(word: str, kind: type[Fault]) -> None:
    """The same three words for each of them, in any order."""
    by = ":by=0.5" if kind is Latency else ""
    fault = parse_fault(f"{word}:sqs:0.1:until=9{by}:operations=SendMessage,DeleteMessage:after=3")
    assert isinstance(fault, kind)
    assert isinstance(fault, Throttle | ServerError | Latency | ConnectionReset)
    assert fault.operations == ("SendMessage", "DeleteMessage")
    assert (fault.after_s, fault.until_s) == (3, 9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "--fault '': there is no fault ''; there are throttle:SERVICE:SHARE"),
        ("slow:sns:0.1", "there is no fault 'slow'; there are throttle:SERVICE:SHARE"),
        ("throttle", "the service is missing; the form is throttle:SERVICE:SHARE"),
        ("throttle::0.1", "the service is missing"),
        ("throttle:sns", "the share is missing"),
        ("throttle:sns:ten", "share 'ten' is no number"),
        ("throttle:sns:10", "--fault 'throttle:sns:10': Throttle of 'sns': share is 10"),
        ("throttle:snss:0.1", "no service 'snss' here; did you mean 'sns'"),
        ("throttle:sns:0.1:0.2", "'0.2' is one part too many"),
        ("throttle:sns:0.1:by=5", "there is no by=; the form is throttle:"),
        ("throttle:sns:after=5:0.1", "'0.1' comes after after=, where only options stand"),
        ("throttle:sns:0.1:after=5:after=6", "after= is given twice"),
        ("throttle:sns:0.1:after=soon", "after= 'soon' is no number"),
        ("throttle:sns:0.1:operations=", "operations= has an empty name"),
        ("error:sqs:0.1:status=5xx", "status=5xx is no whole number"),
        ("reset:sqs:0.1:after_answer=maybe", "after_answer=maybe is neither yes nor no"),
        ("latency:sns:0.2", "by= is missing"),
        ("kill:worker", "every= is missing"),
        ("zone:d:after=60", "name one or two of a, b, c"),
        ("zone:a", "after= is missing; the form is zone:ZONE"),
        ("skew:worker:by=900:after=5", "there is no after=; the form is skew:PROGRAM:by=SECONDS$"),
    ],
)
def test_a_wrong_one_names_the_fault_the_part_and_the_form(text: str, sentence: str) -> None:
    """One sentence, and the way out."""
    with pytest.raises(ScenarioError, match=sentence) as caught:
        parse_fault(text)
    assert str(caught.value).startswith(f"--fault {text!r}: ")


def test_every_form_is_shown() -> None:
    """With the window where there is one."""
    shown = forms()
    assert len(shown) == 13
    assert "skew:PROGRAM:by=SECONDS" in shown
    assert "reorder:[QUEUE:]SHARE[:after=SECONDS][:until=SECONDS]" in shown
