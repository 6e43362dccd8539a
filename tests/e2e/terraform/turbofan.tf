terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {}
resource "aws_s3_bucket" "artefacts" { bucket = "turbofan-artefacts" }
resource "aws_s3_object" "model" {
  bucket = aws_s3_bucket.artefacts.id
  key    = "turbofan/model.tar.gz"
  source = "model.tar.gz"
}
resource "aws_iam_role" "model" {
  name = "turbofan-model"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "sagemaker.amazonaws.com" } }]
  })
}
resource "aws_sagemaker_model" "turbofan" {
  name               = "turbofan"
  execution_role_arn = aws_iam_role.model.arn
  primary_container {
    image          = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
    model_data_url = "s3://${aws_s3_bucket.artefacts.id}/${aws_s3_object.model.key}"
  }
}
resource "aws_sagemaker_endpoint_configuration" "turbofan" {
  name = "turbofan-config"
  production_variants {
    variant_name           = "AllTraffic"
    model_name             = aws_sagemaker_model.turbofan.name
    initial_instance_count = 1
    instance_type          = "ml.m5.large"
  }
}
resource "aws_sagemaker_endpoint" "turbofan" {
  name                 = "turbofan"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.turbofan.name
  tags                 = { team = "engines" }
}
resource "aws_appautoscaling_target" "turbofan" {
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.turbofan.name}/variant/AllTraffic"
  min_capacity       = 1
  max_capacity       = 4
}
resource "aws_appautoscaling_policy" "turbofan" {
  name               = "invocations"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.turbofan.service_namespace
  scalable_dimension = aws_appautoscaling_target.turbofan.scalable_dimension
  resource_id        = aws_appautoscaling_target.turbofan.resource_id
  target_tracking_scaling_policy_configuration {
    target_value       = 600
    scale_in_cooldown  = 600
    scale_out_cooldown = 300
    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }
}
