"""The section about functions."""
