"""What the roles of functions may do: their own log, and the one thing that each works with."""

from pathlib import Path

from harness.scenario import Bucket, Queue, Statement, Table, allow

LAMBDA = "lambda.amazonaws.com"
# The handlers: one folder, one zip, which functions of one pipeline often share.
CODE = str(Path(__file__).parent / "code")


def keeps_its_log(function: str) -> Statement:
    """Allow what Lambda does under the role to keep the log of *function*."""
    log = f"arn:aws:logs:{{region}}:{{account}}:log-group:/aws/lambda/{function}:*"
    return allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=log)


def is_fed_from(queue: Queue) -> Statement:
    """Allow what Lambda's pollers do under the role: receive, delete, look at the queue."""
    return allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=queue)


def reads_all_of(*tables: Table) -> Statement:
    """Allow scanning *tables*."""
    return allow("dynamodb:Scan", on=tables)


def writes_rows_to(bucket: Bucket, prefix: str = "") -> Statement:
    """Allow writing objects of *bucket* under *prefix*."""
    return allow("s3:PutObject", on=bucket.under(prefix))
