"""Journals of messaging runs to draw reports from, in the order a run writes them; always the same."""

from collections.abc import Iterable, Sequence
from random import Random

import sample

from harness import journal as j

ACCOUNT = "us-east-1:000000000000"


def started(name: str, variant: str, description: str) -> j.RunStarted:
    """Return the first record of a messaging run."""
    return sample.started(
        scenario=name, variant=variant, description=description, clock="wall", configuration={},
        command=f"harness run {name} --variant {variant} --seed 7",
    )  # fmt: skip


def in_order(records: Iterable[j.Record]) -> list[j.Record]:
    """Return *records* as a run writes them: by moment, but for the first and the last."""
    return sample.ordered(records)


def declared(*queues: str, dead_letter: str = "") -> list[j.Record]:
    """Return what *queues* are; each has the dead-letter queue given."""
    return [j.QueueDeclared(0.9, name, 345_600.0, dead_letter, 3 if dead_letter else 0) for name in queues]


def published(number: int, at: float, topic: str, *copies: str, **more: object) -> j.MessagePublished:
    """Return a publication to *topic*."""
    return j.MessagePublished(at, at - 0.004, f"p{number:05}", topic, list(copies), key=f"k{number}", **more)  # type: ignore[arg-type]


def message_id(queue: str, number: int) -> str:
    """Return what SQS calls a copy: the same for the same copy, as a UUID looks."""
    digits = f"{Random(f'{queue}/{number}').getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def received(number: int, at: float, queue: str, times: int = 1) -> j.MessageReceived:
    """Return a receive of the copy of publication *number* in *queue*."""
    return j.MessageReceived(at, queue, message_id(queue, number), f"p{number:05}", times, f"k{number}")


def deleted(number: int, at: float, queue: str) -> j.MessageEnded:
    """Return the deletion of the copy of publication *number* in *queue*."""
    return j.MessageEnded(at, queue, message_id(queue, number), f"p{number:05}", "deleted", f"k{number}")


def taken(at: float, **found: int) -> list[j.Record]:
    """Return the inventories of queues, whose names have `_` for `-`, with what was found in each."""
    return [j.InventoryTaken(at, name.replace("_", "-"), count, count) for name, count in found.items()]


def samples(queue: str, depths: Sequence[tuple[int, int]], began: float) -> list[j.Record]:
    """Return a sample a second from *began* on: visible and in flight; the oldest as old as it is deep."""
    return [
        j.QueueSampled(began + at, queue, visible, flying, 0, (visible + flying) / 20 or None)
        for at, (visible, flying) in enumerate(depths)
    ]


def once(count: int) -> list[j.Record]:
    """Return *count* messages of the topic `t` to the queue `q`, each processed once."""
    records: list[j.Record] = [*declared("q")]
    for number in range(count):
        records.append(published(number, 1.0, "t", "q"))
        records += [received(number, 2.0, "q"), deleted(number, 3.0, "q")]
    return records


def whole(*records: j.Record, verdict: str = "pass") -> list[j.Record]:
    """Return the journal of a run that has *records* between its first and its last."""
    return [started("s", "corrected", ""), *records, j.RunEnded(50.0, verdict, "", 1.0)]


