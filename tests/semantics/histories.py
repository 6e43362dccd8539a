"""Random histories of SNS and SQS, drawn by hypothesis: a stage (queues, topics, subscriptions), then steps.

The values are few and collide often: two bodies, two groups, two de-duplication ids, and spans of time just
below and above those that queues have.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from steps import (
    NOBODYS,
    ChangeVisibility,
    Count,
    CreateQueue,
    CreateTopic,
    Delete,
    DeleteBatch,
    Message,
    Pass,
    Publish,
    PublishBatch,
    Purge,
    Receive,
    Send,
    SendBatch,
    SetAttributes,
    Step,
    Subscribe,
)

from harness.messaging.attributes import Attribute

History = tuple[Step, ...]
Steps = SearchStrategy[Any]  # of a step, or of several

SHORTEST, LONGEST = 6, 24
SECONDS = (1, 4, 6, 29, 31, 59, 61, 299, 301, 900, 3_600, 43_201, 345_601, 1_209_601)
PURGE_TAKES_S = 61
VISIBILITY = ("0", "5", "30", "300")
DELAY = ("0", "5", "900")
RETENTION = ("60", "3600", "345600")
BODIES = (
    "a",
    "b",
    '{"level": "error", "n": 5}',
    '{"level": "info", "n": {"deep": [1, 2]}}',
    "[1]",
    "é ✓ <&>",
)
ATTRIBUTES = {
    "kind": (
        Attribute("String", "alarm"),
        Attribute("String", "alert"),
        Attribute("String.Array", '["alarm", 1]'),
    ),
    "n": (Attribute("Number", "5"), Attribute("Number", "-1.5"), Attribute("String", "5")),
    "raw": (Attribute("Binary", b"\x00\xff"), Attribute("String.label", "x")),
}
FILTERS = (
    {"kind": ["alarm"]},
    {"kind": [{"anything-but": ["alarm"]}]},
    {"kind": [{"prefix": "al"}]},
    {"kind": [{"exists": False}]},
    {"kind": [{"exists": True}], "n": [{"numeric": [">", 0, "<=", 5]}]},
    {"n": [{"numeric": ["=", 5]}]},
    {"n": ["6"]},
    {"$or": [{"kind": ["alert"]}, {"n": [-1.5]}]},
)
BODY_FILTERS = (
    {"level": ["error"]},
    {"level": [{"anything-but": "error"}]},
    {"n": {"deep": [2]}},
    {"n": [{"numeric": ["=", 5]}]},
    {"other": [{"exists": False}]},
    {"level": [{"suffix": "fo"}]},
)


def attributes() -> SearchStrategy[dict[str, Attribute]]:
    """Message attributes, most often none."""
    some = st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in ATTRIBUTES.items()}
    )
    # SNS leaves binary attributes out of filtering; whether a message with no other has any, nobody says.
    return st.one_of(st.just({}), some.filter(lambda drawn: set(drawn) != {"raw"}))


@st.composite
def messages(draw: st.DrawFn, *, fifo: bool, delays: bool, subjects: bool) -> Message:
    """A message for a queue (it may have a delay) or a topic (it may have a subject)."""
    group = draw(st.sampled_from(["g1", "g1", "g2", "g2", None][: 4 if draw(st.integers(0, 9)) else 5]))
    return Message(
        body=draw(st.sampled_from(BODIES)),
        attributes=draw(attributes()),
        delay=draw(st.sampled_from([None, None, None, 0, 5, 900])) if delays else None,
        subject=draw(st.sampled_from([None, None, "news"])) if subjects else None,
        group=group if fifo else None,
        dedup=draw(st.sampled_from([None, "d1", "d2", "d3", "d4"])) if fifo else None,
    )


def queue_messages(*, fifo: bool) -> SearchStrategy[Message]:
    return messages(fifo=fifo, delays=not fifo, subjects=False)


def topic_messages(*, fifo: bool) -> SearchStrategy[Message]:
    return messages(fifo=fifo, delays=False, subjects=True)


def batches(each: SearchStrategy[Message]) -> SearchStrategy[tuple[Message, ...]]:
    return st.lists(each, min_size=1, max_size=4).map(tuple)


def sends(queue: str, *, fifo: bool) -> list[Steps]:
    """What puts messages into *queue*."""
    each = queue_messages(fifo=fifo)
    return [
        st.builds(Send, st.just(queue), each),
        st.builds(Send, st.just(queue), each),
        st.builds(SendBatch, st.just(queue), batches(each)),
    ]


def publishes(topic: str, *, fifo: bool) -> list[Steps]:
    """What publishes to *topic*."""
    each = topic_messages(fifo=fifo)
    return [
        st.builds(Publish, st.just(topic), each),
        st.builds(Publish, st.just(topic), each),
        st.builds(PublishBatch, st.just(topic), batches(each)),
    ]


def consuming(queue: str, most: Sequence[int] = (1, 2, 10)) -> list[Steps]:
    """What a consumer of *queue* does; it receives one of *most* messages at once."""
    name, receipts = st.just(queue), st.sampled_from([0, 0, 0, 1, 2, 3, NOBODYS])
    visibility = st.sampled_from([None, None, 0, 5, 30])
    receive = st.builds(Receive, name, st.sampled_from(most), visibility)
    return [
        receive,
        receive,
        receive,
        st.builds(Delete, name, receipts),
        st.builds(Delete, name, receipts),
        st.builds(DeleteBatch, name, st.lists(receipts, min_size=1, max_size=3, unique=True).map(tuple)),
        st.builds(ChangeVisibility, name, receipts, st.sampled_from([0, 0, 5, 60])),
    ]


def administering(queue: str) -> list[Steps]:
    """What an administrator of *queue* does, and what time does."""
    changes = st.one_of(
        st.builds(lambda value: {"VisibilityTimeout": value}, st.sampled_from(VISIBILITY)),
        st.builds(lambda value: {"DelaySeconds": value}, st.sampled_from(DELAY)),
        st.builds(lambda value: {"MessageRetentionPeriod": value}, st.sampled_from(RETENTION)),
    )
    return [
        st.builds(Pass, st.sampled_from(SECONDS[:9])),
        st.builds(Pass, st.sampled_from(SECONDS[:9])),
        st.builds(Pass, st.sampled_from(SECONDS)),
        st.builds(Count, st.just(queue)),
        st.builds(SetAttributes, st.just(queue), changes),
        # For 60 seconds a purge may take what is sent after it: then nothing can be said (PurgeQueue).
        st.builds(lambda: (Purge(queue), Pass(PURGE_TAKES_S))),
    ]


@st.composite
def queue_attributes(draw: st.DrawFn, *, fifo: bool) -> dict[str, str]:
    """The attributes that a queue is made with: mostly a short visibility time-out, sometimes more."""
    made = {"VisibilityTimeout": draw(st.sampled_from(VISIBILITY[1:]))}
    if draw(st.integers(0, 3)) == 0:
        made["DelaySeconds"] = draw(st.sampled_from(DELAY))
    if draw(st.integers(0, 3)) == 0:
        made["MessageRetentionPeriod"] = draw(st.sampled_from(RETENTION))
    if fifo:
        made["FifoQueue"] = "true"
        made["ContentBasedDeduplication"] = draw(st.sampled_from(["false", "true"]))
    return made


@st.composite
def one_queue(draw: st.DrawFn, *, fifo: bool) -> History:
    """One queue with its senders and consumers."""
    queue = "jobs.fifo" if fifo else "jobs"
    begin = CreateQueue(queue, draw(queue_attributes(fifo=fifo)))
    return (begin, *draw(steps([*sends(queue, fifo=fifo) * 2, *consuming(queue), *administering(queue)])))


@st.composite
def redrive(draw: st.DrawFn, *, fifo: bool) -> History:
    """A queue, and the dead-letter queue that its exhausted messages go to."""
    queue, dead = ("jobs.fifo", "dead.fifo") if fifo else ("jobs", "dead")
    begin = (
        CreateQueue(dead, draw(queue_attributes(fifo=fifo))),
        CreateQueue(
            queue, draw(queue_attributes(fifo=fifo)), dead_letter=dead, after=draw(st.sampled_from([1, 2, 3]))
        ),
    )
    # Ten at once: a receive that is full earlier may or may not have moved the exhausted ones behind.
    consumed = [*consuming(queue, most=[10]) * 2, *consuming(dead)]
    some = [*sends(queue, fifo=fifo), *consumed, *administering(queue)]
    takes_away = st.just(SetAttributes(queue, {"RedrivePolicy": ""}))
    return (*begin, *draw(steps([*some, st.builds(Count, st.just(dead)), takes_away])))


@st.composite
def fan_out(draw: st.DrawFn, *, fifo: bool) -> History:
    """A topic with two queues, filtered or not, raw or not, and their consumers."""
    end = ".fifo" if fifo else ""
    topic, queues = f"news{end}", (f"left{end}", f"right{end}")
    kind = {"FifoTopic": "true", "ContentBasedDeduplication": draw(st.sampled_from(["false", "true"]))}
    made: list[Step] = [CreateTopic(topic, kind if fifo else {})]
    for queue in queues:
        made.append(CreateQueue(queue, draw(queue_attributes(fifo=fifo))))
        made.append(draw(subscriptions(topic, queue)))
    use = [*publishes(topic, fifo=fifo) * 2, *sends(queues[0], fifo=fifo)[:1]]
    for queue in queues:
        use += [*consuming(queue), *administering(queue)]
    return (*made, *draw(steps(use)))


@st.composite
def subscriptions(draw: st.DrawFn, topic: str, queue: str) -> Subscribe:
    """A subscription: half of them have a filter policy, half of those on the body."""
    raw = draw(st.booleans())
    scope = draw(st.sampled_from([None, None, "MessageAttributes", "MessageBody"]))
    if scope is None:
        return Subscribe(topic, queue, raw)
    policy = draw(st.sampled_from(BODY_FILTERS if scope == "MessageBody" else FILTERS))
    return Subscribe(topic, queue, raw, json.dumps(policy), scope)


@st.composite
def refusals(draw: st.DrawFn) -> History:
    """Calls at and beyond the limits, on queues and topics that are there and that are not."""
    made: list[Step] = [
        CreateQueue("jobs", {}),
        CreateTopic("news", {}),
        CreateQueue("jobs.fifo", {"FifoQueue": "true"}),
    ]
    made += [Subscribe("news", "jobs", raw=True), Send("jobs"), Receive("jobs")]
    return (*made, *draw(steps(at_the_limits(), shortest=3, longest=8)))


# In one piece: a list of what is drawn, a line for each limit.
def at_the_limits() -> list[Steps]:
    """Steps that AWS refuses, and their neighbours that it takes."""
    queue = st.sampled_from(["jobs", "jobs", "missing"])
    topic = st.sampled_from(["news", "news", "missing"])
    many = st.sampled_from([0, 1, 10, 11]).map(lambda n: tuple(Message(id=f"m{i}") for i in range(n)))
    some_ids = st.sampled_from([("a", "a"), ("a", "b c"), ("a" * 80,), ("a" * 81,)])
    ids = some_ids.map(lambda names: tuple(Message(id=name) for name in names))
    sized = st.sampled_from([262_144, 262_145, 1_048_576, 1_048_577]).map(lambda n: Message(bytes=n))
    attributes = (
        {"": Attribute("String", "x")},
        {"a b": Attribute("String", "x")},
        {"a": Attribute("Strange", "x")},
        {"a": Attribute("Number", "x")},
        {"a": Attribute("String", "")},
        {f"a{n}": Attribute("String", "x") for n in range(11)},
    )
    wrong = [Message(body=""), Message(body="\x00"), *(Message(attributes=each) for each in attributes)]
    delays = [Message(delay=each) for each in (-1, 900, 901)]
    odd = st.sampled_from([*wrong, *delays, Message(dedup="d")])
    fifo = [Message(group="g"), Message(dedup="d"), Message(group="g", dedup="d", delay=1)]
    fifo_odd = st.sampled_from([*fifo, *(replace(each, group="g", dedup="d") for each in wrong)])
    settings = st.sampled_from(
        [
            {"VisibilityTimeout": "43200"},
            {"VisibilityTimeout": "43201"},
            {"VisibilityTimeout": "-1"},
            {"DelaySeconds": "900"},
            {"DelaySeconds": "901"},
            {"MessageRetentionPeriod": "59"},
            {"MessageRetentionPeriod": "1209601"},
            {"MaximumMessageSize": "1023"},
            {"MaximumMessageSize": "1024"},
            {"MaximumMessageSize": "1048577"},
        ]
    )
    return [
        st.builds(Send, st.just("jobs"), st.one_of(odd, sized)),
        st.builds(Send, st.just("jobs.fifo"), fifo_odd),
        st.builds(SendBatch, st.just("jobs"), st.one_of(many, ids)),
        st.builds(SendBatch, queue, st.just((Message(),))),
        st.builds(SendBatch, st.just("jobs"), batches(odd)),
        st.builds(SendBatch, st.just("jobs.fifo"), batches(fifo_odd)),
        st.builds(
            Publish,
            st.just("news"),
            st.one_of(st.sampled_from([Message(attributes=each) for each in attributes]), sized),
        ),
        st.builds(PublishBatch, st.just("news"), st.one_of(many, ids)),
        st.builds(PublishBatch, topic, st.just((Message(),))),
        st.builds(Receive, st.just("jobs"), st.sampled_from([0, 1, 10, 11])),
        st.builds(Receive, st.just("jobs"), st.just(1), st.sampled_from([0, 43_200, 43_201, -1])),
        st.builds(Receive, queue),
        st.builds(ChangeVisibility, st.just("jobs"), st.just(0), st.sampled_from([0, 43_200, 43_201, -1])),
        st.builds(ChangeVisibility, queue, st.just(NOBODYS), st.just(0)),
        st.builds(Send, queue),
        st.builds(Publish, topic),
        st.builds(Delete, queue, st.sampled_from([0, NOBODYS])),
        st.builds(
            DeleteBatch, st.just("jobs"), st.sampled_from([(), (0,), (NOBODYS,), (0, 0), tuple(range(11))])
        ),
        st.builds(DeleteBatch, queue, st.just((NOBODYS,))),
        st.builds(CreateQueue, st.just("other"), settings),
        st.builds(CreateQueue, st.sampled_from(["other.fifo", "jobs", "no good"])),
        st.builds(SetAttributes, st.sampled_from(["jobs", "jobs.fifo"]), settings),
        st.builds(Purge, queue),
        st.builds(Subscribe, topic, st.sampled_from(["jobs", "jobs.fifo"])),
    ]


def steps(
    some: Sequence[Steps], *, shortest: int = SHORTEST, longest: int = LONGEST
) -> SearchStrategy[list[Step]]:
    return st.lists(st.one_of(*some), min_size=shortest, max_size=longest).map(flat)


def flat(drawn: Sequence[Step | tuple[Step, ...]]) -> list[Step]:
    """Return steps that were drawn one by one or several at once."""
    return [step for each in drawn for step in (each if isinstance(each, tuple) else (each,))]


def histories() -> SearchStrategy[History]:
    """All kinds of history; the plain queue comes twice."""
    return st.one_of(
        one_queue(fifo=False),
        one_queue(fifo=True),
        fan_out(fifo=False),
        redrive(fifo=False),
        redrive(fifo=True),
        fan_out(fifo=True),
        refusals(),
    )
