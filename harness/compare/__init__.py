"""Two runs, or two sets of runs, held against each other: what became better or worse, beyond the noise."""
