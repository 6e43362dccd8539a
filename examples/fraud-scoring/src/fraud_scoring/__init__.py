"""Scores payments for fraud."""
