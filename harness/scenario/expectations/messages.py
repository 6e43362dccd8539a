"""Questions about messages: how many came, what became of them, how long it took, and why some never came.

Each counts what the account of the run says (`harness.messaging.account`). A queue or topic to which nothing
came has nothing to measure, so that no expectation about it is met.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from harness.errors import ScenarioError
from harness.journal import MessagePublished
from harness.messaging.account import account
from harness.messaging.statement import (
    DEAD_LETTERED,
    EXPIRED,
    LOST,
    PROCESSED,
    STILL_THERE,
    Account,
    Copy,
    Target,
)
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records
from harness.scenario.message_words import (
    END_WORDS,
    aws_name,
    messages,
    named,
    names_of,
    no_keys,
    not_there,
    nothing_expected,
    nothing_published,
    reasons,
    why_nobody,
)
from harness.scenario.messaging import Queue, Topic, Webhook
from harness.stats import percentile

NEEDS = "messages"


def published(source: Topic | Queue) -> Question:
    """Ask for the number of messages published to the topic, or sent to the queue itself."""
    name = aws_name(source)

    def measure(found: Account) -> Measured:
        count = len(_from(found, source))
        return (count, f"{messages(count)} accepted by {name}") if count else nothing_published(name)

    return _question(f"{name}: published", measure)


def undelivered(topic: Topic) -> Question:
    """Ask for the number of messages to *topic* that AWS's rules send to nobody."""
    name = topic.aws_name
    return _question(f"{name}: undelivered", lambda found: undelivered_of(found, name))


def undelivered_of(found: Account, name: str) -> Measured:
    """Return how many messages to the topic *name* reached nobody, and why."""
    everything = found.to_topic(name)
    if not everything:
        return nothing_published(name)
    lonely = [one for one in everything if not one.copies and not one.others]
    sentence = f"{len(lonely)} of {messages(len(everything))} to {name} reached nobody"
    return len(lonely), f"{sentence}{why_nobody(found, name, lonely)}"


def delivered(target: Queue | Webhook) -> Question:
    """Ask for the number of messages that came to a consumer of *target* at least once."""
    return _counted(target, "delivered", "received by a consumer", lambda found: found.delivered)


def processed(queue: Queue) -> Question:
    """Ask for the number of messages that a consumer deleted from *queue*."""
    return _counted(queue, "processed", "received and deleted", lambda found: found.ended(PROCESSED))


def dead_lettered(queue: Queue) -> Question:
    """Ask for the number of messages that left *queue* for its dead-letter queue."""
    words = "moved to the dead-letter queue"
    return _counted(queue, "dead-lettered", words, lambda found: found.ended(DEAD_LETTERED), name_them=True)


def still_there(queue: Queue) -> Question:
    """Ask for the number of messages that were in *queue* when the run was over."""
    words = "still in the queue at the end"
    return _counted(queue, "still there", words, lambda found: found.ended(STILL_THERE), name_them=True)


def lost(target: Queue | Webhook) -> Question:
    """Ask for the number of messages for *target* that nobody processed and that are nowhere: gone without a
    trace, expired, or never delivered since a policy refuses them."""
    name = aws_name(target)
    return _question(f"{name}: lost", lambda run: lost_of(run, name))


def lost_of(run: Account, name: str) -> Measured:
    """Return how many messages for the queue or webhook *name* are lost, and which."""
    found = run.target(name)
    everything = len(found.copies) + found.refused
    if not everything:
        return nothing_expected(found)
    gone, expired = found.ended(LOST), found.ended(EXPIRED)
    if found.is_queue and found.counted is None and found.ended(STILL_THERE):
        return None, f"Nobody counted what was left in {name}, so nobody knows what is lost"
    parts = [
        f"{found.refused} refused{reasons(run, name)}" if found.refused else "",
        f"{len(expired)} older than the retention of {found.retention_s:g} s{names_of(expired)}"
        if expired
        else "",
        f"{len(gone)} gone without a trace{names_of(gone)}" if gone else "",
    ]
    said = "; ".join(part for part in parts if part) or "each has its end"
    count = len(gone) + len(expired) + found.refused
    return count, f"{count} of {messages(everything)} for {name} lost: {said}"


