"""What a scaling policy would do: simulated, swept over, compared, in virtual time."""
