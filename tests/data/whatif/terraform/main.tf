# An endpoint that scales on invocations, with a step policy for surges and office hours.
resource "aws_sagemaker_endpoint_configuration" "ranker" {
  name = "${local.name}-${var.instance_type == "ml.t3.medium" ? "test" : "live"}"

  production_variants {
    variant_name           = var.variant
    model_name             = var.model_name
    instance_type          = var.instance_type
    initial_instance_count = 2
  }
}

resource "aws_sagemaker_endpoint" "ranker" {
  name                 = local.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.ranker.name
}

resource "aws_appautoscaling_target" "ranker" {
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.ranker.name}/variant/${var.variant}"
  min_capacity       = 2
  max_capacity       = var.max_capacity
}

resource "aws_appautoscaling_policy" "invocations" {
  name               = "invocations"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.ranker.service_namespace
  scalable_dimension = aws_appautoscaling_target.ranker.scalable_dimension
  resource_id        = aws_appautoscaling_target.ranker.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 750
    scale_in_cooldown  = 600
    scale_out_cooldown = 120

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantInvocationsPerInstance"
    }
  }
}

resource "aws_appautoscaling_policy" "surge" {
  count              = var.surge ? 1 : 0
  name               = "surge"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.ranker.service_namespace
  scalable_dimension = aws_appautoscaling_target.ranker.scalable_dimension
  resource_id        = aws_appautoscaling_target.ranker.resource_id

  step_scaling_policy_configuration {
    adjustment_type          = "PercentChangeInCapacity"
    min_adjustment_magnitude = 2
    cooldown                 = 60

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 500
      scaling_adjustment          = 25
    }

    step_adjustment {
      metric_interval_lower_bound = 500
      scaling_adjustment          = 100
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "surge" {
  count               = var.surge ? 1 : 0
  alarm_name          = "${local.name}-surge"
  namespace           = "AWS/SageMaker"
  metric_name         = "InvocationsPerInstance"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1200
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_appautoscaling_policy.surge[0].arn]

  dimensions = {
    EndpointName = local.name
    VariantName  = var.variant
  }
}

resource "aws_appautoscaling_scheduled_action" "office_hours" {
  name               = "office-hours"
  service_namespace  = aws_appautoscaling_target.ranker.service_namespace
  scalable_dimension = aws_appautoscaling_target.ranker.scalable_dimension
  resource_id        = aws_appautoscaling_target.ranker.resource_id
  schedule           = "cron(0 8 ? * MON-FRI *)"
  timezone           = "Europe/Berlin"

  scalable_target_action {
    min_capacity = 4
  }
}
