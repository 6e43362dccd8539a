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

resource "aws_sns_topic" "trigger" {
  name = "flow-trigger"
}

data "aws_iam_policy_document" "trigger" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.trigger.arn]
    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.data.arn]
    }
  }
}

resource "aws_sns_topic_policy" "trigger" {
  arn    = aws_sns_topic.trigger.arn
  policy = data.aws_iam_policy_document.trigger.json
}

resource "aws_s3_bucket" "data" {
  bucket = "flow-data"
}

resource "aws_s3_bucket_notification" "data" {
  bucket = aws_s3_bucket.data.id
  topic {
    topic_arn     = aws_sns_topic.trigger.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "incoming/"
  }
  depends_on = [aws_sns_topic_policy.trigger]
}

resource "aws_iam_role" "training" {
  name               = "flow-training"
  assume_role_policy = data.aws_iam_policy_document.trust["sagemaker"].json
}

resource "aws_iam_role_policy" "data" {
  name = "data"
  role = aws_iam_role.training.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:ListBucket", Resource = aws_s3_bucket.data.arn },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.data.arn}/prepared/*" },
    ]
  })
}

resource "aws_iam_role" "start" {
  name               = "flow-start"
  assume_role_policy = data.aws_iam_policy_document.trust["lambda"].json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.start.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_iam_role_policy" "start" {
  name = "start"
  role = aws_iam_role.start.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.data.arn}/incoming/*" },
      { Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.data.arn}/prepared/*" },
      { Effect = "Allow", Action = "sagemaker:CreateTrainingJob", Resource = "*" },
      { Effect = "Allow", Action = "iam:PassRole", Resource = aws_iam_role.training.arn },
    ]
  })
}

data "archive_file" "code" {
  type        = "zip"
  source_dir  = "${path.module}/../code"
  output_path = "${path.module}/code.zip"
}

resource "aws_lambda_function" "start" {
  function_name = "flow-start"
  role          = aws_iam_role.start.arn
  runtime       = "python3.11"
  handler       = "start_training.handler"
  timeout       = 10
  filename      = data.archive_file.code.output_path
  environment {
    variables = { TRAINING_ROLE = aws_iam_role.training.arn }
  }
}

resource "aws_lambda_permission" "trigger" {
  function_name = aws_lambda_function.start.function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.trigger.arn
}

resource "aws_sns_topic_subscription" "start" {
  topic_arn = aws_sns_topic.trigger.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.start.arn
}
