"""Stacks: each resource type made, read back, changed and deleted by the AWS calls that its users would make."""
