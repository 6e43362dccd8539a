"""A disk that is not encrypted."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside, listed, members, switch
from harness.audit.view import View

BLOCKS = {
    "AWS::EC2::Instance": "BlockDeviceMappings",
    "AWS::EC2::LaunchTemplate": "LaunchTemplateData.BlockDeviceMappings",
}


def check(view: View) -> Iterator[Found]:
    """Yield each volume, instance and launch template whose disks are not encrypted."""
    for one in view.of_type(*BLOCKS, "AWS::EC2::Volume"):
        if one.type == "AWS::EC2::Volume":
            disks = [("", one.properties)]
        else:
            path = BLOCKS[one.type]
            disks = [
                (f"{path}[{at}]", members(inside(each, "Ebs")))
                for at, each in enumerate(listed(inside(one.properties, path)))
            ]
        for path, disk in disks:
            if disk and switch(disk.get("Encrypted", False)) is False and not disk.get("SnapshotId"):
                yield Found(one, f"a disk of {one.logical_id} is not encrypted", path)


RULE = Rule(
    id="volume-not-encrypted",
    title="A disk without encryption",
    severity="warning",
    why="Unless the account encrypts by default, a volume is encrypted only if Encrypted says so, and "
    "cannot be encrypted later.",
    source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html",
    check=check,
    failing="""
Resources:
  Data: {Type: AWS::EC2::Volume, Properties: {AvailabilityZone: us-east-1a, Size: 100}}
""",
    passing="""
Resources:
  Data: {Type: AWS::EC2::Volume, Properties: {AvailabilityZone: us-east-1a, Size: 100, Encrypted: true}}
""",
)
