"""The turbofan pipeline as one CloudFormation template, and who deploys, updates and deletes it."""
