"""HCL, the language of Terraform's files: read with its lines, and worked out."""

from harness.templates.hcl.evaluate import NotKnown, Scope, evaluate
from harness.templates.hcl.nodes import Attribute, Block, Body, Node
from harness.templates.hcl.parser import parse

__all__ = ["Attribute", "Block", "Body", "Node", "NotKnown", "Scope", "evaluate", "parse"]