def clean_run(count: int = 1_000) -> list[j.Record]:
    """Return an inference loop of *count* requests: answered once each, under faults, 1 in 20 is poison."""
    random, queue, answers, poison = (
        Random("7/clean"),
        "inference-queue",
        "inference-answers",
        "inference-poison",
    )
    records: list[j.Record] = [
        *declared(queue, dead_letter=poison),
        *declared(poison, answers),
        *_phases(),
        *_workers(4),
        j.FaultInjected(11.0, "throttle", "10 % of the calls of sns (all operations) are throttled"),
        j.FaultEnded(32.0, "throttle", "10 % of the calls of sns (all operations) are throttled", 1_244, 120),
    ]
    for number in range(count):
        at = 11.0 + 20.0 * number / count
        records.append(j.LoadRequest(at, "inference-requests", "ok", 200, at, at + 0.01, target="topic"))
        records.append(published(number, at, "inference-requests", queue))
        seen = at + random.lognormvariate(-1.6, 0.7)
        if number % 20 == 7:
            records += [received(number, seen + 0.6 * turn, queue, turn + 1) for turn in range(3)]
            found = j.MessageFound(39.0, poison, message_id(queue, number), f"p{number:05}", 4)
            records.append(found)
            continue
        records += [received(number, seen, queue), deleted(number, seen + 0.05, queue)]
        records.append(published(count + number, seen + 0.03, "inference-answers", answers))
        records.append(received(count + number, seen + 0.04, answers))
        records.append(deleted(count + number, seen + 0.05, answers))
    depths = [(int(30 * abs(random.gauss(0.6, 0.4))), 10 + random.randrange(30)) for _ in range(22)]
    records += samples(queue, [*depths, (12, 10), (3, 2), (0, 0), (0, 0)], 11.0)
    records += samples(poison, [(min(2 * second, count // 20), 0) for second in range(27)], 11.0)
    records += taken(39.0, inference_queue=0, inference_poison=count // 20, inference_answers=0)
    records.append(j.LoadEnded(31.0, 11.0, count, count, count, 0, 0, 0, 0.004, "lean", 0.14, 1, False, []))
    check = j.Expectation(
        39.5,
        "inference-queue: lost",
        "== 0",
        0.0,
        "messages",
        True,
        f"of {count} copies",
        "every request once",
    )
    first = started(
        "inference-loop",
        "corrected",
        "50 requests a second, answered in batches by four workers, one is killed.",
    )
    return in_order([first, *records, check, j.RunEnded(40.0, "pass", "", 40.2)])


def _phases() -> list[j.Record]:
    return [
        j.PhaseStarted(0.1, "deploy", "topics, queues"),
        j.PhaseStarted(11.0, "load", "inference-requests"),
        j.PhaseStarted(31.0, "settle", "until inference-queue is empty"),
        j.PhaseStarted(38.0, "teardown", ""),
    ]


def _workers(count: int) -> list[j.Record]:
    def change(at: float, rank: int, what: str, detail: str, code: int | None = None) -> j.ProgramChanged:
        return j.ProgramChanged(at, "workers", rank, what, code, detail)

    return [
        *(change(2.0 + 0.01 * rank, rank, "started", f"access key ASIA{rank}") for rank in range(count)),
        j.FaultInjected(20.0, "killed consumer", "workers-2 killed"),
        change(20.1, 2, "killed", "by a fault; this life leaves no result; it is started again in 0.5 s", -9),
        change(20.6, 2, "started", "access key ASIA2"),
        *(change(33.0, rank, "asked to stop", "it has 10 s") for rank in range(count)),
        *(change(33.4 + 0.01 * rank, rank, "ended", "as it should", 0) for rank in range(count)),
        j.ProgramEnded(33.5, "workers", 2.0, 0, {"answered": 950, "poison": 150}),
    ]


def lossy_run() -> list[j.Record]:
    """Return a run that loses 60 of 1,000 copies, processes 12 twice and leaves some; it fails."""
    records: list[j.Record] = [*declared("orders", "audit"), j.PhaseStarted(1.0, "load", "orders")]
    for number in range(500):
        at = 1.0 + number / 25
        records.append(
            published(number, at, "orders", "orders", "audit-hook", filtered=["audit"] * (number % 5 == 0))
        )
        records.append(j.MessageEnded(at + 0.02, "audit-hook", "", f"p{number:05}", "delivered"))
        if number % 25 in (3, 9, 21):
            continue
        if number % 50 == 0:
            found = j.MessageFound(29.0, "orders", message_id("orders", number), f"p{number:05}", 0)
            records.append(found)
            continue
        records += [received(number, at + 0.3, "orders"), deleted(number, at + 0.4, "orders")]
        if number % 40 == 11:
            records += [received(number, at + 2.3, "orders", 2), deleted(number, at + 2.4, "orders")]
    records += samples("orders", [(5 * second, 3) for second in range(20)], 1.0)
    records += taken(29.0, orders=10, audit=0)
    check = j.Expectation(
        29.5,
        "orders: lost",
        "== 0",
        60.0,
        "messages",
        False,
        "60 of 500 copies are nowhere",
        "no order is lost",
    )
    records.append(check)
    first = started("orders", "as-written", "Orders go to a queue and a webhook.")
    return in_order([first, *records, j.RunEnded(30.0, "fail", "1 of 1 expectation was not met", 30.1)])


def unheard_run() -> list[j.Record]:
    """Return a run of two messages to a topic without a subscriber."""
    records: list[j.Record] = [
        j.PhaseStarted(0.2, "program", "training"),
        j.ProgramChanged(0.3, "training", 0, "started", None, "access key ASIA"),
        published(1, 2.0, "training-events"),
        published(2, 6.1, "training-events"),
        j.ProgramChanged(6.2, "training", 0, "ended", 0, "as it should"),
        j.ProgramEnded(6.3, "training", 0.3, 0, {"accuracy": 0.93}),
        j.Expectation(
            6.4, "training-events: undelivered", "== 0", 2.0, "messages", False,
            "2 of 2 messages reached nobody: the topic has no subscriber", "PIPELINES, section A",
        ),
    ]  # fmt: skip
    first = started(
        "training-notifications", "as-written", "A training run publishes started and completed to a topic."
    )
    return in_order([first, *records, j.RunEnded(7.0, "fail", "1 of 1 expectation was not met", 7.1)])


def refused_run() -> list[j.Record]:
    """Return a run in which a queue without a policy and one with a Deny get nothing, a third was mended."""
    topic = f"arn:aws:sns:{ACCOUNT}:coordination"
    reason = (
        "queue ranks has no policy; SNS may only send to it when a statement allows sqs:SendMessage to "
        f"sns.amazonaws.com for topic {topic}"
    )
    deny = (
        "statement Keep in the policy of queue audit denies sqs:SendMessage to SNS; a Deny wins over every "
        "Allow"
    )
    mended = "statement LetIn in the policy of queue late allows sqs:SendMessage to SNS"

    def edge(at: float, queue: str, why: str, *, allowed: bool = False) -> j.DeliveryRefused:
        return j.DeliveryRefused(at, topic, f"arn:aws:sqs:{ACCOUNT}:{queue}", "sns", why, allowed)

    records: list[j.Record] = [
        *declared("ranks", "audit", "late"),
        edge(0.5, "ranks", reason),
        edge(0.6, "audit", deny),
        edge(0.7, "late", reason),
        edge(0.8, "late", mended, allowed=True),
        published(1, 2.0, "coordination", "late", refused=["ranks", "audit"]),
        received(1, 2.1, "late"),
        deleted(1, 2.2, "late"),
        *taken(7.0, ranks=0, audit=0, late=0),
    ]
    first = started("training-coordination", "as-written", "Rank 0 publishes init to every rank.")
    return in_order([first, *records, j.RunEnded(8.0, "fail", "no rank heard of init", 8.1)])


def many_queues(count: int = 30) -> list[j.Record]:
    """Return a fan-out of 100 messages to *count* queues, some in trouble, and a second topic."""
    names = [f"a-queue-with-quite-a-long-name-for-team-{number:02}" for number in range(count)]
    records: list[j.Record] = [
        *declared(*names, dead_letter="everybodys-poison"),
        *declared("everybodys-poison"),
    ]
    for number in range(100):
        at = 1.0 + number / 10
        late = [name for i, name in enumerate(names) if i % 7 == 3 and number % 4]
        records.append(
            published(number, at, "announcements", *(n for n in names if n not in late), filtered=late)
        )
        for i, name in enumerate(names):
            if name in late or (i == 5 and number % 10 == 0):
                continue
            if i == 8 and number < 30:
                records.append(j.MessageFound(19.0, name, message_id(name, number), f"p{number:05}", 0))
                continue
            records += [received(number, at + 0.1 + i / 50, name), deleted(number, at + 0.2 + i / 50, name)]
    for number in range(100, 140):
        at = 1.0 + (number - 100) / 10
        records.append(published(number, at, "alerts", *names[0:5:4], others=["page-somebody"]))
        for name in names[0:5:4]:
            records += [received(number, at + 0.1, name), deleted(number, at + 0.15, name)]
    for i, name in enumerate(names):
        records += samples(name, [((i * second) % 17, i % 4) for second in range(18)], 1.0)
    records += [
        j.InventoryTaken(19.0, name, 30 if i == 8 else 0, 30 if i == 8 else 0) for i, name in enumerate(names)
    ]
    first = started("announcements", "corrected", "One topic, many teams.")
    return in_order([first, *records, j.RunEnded(20.0, "fail", "some were lost", 20.1)])
