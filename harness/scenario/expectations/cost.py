"""What a scenario may expect of its bill: of the whole, of one service, of a thousand predictions."""

from harness.errors import ScenarioError
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records

# The names that the items of the price table begin with.
SERVICES = (
    "apigateway",
    "dynamodb",
    "ec2",
    "ec2-spot",
    "events",
    "kms",
    "lambda",
    "logs",
    "monitoring",
    "s3",
    "sagemaker",
    "scheduler",
    "sns",
    "sqs",
)

NEEDS = "calls to AWS's services, which cost too"
# What is reckoned by instances and invocations, of which the virtual clock has all.
_WITHOUT_CALLS = ("sagemaker", "lambda")


def cost(service: str = "") -> Question:
    """Ask for what the run would have cost on AWS, in US dollars: the whole, or what one *service* asks for.

    There is no figure where something that costs has no price; a *service* that was not used costs nothing.
    Raises ScenarioError for a service that is not reckoned.
    """
    if service and service not in SERVICES:
        raise ScenarioError(
            f"cost: the service {service!r} is not reckoned; name one of {', '.join(SERVICES)}"
        )

    def measure(records: Records) -> Measured:
        from harness.cost.bill import bill

        found = bill(records)
        if found.unpriced:
            return None, f"There is no price for {', '.join(found.unpriced)}; give one with --prices FILE"
        if not found.items:
            return None, "The run used nothing that is billed"
        usd = found.of_service(service) if service else found.usd
        return usd, f"at the prices of {found.prices.as_of}{_left_out(found.not_covered)}"

    needs = "" if service in _WITHOUT_CALLS else NEEDS
    return Expectation(f"cost of {service}" if service else "cost", measure, "USD", needs=needs)


def cost_per_1000() -> Question:
    """Ask for what a thousand predictions of the endpoints cost, the whole bill over all of them, USD."""

    def measure(records: Records) -> Measured:
        from harness.cost.bill import bill

        found = bill(records)
        if found.unpriced:
            return None, f"There is no price for {', '.join(found.unpriced)}; give one with --prices FILE"
        per_1000 = found.per_1000_predictions_usd
        if per_1000 is None:
            return None, "No endpoint predicted anything"
        return per_1000, f"{found.usd:.6g} USD for {found.predictions:,} predictions"

    return Expectation("cost of 1,000 predictions", measure, "USD", needs=NEEDS)


def _left_out(not_covered: dict[str, int]) -> str:
    if not not_covered:
        return ""
    return f"; not reckoned: calls to {', '.join(not_covered)}"
