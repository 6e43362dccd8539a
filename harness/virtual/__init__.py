"""Virtual time: traces, bulk fleets and the compiled kernels that play an hour in milliseconds."""
