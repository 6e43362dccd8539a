"""What resources of Terraform's AWS provider, and of Pulumi's made from it, are in CloudFormation."""

from harness.templates.provider.assemble import assemble
from harness.templates.provider.attributes import attribute_of
from harness.templates.provider.declared import Declared
from harness.templates.provider.table import KindOf, kind_of, known_types

__all__ = ["Declared", "KindOf", "assemble", "attribute_of", "kind_of", "known_types"]
