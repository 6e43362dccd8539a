"""How much time `harness audit` takes on a large template, Python's start included."""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

GROUP = """
  Topic{n}: {{Type: AWS::SNS::Topic}}
  Dead{n}: {{Type: AWS::SQS::Queue, Properties: {{MessageRetentionPeriod: 1209600}}}}
  Queue{n}:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 180
      RedrivePolicy: {{deadLetterTargetArn: !GetAtt Dead{n}.Arn, maxReceiveCount: 5}}
  Policy{n}:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue{n}]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {{Service: sns.amazonaws.com}}
            Action: sqs:SendMessage
            Resource: !GetAtt Queue{n}.Arn
            Condition: {{ArnEquals: {{aws:SourceArn: !Ref Topic{n}}}}}
  Way{n}:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Topic{n}
      Protocol: sqs
      Endpoint: !GetAtt Queue{n}.Arn
      RawMessageDelivery: true
  Role{n}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: sts:AssumeRole}}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole]
      Policies:
        - PolicyName: table
          PolicyDocument:
            Statement: [{{Effect: Allow, Action: dynamodb:PutItem, Resource: !GetAtt Table{n}.Arn}}]
  Function{n}:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role{n}.Arn
      Handler: index.handler
      Runtime: python3.12
      Timeout: 30
      Environment: {{Variables: {{TABLE: !Ref Table{n}}}}}
      Code:
        ZipFile: |
          import json, os, boto3
          table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
          def handler(event, context):
              for record in event["Records"]:
                  table.put_item(Item=json.loads(record["body"]))
              return {{"batchItemFailures": []}}
  Mapping{n}:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Queue{n}.Arn
      FunctionName: !Ref Function{n}
      FunctionResponseTypes: [ReportBatchItemFailures]
  Table{n}:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{{AttributeName: id, KeyType: HASH}}]
      AttributeDefinitions: [{{AttributeName: id, AttributeType: S}}]
  Alarm{n}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{{Name: QueueName, Value: !GetAtt Dead{n}.QueueName}}]
      Statistic: Maximum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 0
      ComparisonOperator: GreaterThanThreshold
"""


def _used_s() -> float:
    """Return the processor time of ended children: what else the machine does is not in it."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_two_hundred_resources_take_less_than_two_seconds(tmp_path: Path) -> None:
    """20 pipelines of ten resources, and no finding in them."""
    path = tmp_path / "large.yaml"
    path.write_text("Resources:\n" + "".join(GROUP.format(n=n) for n in range(20)))
    before_s = _used_s()
    done = subprocess.run(
        [sys.executable, "-m", "harness", "audit", str(path)], capture_output=True, text=True, check=False
    )
    seconds = _used_s() - before_s
    assert done.stdout.startswith("0 errors, 0 warnings, 0 notes in 200 resources; ")
    assert (done.returncode, seconds < 2.0) == (0, True), f"{seconds:.2f} s, {done.stderr}"