def duplicates(queue: Queue) -> Question:
    """Ask for the number of messages of *queue* that were processed (received and deleted) more than once."""
    name = queue.aws_name
    return _question(f"{name}: duplicates", lambda found: duplicates_of(found, name))


def duplicates_of(found: Account, name: str) -> Measured:
    """Return how many messages of the queue *name* were processed more than once, and which."""
    target = found.target(name)
    if not any(copy.deletions for copy in target.everything):
        return None, f"No message of {name} was processed"
    twice = target.duplicates
    more = f"; {target.redeliveries} receives were not the first of their message"
    return len(twice), f"{messages(len(twice))} of {name} processed twice{names_of(twice)}{more}"


def wrongly_delivered(queue: Queue) -> Question:
    """Ask for the number of messages in *queue* that no subscription puts there."""

    def measure(found: Account) -> Measured:
        target = found.target(queue.aws_name)
        wrong = target.wrong
        if not (target.copies or target.filtered or target.refused or wrong):
            return nothing_expected(target)
        right = f"{messages(len(target.copies))} meant for it, {target.filtered} filtered out"
        return len(
            wrong
        ), f"{messages(len(wrong))} came to {queue.aws_name} wrongly{names_of(wrong)}; {right}"

    return _question(f"{queue.aws_name}: wrongly delivered", measure)


def out_of_order(target: Queue | Webhook) -> Question:
    """Ask for the number of messages that *target* got after a younger one of the same sender and group."""
    name = aws_name(target)

    def measure(found: Account) -> Measured:
        seen = [copy for copy in found.target(name).seen if copy.publication is not None]
        if not seen:
            return None, f"No message came to {name}"
        late = _late(seen)
        return len(
            late
        ), f"{len(late)} of {messages(len(seen))} to {name} came after a younger one{names_of(late)}"

    return _question(f"{name}: out of order", measure)


def answered(topic: Topic | Queue, queue: Queue) -> Question:
    """Ask for the share of the keys published to *topic* that are in *queue* exactly once."""

    def measure(found: Account) -> Measured:
        asked = _keys(_from(found, topic))
        if not asked:
            return no_keys(topic)
        answers = _answers(found, queue)
        once = sum(len(answers.get(key, ())) == 1 for key in asked)
        missing = [key for key in asked if key not in answers]
        sentence = f"{once} of {len(asked)} keys of {aws_name(topic)} are in {queue.aws_name} exactly once"
        return once / len(asked), f"{sentence}{not_there(missing)}"

    return _question(f"{aws_name(topic)}: answered in {queue.aws_name}", measure, "ratio")


def answered_twice(topic: Topic | Queue, queue: Queue) -> Question:
    """Ask for the number of keys published to *topic* of which *queue* has two or more different messages."""

    def measure(found: Account) -> Measured:
        asked = _keys(_from(found, topic))
        if not asked:
            return no_keys(topic)
        answers = _answers(found, queue)
        twice = [key for key in asked if len(answers.get(key, ())) > 1]
        return len(
            twice
        ), f"{len(twice)} of {len(asked)} keys answered twice in {queue.aws_name}{named(twice)}"

    return _question(f"{aws_name(topic)}: answered twice in {queue.aws_name}", measure, "keys")


def end_to_end(topic: Topic | Queue, queue: Queue, quantile: float) -> Question:
    """Ask for a quantile, from 0 to 1, of the seconds from the moment a message to *topic* was due to the
    publication of the first answer in *queue* with the same key."""
    if not 0.0 <= quantile <= 1.0:
        raise ScenarioError(f"end_to_end: quantile is {quantile:g}; give a share from 0 to 1, as 0.99")

    def measure(found: Account) -> Measured:
        times = sorted(_answer_times(found, topic, queue))
        if not times:
            return None, f"No message to {aws_name(topic)} was answered in {queue.aws_name}"
        return percentile(times, quantile), f"over {len(times)} answered messages to {aws_name(topic)}"

    name = f"{aws_name(topic)}: answered in {queue.aws_name} after p{quantile * 100:g}"
    return _question(name, measure, "s")


