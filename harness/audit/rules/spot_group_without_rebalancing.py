"""A group of spot instances that waits for the two minutes' notice."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, number, switch
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each Auto Scaling group with spot instances and without capacity rebalancing."""
    for group in view.of_type("AWS::AutoScaling::AutoScalingGroup"):
        share = inside(
            group.properties, "MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity"
        )
        on_demand = number(share) if share is not None else 100.0
        rebalances = switch(group.properties.get("CapacityRebalance", False))
        if on_demand is not None and on_demand < 100 and rebalances is False:
            message = f"group {group.logical_id} has spot instances and replaces them only when they are gone"
            yield Found(group, message, "CapacityRebalance")


RULE = Rule(
    id="spot-group-without-rebalancing",
    title="A spot group without capacity rebalancing",
    severity="note",
    why="EC2 takes a spot instance back with two minutes' notice, and recommends a rebalance earlier where "
    "it can: with CapacityRebalance: true the group starts the replacement then. Work must come back "
    "from a checkpoint either way; emulators never interrupt.",
    source="https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-capacity-rebalancing.html",
    check=check,
    failing="""
Resources:
  Trainers:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 0
      MaxSize: 4
      MixedInstancesPolicy:
        InstancesDistribution: {OnDemandPercentageAboveBaseCapacity: 0}
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateId: lt-0a1b2c3d, Version: "1"}
""",
    passing="""
Resources:
  Trainers:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 0
      MaxSize: 4
      CapacityRebalance: true
      MixedInstancesPolicy:
        InstancesDistribution: {OnDemandPercentageAboveBaseCapacity: 0}
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateId: lt-0a1b2c3d, Version: "1"}
""",
)
