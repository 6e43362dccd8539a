"""What a run would have cost: a dated table of prices, and AWS's billing rules over a journal; pure."""
