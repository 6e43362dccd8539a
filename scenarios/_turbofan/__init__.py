"""What the turbofan scenarios share: NASA's files, runs of our own, training and batch scoring.

The name starts with an underscore: this is no scenario.
"""
