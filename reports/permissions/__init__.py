"""The section about permissions."""
