"""A message attribute as SNS and SQS have it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """One message attribute: its data type (`String`, `Number`, `Binary`, `String.Array`, or one of these
    with a label of the user's after a dot) and its value, bytes for `Binary`."""

    data_type: str
    value: str | bytes
