"""What the rules about code share: the place of a call, and the actions that a call needs."""

from harness.audit.code import Call, codes
from harness.audit.functions import role_of
from harness.audit.model import Found
from harness.audit.names import FUNCTION, ROLE
from harness.audit.permissions import attachments
from harness.audit.view import View
from harness.iam.actions.catalogue import exists
from harness.templates.model import Resource

# What boto3 calls a service, where the prefix of its actions is another.
_PREFIXES = {
    "sagemaker-runtime": "sagemaker",
    "runtime.sagemaker": "sagemaker",
    "events": "events",
    "stepfunctions": "states",
    "apigateway": "apigateway",
}
# Methods whose action has another name: Service Authorization Reference, actions of Amazon S3 and others.
_ACTIONS = {
    ("sts", "get_caller_identity"): (),  # needs no permission
    ("s3", "list_objects_v2"): ("s3:ListBucket",),
    ("s3", "list_objects"): ("s3:ListBucket",),
    ("s3", "head_object"): ("s3:GetObject",),
    ("s3", "head_bucket"): ("s3:ListBucket",),
    ("s3", "upload_file"): ("s3:PutObject",),
    ("s3", "upload_fileobj"): ("s3:PutObject",),
    ("s3", "download_file"): ("s3:GetObject",),
    ("s3", "download_fileobj"): ("s3:GetObject",),
    ("s3", "delete_objects"): ("s3:DeleteObject",),
    ("s3", "copy_object"): ("s3:PutObject",),
    ("sqs", "send_message_batch"): ("sqs:SendMessage",),
    ("sqs", "delete_message_batch"): ("sqs:DeleteMessage",),
    ("sqs", "change_message_visibility_batch"): ("sqs:ChangeMessageVisibility",),
    ("sns", "publish_batch"): ("sns:Publish",),
    ("lambda", "invoke"): ("lambda:InvokeFunction",),
    ("dynamodb", "batch_writer"): ("dynamodb:BatchWriteItem",),
}


def at(view: View, logical_id: str, call: Call, message: str) -> Found:
    """Return the finding *message* at *call*: in its own file where there is one, else at the Code."""
    resource, root, line = view.resources[logical_id], codes(view)[logical_id].root, call.node.lineno
    if root:
        return Found(resource, message, "Code", f"{root}/{call.file}", line)
    return Found(resource, f"{call.file}:{line}: {message}", "Code")


def actions(call: Call) -> tuple[str, ...]:
    """Return the actions of which *call* needs one, none where nobody knows or nothing is asked."""
    known = _ACTIONS.get((call.service, call.method))
    if known is not None:
        return known
    prefix = _PREFIXES.get(call.service, call.service)
    name = "".join(part.capitalize() for part in call.method.split("_"))
    action = f"{prefix}:{name}"
    return (action,) if exists(action) else ()


def runs_under(view: View, logical_id: str) -> Resource | None:
    """Return the role of a function, or of a task's containers; None where the template does not tell.

    Code that assumes another role makes its calls under that one.
    """
    one = view.resources[logical_id]
    role = role_of(view, one) if one.type == FUNCTION else view.find(one.properties.get("TaskRoleArn"), ROLE)
    if any(call.method == "assume_role" for call in codes(view)[logical_id].calls):
        return None
    return None if role is None or _is_let_in(view, view.arn(role)) else role


def _is_let_in(view: View, role: str) -> bool:
    """Return whether the policy of a queue, topic or bucket names *role*, and may let it do more."""
    every = (each.document for own in attachments(view).values() for each in own)
    return any(role in str(document) for document in every)
