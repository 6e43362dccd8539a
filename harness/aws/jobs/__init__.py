"""Jobs of SageMaker as a part of the stage: its calls answered, and local processes behind them."""
