"""Templates of every language as one value: the resources of a stack, in CloudFormation's words."""
