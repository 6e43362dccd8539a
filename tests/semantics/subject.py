"""What is tested: real boto3 calls to one backend, on a clock that a history may put forward.

Every history has names of its own for its queues and topics, and they are deleted at its end.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from harness import sessions
from harness.backends.shifted_clock import LONGEST, set_shift
from harness.config import DEFAULT_ACCOUNT_ID, DEFAULT_REGION

# What a call may take on a busy machine without any doubt about whether it came before or after a moment.
TOLERANCE_S = 0.5
# Between two calls of a history, in its own time: more than the clocks' grain, less than any time-out.
TICK_S = 0.05
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that was refused: the code that boto3 shows, and the words."""

    code: str
    message: str


class RealClock:
    """The time of day, for a backend whose clock is its own."""

    can_pass = False

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.epoch = time.time()

    def now(self) -> float:
        """Seconds since this object was made."""
        return time.monotonic() - self._began

    def begin(self, at: float) -> None:
        """Nothing can be done about the time."""

    def end(self) -> None:
        """Nothing can be done about the time."""

    def close(self) -> None:
        """Nothing is held."""


class ModelClock:
    """The backend's time of day, which stands at the moment that each call is due, whatever is real.

    Only while a call lasts does it run on, so that `now` is off by no more than that.
    """

    can_pass = True

    def __init__(self, path: Path) -> None:
        set_shift(path, 0)
        self._file = path.open("r+b", buffering=0)
        self.epoch = time.time()
        self._now = 0.0
        self._called_at = 0.0

    def now(self) -> float:
        return self._now

    def begin(self, at: float) -> None:
        """Put the backend's clock to *at*, which must not be before `now`."""
        self._now = at
        self._called_at = time.time()
        # In place and in one go: to truncate the file first costs milliseconds.
        self._file.seek(0)
        self._file.write(f"{self.epoch + at - self._called_at:<{LONGEST}.6f}".encode())

    def end(self) -> None:
        """The call was answered: its own duration has passed."""
        self._now += time.time() - self._called_at

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Subject:
    """A backend under test: its emulator's name and version, its clients and its clock."""

    def __init__(
        self,
        name: str,
        version: str,
        url: str,
        clock: RealClock | ModelClock,
        *,
        account_id: str = DEFAULT_ACCOUNT_ID,
        lag_s: float = 0.0,
        patience_s: float = 0.0,
    ) -> None:
        self.name = name
        self.version = version
        self.url = url
        self.account_id = account_id
        self.clock = clock
        # Real seconds that it needs to notice that time has passed or to deliver what was published, and how
        # long it is asked again for what should be there: work that is done in threads beside the calls.
        self.lag_s = lag_s
        self.patience_s = patience_s
        self._sqs = sessions.client("sqs", url)
        self._sns = sessions.client("sns", url)
        self._histories = count(1)

    @contextmanager
    def stage(self) -> Iterator["Stage"]:
        """A place for one history, cleared when it is over."""
        stage = Stage(self, f"h{time.time_ns() % 10**12:x}-{next(self._histories)}")
        try:
            yield stage
        finally:
            stage.clear()

    def reconnect(self) -> None:
        """Open new connections: to a server whose clock has jumped the old ones were idle."""
        self.close()

    def close(self) -> None:
        for client in (self._sqs, self._sns):
            client.close()