def deepest(queue: Queue) -> Question:
    """Ask for the most messages that *queue* held at once (visible, in flight and delayed), by the second."""

    def measure(found: Account) -> Measured:
        most = found.target(queue.aws_name).deepest
        if most is None:
            return None, f"Nobody looked how full {queue.aws_name} was"
        return most, f"the most messages that {queue.aws_name} held at once"

    return _question(f"{queue.aws_name}: deepest", measure)


def oldest_age(queue: Queue) -> Question:
    """Ask for the greatest age in seconds of the oldest message of *queue*, looked at by the second."""

    def measure(found: Account) -> Measured:
        target = found.target(queue.aws_name)
        if target.oldest_s is None and (target.deepest is None or target.deepest > 0 or not target.copies):
            return None, f"Nobody saw how old the messages of {queue.aws_name} were"
        return target.oldest_s or 0.0, f"the greatest age of the oldest message of {queue.aws_name}"

    return _question(f"{queue.aws_name}: oldest age", measure, "s")


# -- how they are asked -----


class _Latest:
    """The account of the records asked about last: a scenario asks a dozen questions to the same ones."""

    def __init__(self) -> None:
        self._records: Records = ()
        self._length = 0
        self._account = account(())

    def of(self, records: Records) -> Account:
        if records is not self._records or len(records) != self._length:
            self._account = account(records)
            self._records, self._length = records, len(records)
        return self._account


_latest = _Latest()


def account_of(records: Records) -> Account:
    """Return the account of *records*; asked again of the same ones, the same."""
    return _latest.of(records)


def _question(name: str, measure: Callable[[Account], Measured], unit: str = "messages") -> Question:
    return Expectation(name, lambda records: measure(_latest.of(records)), unit, needs=NEEDS)


def _counted(
    target: Queue | Webhook,
    what: str,
    words: str,
    chosen: Callable[[Target], Sequence[Copy]],
    *,
    name_them: bool = False,
) -> Question:
    name = aws_name(target)

    def measure(run: Account) -> Measured:
        found = run.target(name)
        if not found.copies and not found.refused:
            return nothing_expected(found)
        copies = chosen(found)
        others = Counter(copy.end for copy in found.copies)
        for copy in copies:
            others[copy.end] -= 1
        rest = ", ".join(f"{count} {END_WORDS[end]}" for end, count in others.items() if count > 0)
        refused = f"; {found.refused} refused{reasons(run, name)}" if found.refused else ""
        sentence = f"{len(copies)} of {messages(len(found.copies))} for {name} {words}"
        ids = names_of(copies) if name_them else ""
        return len(copies), f"{sentence}{ids}{f'; the rest: {rest}' if rest else ''}{refused}"

    return _question(f"{name}: {what}", measure)


def _from(found: Account, source: Topic | Queue) -> list[MessagePublished]:
    name = source.aws_name
    return found.to_topic(name) if isinstance(source, Topic) else found.to_queue(name)


def _late(seen: Sequence[Copy]) -> list[Copy]:
    """Return those of *seen*, in the order they came, that an older one of the same sender and group is."""
    youngest: dict[tuple[str, str], float] = {}
    late = []
    for copy in seen:
        assert copy.publication is not None
        at, line = copy.publication.at, (copy.publication.sender, copy.publication.group)
        if at < youngest.get(line, at):
            late.append(copy)
        youngest[line] = max(at, youngest.get(line, at))
    return late


def _keys(publications: Iterable[MessagePublished]) -> dict[str, float]:
    """Return key -> when the first message with it was due."""
    due: dict[str, float] = {}
    for one in publications:
        if one.key:
            due.setdefault(one.key, one.due_at)
    return due


def _answers(found: Account, queue: Queue) -> dict[str, list[Copy]]:
    """Return key -> the different messages with it that were seen in *queue*."""
    answers: defaultdict[str, list[Copy]] = defaultdict(list)
    for copy in found.target(queue.aws_name).seen:
        if copy.key:
            answers[copy.key].append(copy)
    return answers


def _answer_times(found: Account, topic: Topic | Queue, queue: Queue) -> list[float]:
    times = []
    answers = _answers(found, queue)
    for key, due_at in _keys(_from(found, topic)).items():
        moments = [copy.publication.at for copy in answers.get(key, ()) if copy.publication is not None]
        if moments:
            times.append(min(moments) - due_at)
    return times
