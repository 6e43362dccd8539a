"""Application Auto Scaling and the CloudWatch alarms it acts on, over anything that can be scaled (pure)."""
