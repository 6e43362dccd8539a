"""Which AWS services a backend must have for a scenario: those that its resources and roles are made with."""

from collections.abc import Sequence

from harness.scenario import Scenario


def services_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the signing names of the services that *scenario* needs, each once.

    What its programs call beside that is not declared, and so it is not known here.
    """
    senders = [load for load in scenario.workload if load.as_role]
    needed: dict[str, Sequence[object]] = {
        "s3": [*scenario.models, *scenario.buckets, *scenario.images],
        "iam": scenario.roles,
        "sts": [*(one for one in scenario.programs if one.role), *senders, *scenario.functions],
        "sagemaker": [*scenario.endpoints, *scenario.images],
        "application-autoscaling": scenario.endpoints,
        "monitoring": scenario.endpoints,
        "sns": scenario.topics,
        "sqs": scenario.queues,
        "dynamodb": scenario.tables,
        "lambda": scenario.functions,
        "events": scenario.rules,
        "ec2": [*scenario.machine_images, *scenario.spot_markets],
        "apigateway": scenario.http_apis,
    }
    return tuple(service for service, things in needed.items() if things)
