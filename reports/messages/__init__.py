"""The section about messages."""
