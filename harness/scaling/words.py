"""How AWS and we name what a scalable dimension counts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`what` and `namespace` as in activities, `service` as in refusals, a `unit` for our own sentences."""

    what: str
    namespace: str
    service: str
    unit: str

    def counted(self, count: int) -> str:
        """Return the like of "1 instance" and "5 instances"."""
        return f"{count} {self.unit}" if count == 1 else self.plural(count)

    def plural(self, count: int) -> str:
        """Return the like of "5 instances", also of "1 instances": the end of "from 2 to 1 instances"."""
        return f"{count} {self.unit}s"


VARIANT_WORDS = Words("desired instance count", "sagemaker", "AmazonSageMaker", "instance")
"""A pasted activity of a variant (case C2); the service as in the quota message (case C4)."""

_WORDS = {
    "sagemaker:variant:DesiredInstanceCount": VARIANT_WORDS,
    # A pasted activity of an alias, 2022-07-02.
    "lambda:function:ProvisionedConcurrency": Words(
        "desired concurrency", "lambda", "AWSLambda", "provisioned environment"
    ),
}


def words_of(dimension: str, namespace: str) -> Words:
    """Return the words for a scalable *dimension*; for one we do not know, general ones."""
    return _WORDS.get(dimension) or Words("desired capacity", namespace, namespace, "unit")
