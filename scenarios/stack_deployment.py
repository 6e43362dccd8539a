"""The turbofan pipeline from one CloudFormation template: deployed, updated while it serves, deleted."""

from harness.scenario import Program, Scenario, result
from scenarios._stack.deploying import ARTEFACTS, PREDICTED, change_type, deploy, remove, update
from scenarios._stack.there import LOOKS

scenario = Scenario(
    name="stack-deployment",
    description=(
        "One template makes buckets, roles, Firehose, Glue, an endpoint that scales and a closed network. An "
        "update that SageMaker refuses is rolled back, another makes the endpoint highly available, and "
        "deletion leaves nothing."
    ),
    resources=[ARTEFACTS],
    programs=[
        Program("deploy", deploy),
        Program("change-type", change_type),
        Program("update", update),
        Program("delete", remove),
    ],
    expectations=[
        result("deploy", "created").equals(1, "CREATE_COMPLETE"),
        result("deploy", "there", "resources").equals(
            len(LOOKS), "each service tells of what the template declares"
        ),
        result("deploy", "predicted").equals(PREDICTED, "the endpoint's model answers"),
        result("deploy", "delivered", "objects").at_least(1, "the stream writes to the raw bucket"),
        result("change-type", "rolled_back").equals(1, "a scaled variant keeps its instance type"),
        result("change-type", "new_configurations").equals(0, "what the update made is removed again"),
        result("change-type", "predicted").equals(PREDICTED, "the endpoint is as it was"),
        result("update", "updated").equals(1, "UPDATE_COMPLETE"),
        result("update", "replaced", "resources").equals(1, "an endpoint configuration cannot be changed"),
        result("update", "added", "resources").equals(1, "the alarm of the condition HighlyAvailable"),
        result("update", "old_configurations").equals(0, "what was replaced is removed"),
        result("update", "instances").equals(3, "one in each zone"),
        result("update", "least", "instances").equals(3, "the scalable target's minimum"),
        result("update", "wrong_answers", "calls").equals(0, "an endpoint serves while it is updated"),
        result("delete", "kept_its_data").equals(1, "CloudFormation deletes no bucket with objects in it"),
        result("delete", "deleted").equals(1, "DELETE_COMPLETE once the bucket is empty"),
        result("delete", "left", "resources").equals(0, "what is left running costs money"),
    ],
    clock="compressed:240",
)
