"""An endpoint that only a VPC may call: through the VPC's endpoint it answers, from elsewhere it refuses."""

from harness.scenario import (
    Endpoint,
    Model,
    Program,
    Role,
    Scenario,
    Variant,
    VpcEndpoint,
    allow,
    denied,
    result,
)
from scenarios._permissions.network import CALLS, DESCRIBE, ENDPOINT, INVOKE, call, call_and_look

# The notebooks' network: no way to the internet, and one to SageMaker that lets this one call through.
gate = VpcEndpoint(
    "vpce-0f1e2d3c4b5a69788",
    "vpc-0123456789abcdef0",
    policy=(allow("sagemaker:InvokeEndpoint", on=INVOKE.on, by="*"),),
)
BY_THE_GATE = {"StringEquals": {"aws:SourceVpce": gate.id}}

model_role = Role(
    "turbofan-private-model", statements=(allow("s3:GetObject", on="arn:aws:s3:::rehearsal-artefacts/*"),)
)
endpoint = Endpoint(
    ENDPOINT,
    Model("turbofan-private", lambda context: b"echo", model_role, environment={"HARNESS_MODEL": "echo"}),
)


def notebook(when: dict[str, dict[str, str]] | None) -> Role:
    """Return the role of the notebooks, which may call the endpoint under the condition *when*."""
    return Role(
        "turbofan-notebook",
        statements=(
            allow("sagemaker:InvokeEndpoint", on=endpoint, when=when),
            allow("sagemaker:DescribeEndpoint", on=endpoint),
        ),
    )


def programs(role: Role) -> list[Program]:
    """Return a notebook in the VPC, and somebody elsewhere who has its credentials; both under *role*."""
    return [
        Program("inside", call_and_look, role=role, via=gate),
        Program("outside", call, role=role),
    ]


corrected, written = notebook(BY_THE_GATE), notebook(None)
inside, outside = programs(corrected)
outside_is_refused = result("outside", "refused", "calls").equals(CALLS, "only the VPC may call")
outside_is_denied = denied(corrected, INVOKE.action, endpoint, outside).equals(1, "aws:SourceVpce is missing")

scenario = Scenario(
    name="network-isolation",
    description=(
        "A notebook in a VPC calls an endpoint through the VPC endpoint; the same role's credentials, used "
        "from outside, are refused by aws:SourceVpce."
    ),
    resources=[endpoint],
    programs=[inside, outside],
    expectations=[
        result("inside", "done", "calls").equals(CALLS, "the notebook works"),
        denied(corrected, INVOKE.action, endpoint, inside).equals(0, "the notebook works"),
        denied(corrected, DESCRIBE.action, endpoint, inside).equals(
            1, "the VPC endpoint's policy lets one call"
        ),
        outside_is_refused,
        outside_is_denied,
    ],
    clock="compressed:240",
    as_written=Variant(
        defect=(
            "The text limits access to the VPC's endpoint; the role has no condition on aws:SourceVpce, so "
            "that whoever has its credentials calls from anywhere."
        ),
        must_fail=(outside_is_refused.name, outside_is_denied.name),
        programs=programs(written),
    ),
)
