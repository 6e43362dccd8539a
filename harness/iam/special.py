"""What AWS treats unlike everything else: calls that no policy decides, and resources that must agree.

Each rule names the page it is from.
"""

from enum import Enum

from harness.iam.rcp_services import RCP_SERVICES
from harness.iam.request import Principal, Request

# "The kms:RetireGrant permission is not effective in an RCP, even if the Action element specifies an asterisk
# (*)" (AWS KMS developer guide, "Resource control policies in AWS KMS").
RCP_FREE_ACTIONS = frozenset({"kms:retiregrant"})

# Gateway endpoints: "If you specify the principal in the following format, access is granted to the AWS
# account root user only, not all users and roles for the account" (VPC guide, "Endpoint policies for gateway
# endpoints").
GATEWAY_ENDPOINT_SERVICES = frozenset({"s3", "dynamodb"})

# "The root principal in a bucket owner's AWS account can perform the GetBucketPolicy, PutBucketPolicy, and
# DeleteBucketPolicy API actions, even if their bucket policy explicitly denies the root principal's access"
# (Amazon S3 API reference, PutBucketPolicy).
BUCKET_POLICY_ACTIONS = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})

# "No permissions are required to perform this operation. If an administrator attaches a policy to your
# identity that explicitly denies access to the sts:GetCallerIdentity action, you can still perform this
# operation" (AWS STS API reference, GetCallerIdentity).
CALLER_IDENTITY = "sts:getcalleridentity"
# "No permissions are required for users to perform this operation. … You cannot use policies to control
# authentication operations" (AWS STS API reference, GetSessionToken).
SESSION_TOKEN = "sts:getsessiontoken"
FEDERATION_TOKEN = "sts:getfederationtoken"
ASSUME_ROLE = "sts:assumerole"


class Rule(Enum):
    """A verdict that no policy changes, with AWS's words for a refusal."""

    FREE = "because no permissions are required for this operation"
    ROOT_ASSUMES = "Roles may not be assumed by root accounts."
    SESSION_TOKEN_OF_SESSION = "Cannot call GetSessionToken with session credentials"
    FEDERATION_OF_SESSION = "Cannot call GetFederationToken with session credentials"


def ruled(request: Request, action: str) -> Rule | None:
    """Return the rule that decides *request*, whose action is *action* in small letters; None without."""
    who = request.principal
    if not action.startswith("sts:") or who.kind != "aws":
        return None
    if action == CALLER_IDENTITY:
        return Rule.FREE
    temporary = who.is_session or who.is_federated_user
    if action == SESSION_TOKEN:
        return Rule.SESSION_TOKEN_OF_SESSION if temporary else Rule.FREE
    if action == FEDERATION_TOKEN and temporary:
        return Rule.FEDERATION_OF_SESSION
    # "You can not call AssumeRole by using AWS account root user credentials; access is denied" (AWS STS API
    # reference, AssumeRole).
    return Rule.ROOT_ASSUMES if action == ASSUME_ROLE and who.is_root else None


def must_agree(request: Request, action: str) -> bool:
    """Return whether the resource's own policy must allow *request*, whoever else does.

    "IAM role trust policies and KMS key policies are exceptions to this logic, because they must explicitly
    allow access for principals" (IAM user guide, "Policy evaluation logic").
    """
    if action.startswith("sts:"):
        return is_role(request.resource)
    return action.startswith("kms:") and ":key/" in request.resource


def is_role(arn: str) -> bool:
    """Return whether *arn* is that of a role, whose policy is its trust policy."""
    return ":iam:" in arn and ":role/" in arn


def owner(request: Request) -> str:
    """Return the account of the resource: the principal's, where the ARN names none or AWS's own.

    AWS's managed policies (`arn:aws:iam::aws:policy/…`) are in every account.
    """
    who = request.principal
    if request.resource_account and request.resource_account != "aws":
        return request.resource_account
    parts = request.resource.split(":", 5)
    named = parts[4] if len(parts) > 4 else ""
    return named if named.isdigit() else who.account


def limits_resource(action: str, who: Principal) -> bool:
    """Return whether resource control policies limit *action* of *who*.

    "Resource control policies do not affect service-linked roles" (AWS Organizations user guide, "Resource
    control policies").
    """
    supported = action.partition(":")[0] in RCP_SERVICES and action not in RCP_FREE_ACTIONS
    return supported and not who.is_service_linked
