"""Questions to a run that only the messaging scenarios ask."""

from harness.journal import FaultEnded, MessagePublished, ProgramChanged
from harness.scenario import Expectation, Topic
from harness.scenario.expectations.expectation import Measured, Question, Records, of_kind


def without_key(topic: Topic) -> Question:
    """Ask for the number of messages to *topic* that name no piece of work: no JSON, or none with the key."""

    def measure(records: Records) -> Measured:
        sent = of_kind(records, MessagePublished, topic=topic.aws_name)
        if not sent:
            return None, f"No message was published to {topic.aws_name}"
        poison = sum(not one.key for one in sent)
        return poison, f"{poison} of {len(sent)} messages to {topic.aws_name} have no {topic.key!r}"

    return Expectation(f"{topic.aws_name}: without key", measure, "messages")


def crashes(program: str) -> Question:
    """Ask how often a process of *program* ended with an error of its own; to be killed is none."""

    def measure(records: Records) -> Measured:
        changes = of_kind(records, ProgramChanged, program=program)
        if not changes:
            return None, f"The program {program!r} did not run"
        ended = [one for one in changes if one.what == "ended" and one.exit_code not in (0, None)]
        last = f"; the last time: {ended[-1].detail}" if ended else ""
        return len(ended), f"processes of {program} ended with an error {len(ended)} times{last}"

    return Expectation(f"{program}: crashes", measure, "crashes", needs=f"the program {program!r}")


def hits(fault: str) -> Question:
    """Ask how often *fault*, by its kind ("throttle"), has hit: where nothing broke, nothing is shown."""

    def measure(records: Records) -> Measured:
        counts = of_kind(records, FaultEnded, fault=fault)
        if not counts:
            return None, f"No fault {fault!r} was counted"
        return sum(one.hit for one in counts), f"of {sum(one.matching for one in counts)} that it could hit"

    return Expectation(f"{fault}: hits", measure, "times")


def throughput(topic: Topic) -> Question:
    """Ask for the messages a second that *topic* took, from the first to the last, copies aside."""

    def measure(records: Records) -> Measured:
        sent = of_kind(records, MessagePublished, topic=topic.aws_name, deduplicated=False)
        moments = [one.at for one in sent]
        if len(moments) < 2:
            return None, f"{len(moments)} messages were published to {topic.aws_name}"
        span_s = max(moments) - min(moments)
        return (len(moments) - 1) / span_s, f"{len(moments)} messages to {topic.aws_name} in {span_s:.1f} s"

    return Expectation(f"{topic.aws_name}: throughput", measure, "1/s")
