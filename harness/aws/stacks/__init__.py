"""CloudFormation's API: stacks and change sets, made by the calls that their caller may make."""
