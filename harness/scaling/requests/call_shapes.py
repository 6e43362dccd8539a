"""What Application Auto Scaling and CloudWatch take: the members of the calls that define scaling.

Sources: service models of application-autoscaling 2016-02-06 and monitoring 2010-08-01 (members, choices,
lengths, patterns); bounds that the models leave to the text of the API reference carry the page's name.
"""

from harness.scaling.requests.shapes import Anything, Flag, Many, Members, Moment, Number, Text, Whole

DIMENSIONS = (
    "ecs:service:DesiredCount",
    "ec2:spot-fleet-request:TargetCapacity",
    "elasticmapreduce:instancegroup:InstanceCount",
    "appstream:fleet:DesiredCapacity",
    "dynamodb:table:ReadCapacityUnits",
    "dynamodb:table:WriteCapacityUnits",
    "dynamodb:index:ReadCapacityUnits",
    "dynamodb:index:WriteCapacityUnits",
    "rds:cluster:ReadReplicaCount",
    "sagemaker:variant:DesiredInstanceCount",
    "custom-resource:ResourceType:Property",
    "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
    "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits",
    "lambda:function:ProvisionedConcurrency",
    "cassandra:table:ReadCapacityUnits",
    "cassandra:table:WriteCapacityUnits",
    "kafka:broker-storage:VolumeSize",
    "elasticache:cache-cluster:Nodes",
    "elasticache:replication-group:NodeGroups",
    "elasticache:replication-group:Replicas",
    "neptune:cluster:ReadReplicaCount",
    "sagemaker:variant:DesiredProvisionedConcurrency",
    "sagemaker:inference-component:DesiredCopyCount",
    "workspaces:workspacespool:DesiredUserSessions",
)
NAMESPACES = (
    "ecs",
    "elasticmapreduce",
    "ec2",
    "appstream",
    "dynamodb",
    "rds",
    "sagemaker",
    "custom-resource",
    "comprehend",
    "lambda",
    "cassandra",
    "kafka",
    "elasticache",
    "neptune",
    "workspaces",
)
METRIC_TYPES = (
    "DynamoDBReadCapacityUtilization",
    "DynamoDBWriteCapacityUtilization",
    "ALBRequestCountPerTarget",
    "RDSReaderAverageCPUUtilization",
    "RDSReaderAverageDatabaseConnections",
    "EC2SpotFleetRequestAverageCPUUtilization",
    "EC2SpotFleetRequestAverageNetworkIn",
    "EC2SpotFleetRequestAverageNetworkOut",
    "SageMakerVariantInvocationsPerInstance",
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "AppStreamAverageCapacityUtilization",
    "ComprehendInferenceUtilization",
    "LambdaProvisionedConcurrencyUtilization",
    "CassandraReadCapacityUtilization",
    "CassandraWriteCapacityUtilization",
    "KafkaBrokerStorageUtilization",
    "ElastiCacheEngineCPUUtilization",
    "ElastiCacheDatabaseMemoryUsagePercentage",
    "ElastiCachePrimaryEngineCPUUtilization",
    "ElastiCacheReplicaEngineCPUUtilization",
    "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage",
    "NeptuneReaderAverageCPUUtilization",
    "SageMakerVariantProvisionedConcurrencyUtilization",
    "ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage",
    "SageMakerInferenceComponentInvocationsPerCopy",
    "WorkSpacesAverageUserSessionsCapacityUtilization",
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    "ECSServiceAverageCPUUtilizationHighResolution",
    "ECSServiceAverageMemoryUtilizationHighResolution",
)
STATISTICS = ("Average", "Minimum", "Maximum", "SampleCount", "Sum")
_UNITS = (
    "Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits "
    "Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second "
    "Terabytes/Second Bits/Second Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second "
    "Count/Second None"
)
UNITS = tuple(_UNITS.split())
THRESHOLD_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
BAND_OPERATORS = (
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)

_IDENTIFIER = Text(1, 1600)
_IDENTITY = {
    "ServiceNamespace": Text(choices=NAMESPACES),
    "ResourceId": _IDENTIFIER,
    "ScalableDimension": Text(choices=DIMENSIONS),
}
# "Member must have value greater than or equal to 0": cooldowns are spans, API reference of the two
# configurations; the model itself only says integer.
_COOLDOWN = Whole(0)
_DIMENSION = Members({"Name": Text(), "Value": Text()}, ("Name", "Value"))

