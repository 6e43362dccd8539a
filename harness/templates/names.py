"""The name CloudFormation gives a resource that is given none: stack, logical id, and what makes it unique.

On AWS the last part is drawn at random; here it follows from the stack and the logical id, so that a template
always gives the same names, and a resource's ARN is known before the resource is.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

import base64
import hashlib
import re

UNIQUE = 12
"""Characters of the last part, as CloudFormation draws them."""


def generated_name(
    stack: str, logical_id: str, *, longest: int = 255, lower: bool = False, suffix: str = ""
) -> str:
    """Return the name of *logical_id* in *stack*, at most *longest* characters with its *suffix* (".fifo").

    The stack's name and the logical id are cut where they do not fit; what is no letter, digit or hyphen is
    left out of both, as a Terraform address or a nested stack may have it.
    """
    unique = _unique(f"{stack}/{logical_id}")
    own = re.sub(r"[^A-Za-z0-9]", "", logical_id)
    room = longest - len(suffix) - len(unique) - 2
    own = own[: max(room // 2, room - len(stack))]
    name = f"{stack[: room - len(own)].rstrip('-')}-{own}-{unique}"
    return (name.lower() if lower else name) + suffix


def _unique(text: str) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:UNIQUE]
