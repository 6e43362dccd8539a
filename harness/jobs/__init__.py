"""Jobs of SageMaker as values: their life, their bill, their metrics, how a search chooses; pure."""
