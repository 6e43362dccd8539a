"""Templates of every language as one value: the resources that a stack would have, in CloudFormation's words."""
