"""A delivery stream's buffer is none that Firehose takes."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, members, number
from harness.audit.view import View

LEAST = {"IntervalInSeconds": 0, "SizeInMBs": 1}
MOST = {"IntervalInSeconds": 900, "SizeInMBs": 128}


def check(view: View) -> Iterator[Found]:
    """Yield each delivery stream to S3 whose BufferingHints are out of range."""
    for stream in view.of_type("AWS::KinesisFirehose::DeliveryStream"):
        for destination in ("S3DestinationConfiguration", "ExtendedS3DestinationConfiguration"):
            path = f"{destination}.BufferingHints"
            for name, most in MOST.items():
                value = number(members(inside(stream.properties, path)).get(name))
                if value is not None and not LEAST[name] <= value <= most:
                    message = (
                        f"{name} of {stream.logical_id} is {value:g}; Firehose takes {LEAST[name]} to {most}"
                    )
                    yield Found(stream, message, f"{path}.{name}")


RULE = Rule(
    id="firehose-buffer-out-of-range",
    title="A Firehose buffer that is out of range",
    severity="error",
    why="CreateDeliveryStream refuses it: 0 to 900 seconds, 1 to 128 MB. Emulators flush every record at "
    "once, whatever the hints: on AWS it arrives when the buffer is full or its time is over, 300 s by "
    "default.",
    source="https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html",
    check=check,
    failing="""
Resources:
  Sensors:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      S3DestinationConfiguration:
        BucketARN: arn:aws:s3:::raw-data
        RoleARN: arn:aws:iam::000000000000:role/firehose
        BufferingHints: {IntervalInSeconds: 3600, SizeInMBs: 5}
""",
    passing="""
Resources:
  Sensors:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      S3DestinationConfiguration:
        BucketARN: arn:aws:s3:::raw-data
        RoleARN: arn:aws:iam::000000000000:role/firehose
        BufferingHints: {IntervalInSeconds: 300, SizeInMBs: 5}
""",
)
