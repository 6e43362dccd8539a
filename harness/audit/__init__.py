"""The audit: what passes here and fails on AWS, or hurts there; one rule, one file, one source."""
