"""What the scenarios of experiments share: training programs, the jobs that they ask for, and who labels.

The name starts with an underscore: this is no scenario.
"""