SCALABLE_TARGET = Members(
    {
        **_IDENTITY,
        "MinCapacity": Whole(0),
        "MaxCapacity": Whole(0),
        "RoleARN": _IDENTIFIER,
        "SuspendedState": Members(
            {
                "DynamicScalingInSuspended": Flag(),
                "DynamicScalingOutSuspended": Flag(),
                "ScheduledScalingSuspended": Flag(),
            }
        ),
        "Tags": Anything(),
    },
    tuple(_IDENTITY),
)
_STEP_ADJUSTMENT = Members(
    {
        "MetricIntervalLowerBound": Number(),
        "MetricIntervalUpperBound": Number(),
        "ScalingAdjustment": Whole(),
    },
    ("ScalingAdjustment",),
)
_STEP_SCALING = Members(
    {
        "AdjustmentType": Text(choices=("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")),
        "StepAdjustments": Many(_STEP_ADJUSTMENT),
        "MinAdjustmentMagnitude": Whole(),
        "Cooldown": _COOLDOWN,
        "MetricAggregationType": Text(choices=("Average", "Minimum", "Maximum")),
    }
)
_CUSTOMIZED_METRIC = Members(
    {
        "MetricName": Text(),
        "Namespace": Text(),
        "Dimensions": Many(_DIMENSION),
        "Statistic": Text(choices=STATISTICS),
        "Unit": Text(),
        "Metrics": Anything(),
    }
)
_TARGET_TRACKING = Members(
    {
        "TargetValue": Number(),
        "PredefinedMetricSpecification": Members(
            {"PredefinedMetricType": Text(choices=METRIC_TYPES), "ResourceLabel": Text(1, 1023)},
            ("PredefinedMetricType",),
        ),
        "CustomizedMetricSpecification": _CUSTOMIZED_METRIC,
        "ScaleOutCooldown": _COOLDOWN,
        "ScaleInCooldown": _COOLDOWN,
        "DisableScaleIn": Flag(),
    },
    ("TargetValue",),
)
SCALING_POLICY = Members(
    {
        "PolicyName": Text(1, 256),
        **_IDENTITY,
        "PolicyType": Text(choices=("StepScaling", "TargetTrackingScaling", "PredictiveScaling")),
        "StepScalingPolicyConfiguration": _STEP_SCALING,
        "TargetTrackingScalingPolicyConfiguration": _TARGET_TRACKING,
        "PredictiveScalingPolicyConfiguration": Anything(),
    },
    ("PolicyName", *_IDENTITY),
)
SCHEDULED_ACTION = Members(
    {
        "ServiceNamespace": _IDENTITY["ServiceNamespace"],
        "Schedule": _IDENTIFIER,
        "Timezone": _IDENTIFIER,
        "ScheduledActionName": Text(
            1,
            256,
            pattern=r"(?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+",
        ),
        "ResourceId": _IDENTITY["ResourceId"],
        "ScalableDimension": _IDENTITY["ScalableDimension"],
        "StartTime": Moment(),
        "EndTime": Moment(),
        "ScalableTargetAction": Members({"MinCapacity": Whole(0), "MaxCapacity": Whole(0)}),
    },
    ("ServiceNamespace", "ScheduledActionName", "ResourceId", "ScalableDimension"),
)
_ACTIONS = Many(Text(1, 1024), most=5)
METRIC_ALARM = Members(
    {
        "AlarmName": Text(1, 255),
        "AlarmDescription": Text(0, 1024),
        "ActionsEnabled": Flag(),
        "OKActions": _ACTIONS,
        "AlarmActions": _ACTIONS,
        "InsufficientDataActions": _ACTIONS,
        "MetricName": Text(1, 255),
        "Namespace": Text(1, 255, pattern="[^:].*"),
        "Statistic": Text(choices=("SampleCount", "Average", "Sum", "Minimum", "Maximum")),
        "ExtendedStatistic": Text(),
        "Dimensions": Many(
            Members({"Name": Text(1, 255), "Value": Text(1, 1024)}, ("Name", "Value")), most=30
        ),
        "Period": Whole(1),
        "Unit": Text(choices=UNITS),
        "EvaluationPeriods": Whole(1),
        "DatapointsToAlarm": Whole(1),
        "Threshold": Number(),
        "ComparisonOperator": Text(choices=THRESHOLD_OPERATORS + BAND_OPERATORS),
        "TreatMissingData": Text(1, 255),
        "EvaluateLowSampleCountPercentile": Text(1, 255),
        "Metrics": Anything(),
        "Tags": Anything(),
        "ThresholdMetricId": Text(1, 255),
        "EvaluationWindow": Anything(),
        "WarmUpConfiguration": Anything(),
        "EvaluationCriteria": Anything(),
        "EvaluationInterval": Whole(10, 3600),
    },
    ("AlarmName",),
)
