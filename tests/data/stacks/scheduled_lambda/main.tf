# A function that runs once an hour and keeps what it counted in a bucket.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "region" {
  type    = string
  default = "us-east-1"
}

provider "aws" {
  region = var.region
}

locals {
  name = "hourly-count"
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "work" {
  statement {
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.counts.arn}/*"]
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.count.arn}:*"]
  }
}

resource "aws_s3_bucket" "counts" {
  bucket_prefix = "counts-"
}

resource "aws_cloudwatch_log_group" "count" {
  name              = "/aws/lambda/${local.name}"
  retention_in_days = 14
}

resource "aws_iam_role" "count" {
  name               = local.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "count" {
  name   = "work"
  role   = aws_iam_role.count.id
  policy = data.aws_iam_policy_document.work.json
}

resource "aws_lambda_function" "count" {
  function_name    = local.name
  role             = aws_iam_role.count.arn
  handler          = "count.handler"
  runtime          = "python3.11"
  timeout          = 60
  filename         = "${path.module}/build/function.zip"
  source_code_hash = filebase64sha256("${path.module}/build/function.zip")

  environment {
    variables = {
      BUCKET = aws_s3_bucket.counts.bucket
    }
  }
  depends_on = [aws_iam_role_policy.count, aws_cloudwatch_log_group.count]
}

resource "aws_cloudwatch_event_rule" "hourly" {
  name                = "${local.name}-hourly"
  schedule_expression = "rate(1 hour)"
}

resource "aws_cloudwatch_event_target" "hourly" {
  rule = aws_cloudwatch_event_rule.hourly.name
  arn  = aws_lambda_function.count.arn
}

resource "aws_lambda_permission" "hourly" {
  statement_id  = "AllowHourly"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.count.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.hourly.arn
}
