"""What anyone writes against AWS: the default session, no endpoint, nothing of the harness."""

import sys
import time

import boto3

name = sys.argv[1]
sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
role = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
sagemaker.create_model(
    ModelName=name,
    ExecutionRoleArn=role,
    PrimaryContainer={
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/any:1",
        "Environment": {"HARNESS_MODEL": "echo"},
    },
)
variant = {
    "VariantName": "AllTraffic",
    "ModelName": name,
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
while sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Creating":
    time.sleep(0.1)
answer = runtime.invoke_endpoint(EndpointName=name, Body="1,2", ContentType="text/csv")
print(answer["InvokedProductionVariant"], answer["Body"].read().decode())
sagemaker.delete_endpoint(EndpointName=name)
