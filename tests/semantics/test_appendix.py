"""SNS and SQS compared: each difference of the appendix, held by every backend over random histories."""

import json
import os
from collections import Counter

import pytest
from bench import Bench
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from subject import Subject

from harness.messaging.attributes import Attribute
from harness.messaging.differences import known_differences

# The histories of test_delivery_semantics go the same ways; for every change two of each difference will do.
EXAMPLES = 4 if int(os.environ.get("HARNESS_HISTORIES", "100")) >= 100 else 2
few = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
bodies = st.lists(st.sampled_from(["load", "train", "deploy", '{"step": 1}', "é"]), min_size=1, max_size=8)
queues = st.integers(1, 3).map(lambda n: [f"team{index}" for index in range(n)])


def test_sns_pushes_while_a_queue_waits_to_be_polled(subject: Subject) -> None:
    """A publication is in the subscribed queue without anybody asking the topic; the queue gives it only when
    it is asked, and no more than it is asked for."""

    @few
    @given(bodies)
    def holds(published: list[str]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            inbox = bench.queue("inbox")
            news = bench.topic("news", to=[inbox])
            for each in published:
                bench.publish(news, each)

            first = bench.bodies(inbox, most=1)
            assert len(first) == 1
            assert Counter(first + bench.drain(inbox)) == Counter(published)

    holds()


def test_sns_keeps_nothing_while_a_queue_keeps_until_it_is_deleted(subject: Subject) -> None:
    """What was published before anybody subscribed is gone; what was sent is there, however often it is
    received, until it is deleted."""

    @few
    @given(bodies)
    def holds(told: list[str]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            news, late, jobs = bench.topic("news"), bench.queue("late"), bench.queue("jobs")
            for each in told:
                bench.publish(news, each)
                bench.send(jobs, each)
            bench.subscribe(news, late)

            assert bench.drain(late) == []
            assert Counter(bench.bodies(jobs, VisibilityTimeout=0)) == Counter(told)
            assert Counter(bench.drain(jobs)) == Counter(told)
            assert bench.drain(jobs) == []

    holds()


def test_a_topic_fans_out_while_a_queue_shares_its_work(subject: Subject) -> None:
    """Every subscribed queue gets its own copy of each publication; of two consumers of one queue, each
    message goes to one."""

    @few
    @given(bodies, queues)
    def holds(published: list[str], teams: list[str]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            news = bench.topic("news", to=[bench.queue(team) for team in teams])
            for each in published:
                bench.publish(news, each)

            for team in teams[1:]:
                assert Counter(bench.drain(team)) == Counter(published)
            one, other = bench.receive(teams[0], most=3), bench.receive(teams[0])
            shared = {each["MessageId"] for each in one} & {each["MessageId"] for each in other}
            assert not shared
            assert len(one) + len(other) == len(published)

    holds()


def test_a_subscription_filters_while_a_queue_takes_everything(subject: Subject) -> None:
    """Each subscriber gets what its policy lets through, on attributes or on the body, and only that."""

    @few
    @given(st.lists(st.sampled_from(["error", "warning", "info"]), min_size=1, max_size=8))
    def holds(levels: list[str]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            alarms, quiet, archive = bench.queue("alarms"), bench.queue("quiet"), bench.queue("archive")
            news = bench.topic("news", to=[archive])
            bench.subscribe(news, alarms, FilterPolicy=json.dumps({"level": ["error"]}))
            policy = json.dumps({"level": [{"anything-but": ["error"]}]})
            bench.subscribe(news, quiet, FilterPolicy=policy, FilterPolicyScope="MessageBody")
            for level in levels:
                bench.publish(news, json.dumps({"level": level}), {"level": Attribute("String", level)})

            def taken(queue: str) -> Counter[str]:
                return Counter(json.loads(each)["level"] for each in bench.drain(queue))

            assert taken(archive) == Counter(levels)
            assert taken(alarms) == Counter(level for level in levels if level == "error")
            assert taken(quiet) == Counter(level for level in levels if level != "error")

    holds()


def test_a_queue_can_delay_while_sns_delivers_at_once(subject: Subject) -> None:
    """A message with a delay is not there before it is over, and there after it; a publication is there at
    once in a queue without one."""

    @few
    @given(st.lists(st.sampled_from([0, 60, 600]), min_size=1, max_size=5))
    def holds(delays: list[int]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            needs_time(bench)
            jobs, inbox = bench.queue("jobs"), bench.queue("inbox")
            news = bench.topic("news", to=[inbox])
            for delay in delays:
                bench.send(jobs, str(delay), DelaySeconds=delay)
                bench.publish(news, str(delay))

            assert Counter(bench.drain(inbox)) == Counter(map(str, delays))
            # after 30 s, 330 s and 930 s in all
            over = [30, 300, 600]
            for index, pause in enumerate(over):
                bench.wait(pause)
                due = [each for each in delays if sum(over[:index]) <= each < sum(over[: index + 1])]
                assert Counter(bench.drain(jobs)) == Counter(map(str, due))

    holds()


def test_what_is_received_is_hidden_for_the_visibility_time_out(subject: Subject) -> None:
    """While one consumer has a message no other gets it; not deleted in time, it comes again, and counts how
    often it came."""

    @few
    @given(st.sampled_from([5, 30, 3_600]), st.sampled_from([None, 0, 60]), st.integers(1, 3))
    def holds(seconds: int, changed_to: int | None, rounds: int) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            needs_time(bench)
            jobs = bench.queue("jobs", VisibilityTimeout=seconds)
            bench.send(jobs, "train")
            for turn in range(1, rounds + 1):
                (message,) = bench.receive(jobs)
                assert message["Attributes"]["ApproximateReceiveCount"] == str(turn)
                if changed_to is not None:
                    bench.hide(jobs, message, changed_to)
                hidden = seconds if changed_to is None else changed_to
                if hidden:
                    bench.wait(hidden - 2)
                    assert bench.receive(jobs) == []
                    bench.wait(4)

    holds()


def test_a_queue_forgets_after_its_retention_period(subject: Subject) -> None:
    """A message is kept up to its queue's retention period from when it was sent, received or not, and not
    longer."""

    @few
    @given(st.sampled_from([60, 3_600, 345_600]), st.booleans())
    def holds(retention: int, received: bool) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            needs_time(bench)
            jobs = bench.queue("jobs", MessageRetentionPeriod=retention, VisibilityTimeout=10)
            bench.send(jobs, "old")
            bench.wait(30)
            bench.send(jobs, "new")
            if received:
                assert len(bench.receive(jobs)) == 2
            bench.wait(retention - 15)

            left = bench.drain(jobs)
            assert "old" not in left
            # Where an expired message hides the others, which is in the table of known differences.
            assert left == ["new"] or "expired-hide-the-rest" in known_ids(subject)

    holds()


def test_a_fifo_queue_keeps_each_groups_order_and_drops_duplicates(subject: Subject) -> None:
    """Within a group messages come in the order in which they were sent, each de-duplication id once in five
    minutes; a standard queue promises neither."""

    @few
    @given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 4)), min_size=1, max_size=9))
    def holds(sent: list[tuple[str, int]]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            jobs = bench.queue("jobs.fifo")
            for group, number in sent:
                name = f"{group}{number}"
                bench.send(jobs, name, MessageGroupId=group, MessageDeduplicationId=name)
            once = list(dict.fromkeys(f"{group}{number}" for group, number in sent))

            taken = bench.drain(jobs)
            for group in "AB":
                assert [each for each in taken if each[0] == group] == [
                    each for each in once if each[0] == group
                ]

    holds()


def test_a_queue_delivers_again_until_the_dead_letter_queue(subject: Subject) -> None:
    """A message that nobody deletes comes maxReceiveCount times, and is in the dead-letter queue when it is
    asked for once more; the others stay."""

    @few
    @given(st.integers(1, 4), st.booleans())
    def holds(times: int, through_a_topic: bool) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            dead = bench.queue("dead")
            jobs = bench.queue("jobs", redrive=(dead, times))
            if through_a_topic:
                bench.publish(bench.topic("news", to=[jobs]), "poison")
            else:
                bench.send(jobs, "poison")
            for _ in range(times):
                assert bench.bodies(jobs, VisibilityTimeout=0) == ["poison"]
                assert bench.bodies(dead) == []

            assert bench.bodies(jobs) == []
            assert bench.drain(dead) == ["poison"]

    holds()


def test_a_batch_is_its_entries_one_by_one(subject: Subject) -> None:
    """What is sent, published or deleted in batches of up to ten is what it would be one by one, and every
    entry is answered."""

    @few
    @given(st.lists(st.integers(0, 99), min_size=1, max_size=10, unique=True))
    def holds(numbers: list[int]) -> None:
        with subject.stage() as stage:
            bench = Bench(stage)
            jobs, inbox = bench.queue("jobs"), bench.queue("inbox")
            news = bench.topic("news", to=[inbox])
            entries = [{"Id": f"n{number}", "MessageBody": str(number)} for number in numbers]
            sent = bench.send_batch(jobs, entries)
            entries = [{"Id": f"n{number}", "Message": str(number)} for number in numbers]
            published = bench.publish_batch(news, entries)

            ids = Counter(f"n{number}" for number in numbers)
            assert Counter(each["Id"] for each in sent["Successful"]) == ids
            assert Counter(each["Id"] for each in published["Successful"]) == ids
            for queue in (jobs, inbox):
                messages = bench.receive(queue)
                assert Counter(each["Body"] for each in messages) == Counter(map(str, numbers))
                assert len(bench.delete(queue, messages)["Successful"]) == len(numbers)
                bench.wait(31) if bench.can_wait else None
                assert bench.receive(queue) == []

    holds()


def known_ids(subject: Subject) -> set[str]:
    return {row.id for row in known_differences() if subject.name in row.emulators}


def needs_time(bench: Bench) -> None:
    if not bench.can_wait:
        pytest.skip("the clock of a backend that runs already cannot be put forward")
