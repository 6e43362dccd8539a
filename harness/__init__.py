"""Rehearse machine-learning pipelines on AWS before anyone pays for them."""

__version__ = "0.1.0"
