"""Shared by the scenarios about roles and networks."""
