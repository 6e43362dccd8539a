"""The turbofan endpoint from birth to end: train, deploy, score, go highly available, serve, delete."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.scenario import (
    Constant,
    OpenModel,
    Program,
    Scenario,
    Variant,
    deleted,
    error_ratio,
    response_time,
    result,
    zones_in_service,
)
from scenarios._turbofan.pipeline import batch_predict, sample_rows, turbofan_endpoint

if TYPE_CHECKING:
    from harness.program import Context

# As the original configures it: one burstable instance.
endpoint = turbofan_endpoint("cmapss-XGBoostEndpoint", instance_type="ml.t3.medium")


def make_highly_available(context: "Context") -> dict[str, Any]:
    """Update the endpoint to three instances, one in each zone, while it goes on serving."""
    sagemaker = context.client("sagemaker")
    config = f"{endpoint.name}-highly-available"
    variant = {
        "VariantName": endpoint.variant_name,
        "ModelName": endpoint.model.name,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 3,
        "InitialVariantWeight": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant])
    sagemaker.update_endpoint(EndpointName=endpoint.name, EndpointConfigName=config)
    polls = 0
    while (status := sagemaker.describe_endpoint(EndpointName=endpoint.name)["EndpointStatus"]) == "Updating":
        polls += 1
        context.wait_model_s(5.0)
    described = sagemaker.describe_endpoint(EndpointName=endpoint.name)
    return {
        "status": status,
        "instances": described["ProductionVariants"][0]["CurrentInstanceCount"],
        "seen_updating": polls,
    }


BATCH = Program("batch-predict", batch_predict)

scenario = Scenario(
    name="turbofan-endpoint",
    description=(
        "Train on turbofan runs, deploy, score the whole test set, go highly available, serve live traffic, "
        "delete."
    ),
    resources=[endpoint],
    programs=[BATCH, Program("highly-available-update", make_highly_available)],
    workload=[
        OpenModel(endpoint, rate=Constant(2.0, over_s=300), payload=sample_rows(), name="live engine tests"),
    ],
    expectations=[
        result("batch-predict", "rows", "rows").equals(
            result("batch-predict", "rows_expected"), "rows in the test files"
        ),
        result("batch-predict", "rmse", "cycles").at_most(
            result("batch-predict", "rmse_limit"),
            "the original's figure on NASA's data; the mean's error otherwise",
        ),
        zones_in_service(endpoint).at_least(2, "the original promises high availability across zones"),
        error_ratio(endpoint).at_most(0.0, "live engine tests need every answer"),
        response_time(endpoint, 0.99).below(0.5, "interactive use"),
        deleted(endpoint).equals(1, "what is left running costs money"),
    ],
    clock="compressed:60",
    as_written=Variant(
        defect="The text promises an update to an endpoint highly available across zones; no code makes it.",
        must_fail=(zones_in_service(endpoint).name,),
        programs=[replace(BATCH)],
    ),
)
