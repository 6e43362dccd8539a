"""What the messaging scenarios share: permissions, workers that lose nothing, and the models behind them."""
