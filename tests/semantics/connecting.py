"""How a backend that was opened becomes the subject of histories."""

from pathlib import Path

from subject import ModelClock, RealClock, Subject

from harness.backends import Backend

# LocalStack looks for messages that are visible again, and delivers those of SNS, in threads of its own.
LAGS_S = {"localstack": 0.05}
PATIENCE_S = {"localstack": 0.3}


def connect(backend: Backend, shift: Path | None) -> Subject:
    """Return the subject that answers SQS and SNS in *backend*."""
    at = backend.route("sqs")
    subject = connect_to(
        backend, f"http://{at.host}:{at.port}", RealClock() if shift is None else ModelClock(shift)
    )
    # The first publication takes seconds: moto makes a key, LocalStack starts SNS.
    with subject.stage() as stage:
        stage.create_queue("first", {})
        stage.create_topic("first", {})
        stage.on_topic("subscribe", "first", Protocol="sqs", Endpoint=stage.queue_arn("first"))
        stage.on_topic("publish", "first", Message="first")
    return subject


def connect_to(backend: Backend, url: str, clock: RealClock | ModelClock) -> Subject:
    """Return the same at another address, which leads there."""
    name = backend.route("sqs").name
    return Subject(
        name,
        backend.emulators[name],
        url,
        clock,
        account_id=backend.account_id,
        lag_s=LAGS_S.get(name, 0.0),
        patience_s=PATIENCE_S.get(name, 0.0),
    )
