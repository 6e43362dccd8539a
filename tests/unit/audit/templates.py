"""Templates that several tests of rules fill in."""

TRUSTED = """
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]"""

FUNCTION = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]%s
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code: {ZipFile: "def handler(event, context): pass"}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Worker}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Worker, FunctionVersion: !GetAtt Version.Version, Name: live}
  Orders: {Type: AWS::SNS::Topic}
  Way:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: lambda, Endpoint: !Ref Live}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: %s
      Action: lambda:InvokeFunction
      Principal: sns.amazonaws.com
      SourceArn: !Ref Orders
"""

API = """
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: api}}
  Method:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: POST
      AuthorizationType: NONE
      Integration:
        Type: AWS_PROXY
        IntegrationHttpMethod: POST
        %s
        Uri: !Sub
          - "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
          - {Arn: !GetAtt Worker.Arn}
"""

FED = """
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}%s}
  Dead: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::123456789012:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code: {ZipFile: "%s"}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Worker, %s}
"""

REPORTING = "FunctionResponseTypes: [ReportBatchItemFailures]"

ENDPOINT = """
Description: %s
Resources:
  Ranker:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: arn:aws:iam::123456789012:role/ranker
      %s
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - VariantName: all
          ModelName: !GetAtt Ranker.ModelName
          InstanceType: ml.m5.large
          InitialInstanceCount: 1
  Endpoint:
    Type: AWS::SageMaker::Endpoint
    Properties: {EndpointConfigName: !GetAtt Config.EndpointConfigName, Tags: [{Key: tier, Value: %s}]}
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: sagemaker
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      ResourceId: !Sub "endpoint/${Endpoint.EndpointName}/variant/all"
      MinCapacity: 1
      MaxCapacity: 4
      ScheduledActions: [{ScheduledActionName: night, Schedule: rate(1 day)}]
"""

TWO_SUBNETS = "VpcConfig: {Subnets: [subnet-1, subnet-2], SecurityGroupIds: [sg-1]}"

ENVELOPED = """
  Orders: {Type: AWS::SNS::Topic, Properties: {Subscription: [{Protocol: sqs, Endpoint: !GetAtt Jobs.Arn%s}]}}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
"""

CALLING = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]%s
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: index.handler
      Runtime: python3.12
      Code: {ZipFile: "%s"}
"""

CLIENT = "import boto3\\nc = boto3.client('%s')\\ndef handler(e, x): %s"
