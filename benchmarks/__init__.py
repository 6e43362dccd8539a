"""What the house costs: `python -m benchmarks` measures all and writes docs/reference/performance.md."""
