"""From the arguments of RunInstances and RequestSpotInstances to instances that the backend keeps.

What EC2 refuses and emulators take: an AMI or an instance type that there is not, a profile that is missing,
user data that is too long. Codes: EC2 API reference, "Error codes".
"""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from xml.etree import ElementTree

from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import Ec2Refused, Fields
from harness.aws.compute.machine_view import Card
from harness.compute.instances import Launch
from harness.compute.user_data import OwnEnd, own_end

USER_DATA_BYTES = 16_384  # EC2 user guide: 16 KB, before it is encoded
DEFAULT_TYPE = "m1.small"  # RunInstances, InstanceType


@dataclass(frozen=True, slots=True)
class Specification:
    """What an instance is to be: the fields of RunInstances that say it, checked."""

    fields: Fields
    image: str
    instance_type: str
    zone: str
    user_data: str
    profile: str
    role_arn: str
    end: OwnEnd | None

    def launch(self, card: Card, *, request: str, has_program: bool) -> Launch:
        """Return the launch of the instance *card*; without a program its user data ends it at once."""
        behaviour = self.fields.get("InstanceInitiatedShutdownBehavior", "stop")
        ends_after_s = None if self.end is None else self.end.after_s
        if self.end is not None and ends_after_s is None and not has_program:
            ends_after_s = 0.0
        return Launch(
            card.instance,
            card.instance_type,
            card.zone,
            card.image,
            request,
            "terminate" if behaviour == "terminate" else "stop",
            ends_after_s,
            has_program,
        )


async def read_specification(
    fields: Fields, backend: Ec2Backend, images: Collection[str], zone: str
) -> Specification:
    """Return what *fields* ask for; raise Ec2Refused. *images* are there without the backend's knowing."""
    if "ImageId" not in fields:
        raise Ec2Refused("MissingParameter", "The request must contain the parameter ImageId")
    image, kind = fields["ImageId"], fields.get("InstanceType", DEFAULT_TYPE)
    if image not in images and not await backend.knows_image(image):
        raise Ec2Refused("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
    if not await backend.knows_type(kind):
        raise Ec2Refused("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
    text = _user_data(fields.get("UserData", ""))
    profile, role_arn = await _profile(fields, backend)
    zone = fields.get("Placement.AvailabilityZone", zone)
    return Specification(fields, image, kind, zone, text, profile, role_arn, own_end(text))


def _user_data(encoded: str) -> str:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Ec2Refused("InvalidParameterValue", "Invalid BASE64 encoding of user data") from None
    if len(raw) > USER_DATA_BYTES:
        raise Ec2Refused("InvalidParameterValue", f"User data is limited to {USER_DATA_BYTES} bytes")
    return raw.decode("utf-8", "replace")


async def _profile(fields: Fields, backend: Ec2Backend) -> tuple[str, str]:
    """Return the name of the instance profile and the ARN of its role, "" for none."""
    for member in ("Name", "Arn"):
        given = fields.get(f"IamInstanceProfile.{member}", "")
        if given:
            role = await backend.role_of(given)
            if role is None:
                raise Ec2Refused(
                    "InvalidParameterValue",
                    f"Value ({given}) for parameter iamInstanceProfile.{member.lower()} is invalid. "
                    f"Invalid IAM Instance Profile {member.lower() if member == 'Name' else member.upper()}",
                )
            return given.rpartition("/")[2], role
    return "", ""


def card_of(item: ElementTree.Element, wanted: Specification, region: str, account: str, group: str) -> Card:
    """Return what the backend made, an item of `instancesSet`."""
    return Card(
        instance=item.findtext("instanceId", ""),
        image=wanted.image,
        instance_type=wanted.instance_type,
        zone=item.findtext("placement/availabilityZone", "") or wanted.zone,
        region=region,
        account=account,
        private_ip=item.findtext("privateIpAddress", ""),
        public_ip=item.findtext("ipAddress", ""),
        private_name=item.findtext("privateDnsName", ""),
        reservation=group,
        index=item.findtext("amiLaunchIndex", "0"),
        profile=wanted.profile,
        role_arn=wanted.role_arn,
        user_data=wanted.user_data,
        tokens_required=wanted.fields.get("MetadataOptions.HttpTokens") == "required",
    )
