terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "prefix" {
  type    = string
  default = "same"
}

locals {
  variant = "AllTraffic"
}

resource "aws_sns_topic" "jobs" {
  name = "${var.prefix}-jobs"
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.prefix}-dead"
  message_retention_seconds = 14 * 24 * 3600
}

resource "aws_sqs_queue" "queue" {
  name                       = "${var.prefix}-queue"
  visibility_timeout_seconds = 60
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 3
  })
}

data "aws_iam_policy_document" "queue" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.queue.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.jobs.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "queue" {
  queue_url = aws_sqs_queue.queue.id
  policy    = data.aws_iam_policy_document.queue.json
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.jobs.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.queue.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ kind = ["train"] })
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["lambda", "sagemaker"])
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name               = "${var.prefix}-worker"
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "queue" {
  name = "queue"
  role = aws_iam_role.worker.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = [for action in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] : "sqs:${action}"]
      Resource = aws_sqs_queue.queue.arn
    }]
  })
}

resource "aws_lambda_function" "worker" {
  function_name = "${var.prefix}-worker"
  role          = aws_iam_role.worker.arn
  runtime       = "python3.12"
  handler       = "worker.handler"
  timeout       = 10
  memory_size   = 256
  filename      = "${path.module}/worker.zip"
  environment {
    variables = { ENDPOINT = aws_sagemaker_endpoint.endpoint.name }
  }
  depends_on = [aws_iam_role_policy.queue]
}

resource "aws_lambda_event_source_mapping" "queue" {
  event_source_arn        = aws_sqs_queue.queue.arn
  function_name           = aws_lambda_function.worker.function_name
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_iam_role" "model" {
  name               = "${var.prefix}-model"
  assume_role_policy = data.aws_iam_policy_document.trust["sagemaker"].json
}

resource "aws_sagemaker_model" "model" {
  name               = "${var.prefix}-model"
  execution_role_arn = aws_iam_role.model.arn
  primary_container {
    image       = "123456789012.dkr.ecr.us-east-1.amazonaws.com/model:1"
    environment = { HARNESS_MODEL = "echo" }
  }
}

resource "aws_sagemaker_endpoint_configuration" "config" {
  name = "${var.prefix}-config"
  production_variants {
    variant_name           = local.variant
    model_name             = aws_sagemaker_model.model.name
    instance_type          = "ml.m5.large"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint" "endpoint" {
  name                 = "${var.prefix}-endpoint"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.config.name
}

resource "aws_appautoscaling_target" "endpoint" {
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.endpoint.name}/variant/${local.variant}"
  min_capacity       = 1
  max_capacity       = 4
}

resource "aws_appautoscaling_policy" "endpoint" {
  name               = "${var.prefix}-invocations"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.endpoint.service_namespace
  scalable_dimension = aws_appautoscaling_target.endpoint.scalable_dimension
  resource_id        = aws_appautoscaling_target.endpoint.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = 600
    scale_in_cooldown  = 600
    scale_out_cooldown = 300
    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }
}

output "topic" {
  value = aws_sns_topic.jobs.arn
}
