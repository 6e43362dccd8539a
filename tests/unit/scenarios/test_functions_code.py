"""What handlers of the scenarios do by themselves: reading events, scoring, preparing; no AWS is called."""

import base64
import importlib
import json
from types import ModuleType
from typing import Any

import pytest

CODE = "scenarios._functions.code"


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their clients are made when they are imported, as on Lambda, which sets the region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{CODE}.{name}")


class Written:
    """Keeps what is put, by key; gives what it was made with; refuses a job that it has."""

    class exceptions:  # noqa: N801
        class ResourceInUse(Exception):
            pass

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.objects: dict[str, str] = {}
        self.jobs: dict[str, dict[str, Any]] = {}

    def put_object(self, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[Key] = Body.decode()

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": self}

    def read(self) -> bytes:
        return self.text.encode()

    def create_training_job(self, TrainingJobName: str, **given: Any) -> None:  # noqa: N803
        if TrainingJobName in self.jobs:
            raise self.exceptions.ResourceInUse
        self.jobs[TrainingJobName] = given


# -- the consumers -----


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("growth and growth", 1.0),
        ("loss", -1.0),
        ("win win loss market", 0.333),
        ("market today", 0.0),
    ],
)
def test_sentiment_is_the_share_of_good_words(text: str, wanted: float) -> None:
    """From -1 to 1, both consumers alike."""
    assert module("consumer").sentiment(text) == wanted
    assert module("consumer_as_written")._sentiment(text) == wanted


def test_a_text_without_words_cannot_be_scored() -> None:
    """It is the poison; as written, it gets a score."""
    with pytest.raises(ValueError, match="no text"):
        module("consumer").sentiment("   ")
    assert module("consumer_as_written")._sentiment("   ") == 0.0


def record(number: int, body: Any) -> dict[str, str]:
    return {"messageId": f"m{number}", "body": body if isinstance(body, str) else json.dumps(body)}


def item(number: int, text: str = "growth", name: str = "acme") -> dict[str, str]:
    return {"id": f"i{number}", "name": name, "text": text}


def test_only_what_failed_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A poison item, a body that is no JSON and one that lacks a field fail; the others have their rows."""
    consumer, s3 = module("consumer"), Written()
    monkeypatch.setattr(consumer, "s3", s3)
    monkeypatch.setenv("BUCKET", "rows")
    bodies: list[Any] = [item(0), item(1, " "), "{", {"id": "i3"}, item(4, "loss")]
    answer = consumer.handler({"Records": [record(*each) for each in enumerate(bodies)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": f"m{number}"} for number in (1, 2, 3)]}
    assert s3.objects == {
        "rows/i0.csv": "id,name,sentiment\r\ni0,acme,1.0\r\n",
        "rows/i4.csv": "id,name,sentiment\r\ni4,acme,-1.0\r\n",
    }


def test_as_written_a_file_is_written_over_by_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches that end with an item of the same company share one file: the first one's rows are gone."""
    consumer, s3 = module("consumer_as_written"), Written()
    monkeypatch.setattr(consumer, "s3", s3)
    monkeypatch.setenv("BUCKET", "rows")
    for numbers in ((0, 1), (2, 3)):
        consumer.handler({"Records": [record(number, item(number)) for number in numbers]}, None)
    assert list(s3.objects) == ["acme_sentiment.csv"]
    assert "i0" not in s3.objects["acme_sentiment.csv"]


# -- dog-breeds -----


def over_http(body: Any, *, encoded: bool = False) -> dict[str, Any]:
    return {"requestContext": {"http": {"method": "POST"}}, "body": body, "isBase64Encoded": encoded}


@pytest.mark.parametrize(
    "event",
    [
        {"url": "u"},
        over_http('{"url": "u"}'),
        over_http(base64.b64encode(b'{"url": "u"}').decode(), encoded=True),
    ],
)
def test_the_url_is_found_in_an_event_and_in_a_request(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invoked directly, and by API Gateway with a body as text or in base 64."""
    breeds, asked = module("dog_breeds"), []

    class Runtime(Written):
        def invoke_endpoint(self, **given: Any) -> dict[str, Any]:
            asked.append(json.loads(given["Body"]))
            return {"Body": self}

    monkeypatch.setattr(breeds, "runtime", Runtime("[[0.1, 0.9]]"))
    monkeypatch.setenv("ENDPOINT", "dogs")
    answer = breeds.handler(event, None)
    assert asked == [{"url": "u"}]
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, [[0.1, 0.9]])


@pytest.mark.parametrize(
    "event", [{}, over_http(None), over_http("{"), over_http('{"uri": "u"}'), over_http("[1]")]
)
def test_what_names_no_url_is_answered_400(event: dict[str, Any]) -> None:
    """The endpoint is not asked."""
    answer = module("dog_breeds").handler(event, None)
    assert answer["statusCode"] == 400
    assert "url" in json.loads(answer["body"])["message"]


# -- start-training -----


def notified(*told: Any) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": json.dumps(each)}} for each in told]}


def of_s3(*keys: str) -> dict[str, Any]:
    return {"Records": [{"s3": {"bucket": {"name": "data"}, "object": {"key": key}}} for key in keys]}


def test_keys_come_as_s3_writes_them_and_its_test_message_names_none() -> None:
    """S3 encodes keys as forms do: `a b` comes as `a+b`."""
    event = notified({"Event": "s3:TestEvent"}, of_s3("incoming/day+1.csv", "incoming/%C3%A9.csv"))
    assert list(module("start_training")._objects(event)) == [
        ("data", "incoming/day 1.csv"),
        ("data", "incoming/é.csv"),
    ]


def test_an_object_is_prepared_and_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows with a gap are left out, columns go from 0 to 1; told twice, it is still one job."""
    start, aws = module("start_training"), Written("1,5\n,7\n3,5\n2,5\n")
    monkeypatch.setattr(start, "s3", aws)
    monkeypatch.setattr(start, "sagemaker", aws)
    monkeypatch.setenv("TRAINING_ROLE", "arn:role")
    event = notified(of_s3("incoming/day+1.csv"))
    assert [start.handler(event, None) for _ in range(2)] == [{"started": 1}, {"started": 0}]
    assert aws.objects == {"prepared/day 1.csv": "0.0,0.0\r\n1.0,0.0\r\n0.5,0.0\r\n"}
    assert list(aws.jobs) == ["train-incoming-day-1-csv"]