class Stage:
    """The queues and topics of one history, by their short names."""

    def __init__(self, subject: Subject, prefix: str) -> None:
        self.subject = subject
        self._prefix = prefix
        self._urls: dict[str, str] = {}
        self._topics: dict[str, str] = {}
        # (seconds, what was done, what was answered)
        self.told: list[tuple[float, str, str]] = []

    def name(self, short: str) -> str:
        """The name on the backend."""
        return f"{self._prefix}-{short}"

    def queue_arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{DEFAULT_REGION}:{self.subject.account_id}:{self.name(queue)}"

    def topic_arn(self, topic: str) -> str:
        return f"arn:aws:sns:{DEFAULT_REGION}:{self.subject.account_id}:{self.name(topic)}"

    def create_queue(self, queue: str, attributes: Mapping[str, str]) -> dict[str, Any] | Failure:
        """Make a queue that every topic of the account may send to."""
        given = {"Policy": open_to_topics(self.queue_arn(queue), self.subject.account_id)} | dict(attributes)
        answer = self.sqs("create_queue", QueueName=self.name(queue), Attributes=given)
        if not isinstance(answer, Failure):
            self._urls[queue] = answer["QueueUrl"]
        return answer

    def create_topic(self, topic: str, attributes: Mapping[str, str]) -> dict[str, Any] | Failure:
        answer = self.sns("create_topic", Name=self.name(topic), Attributes=dict(attributes))
        if not isinstance(answer, Failure):
            self._topics[topic] = answer["TopicArn"]
        return answer

    def on_queue(self, operation: str, queue: str, **parameters: Any) -> dict[str, Any] | Failure:
        """Make an SQS call about *queue*, which need not exist."""
        nowhere = f"{self.subject.url}/{self.subject.account_id}/{self.name(queue)}"
        return self.sqs(operation, QueueUrl=self._urls.get(queue, nowhere), **parameters)

    def on_topic(self, operation: str, topic: str, **parameters: Any) -> dict[str, Any] | Failure:
        """Make an SNS call about *topic*, which need not exist."""
        return self.sns(operation, TopicArn=self.topic_arn(topic), **parameters)

    def sqs(self, operation: str, **parameters: Any) -> dict[str, Any] | Failure:
        return self._call(self.subject._sqs, operation, parameters)

    def sns(self, operation: str, **parameters: Any) -> dict[str, Any] | Failure:
        return self._call(self.subject._sns, operation, parameters)

    def clear(self) -> None:
        """Delete all that this history made."""
        for arn in self._topics.values():
            with suppress(ClientError):
                self.subject._sns.delete_topic(TopicArn=arn)
        for url in self._urls.values():
            with suppress(ClientError):
                self.subject._sqs.delete_queue(QueueUrl=url)

    def _call(self, client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | Failure:
        at = self.subject.clock.now()
        try:
            answer: dict[str, Any] | Failure = getattr(client, operation)(**parameters)
        except ClientError as error:
            said = error.response["Error"]
            answer = Failure(said.get("Code", ""), said.get("Message", ""))
        except ResponseParserError as error:
            answer = Failure("(no answer of AWS's)", str(error))
        service = client.meta.service_model.service_name
        self.told.append((at, f"{service}.{operation}({in_python(parameters)})", in_short(answer)))
        return answer

    def story(self) -> str:
        """Return what was done as lines of boto3, each with its moment and its answer."""
        begin = self.told[0][0] if self.told else 0.0
        names = [(url, short) for short, url in self._urls.items()]
        names += [
            (f"{self.queue_arn('')}", "arn:"),
            (f"{self.topic_arn('')}", "arn:"),
            (f"{self._prefix}-", ""),
        ]
        lines = []
        for at, done, answer in self.told:
            for long, short in names:
                done = done.replace(long, short)
            lines.append(f"{at - begin:10.2f} s  {done}" + (f"\n{'':14}-> {answer}" if answer else ""))
        return "\n".join(lines)


def open_to_topics(queue_arn: str, account_id: str) -> str:
    """Return the queue policy that lets every topic of the account in."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def in_python(parameters: Mapping[str, Any]) -> str:
    """Return keyword arguments as Python has them, without what is long or always the same."""
    given = {name: value for name, value in parameters.items() if not name.endswith("AttributeNames")}
    return ", ".join(f"{name}={in_short_form(value)}" for name, value in given.items())


def in_short_form(value: Any) -> str:
    if isinstance(value, str):
        return repr(value) if len(value) <= LONGEST_TEXT else f"{value[:9]!r} + {len(value) - 9} more"
    if isinstance(value, Mapping):
        kept = {name: each for name, each in value.items() if name != "Policy"}
        return "{" + ", ".join(f"{name!r}: {in_short_form(each)}" for name, each in kept.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_short_form, value)) + "]"
    return repr(value)


def in_short(answer: Mapping[str, Any] | Failure) -> str:
    """Return an answer in one line: the refusal, or what the next steps hang on."""
    if isinstance(answer, Failure):
        return f"{answer.code}: {answer.message}"
    messages = [
        f"{in_short_form(each['Body'])} (receive {each.get('Attributes', {}).get('ApproximateReceiveCount')})"
        for each in answer.get("Messages", [])
    ]
    if messages:
        return ", ".join(messages)
    kept = {
        name: answer[name] for name in ("MessageId", "Attributes", "Successful", "Failed") if name in answer
    }
    return ", ".join(f"{name} {in_short_form(value)}" for name, value in kept.items()) or "(nothing)"
