"""The AWS calls that make what a scenario declares, and those that take it away, in their order."""
