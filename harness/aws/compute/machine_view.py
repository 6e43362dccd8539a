"""What an instance is told of itself: the categories of its metadata, as text by path."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from harness.aws.compute.moments import iso
from harness.compute.instances import Instance

DATA, DYNAMIC, USER_DATA = "meta-data", "dynamic", "user-data"


@dataclass(frozen=True, slots=True)
class Card:
    """What does not change of an instance: its addresses, its profile, its user data."""

    instance: str
    image: str
    instance_type: str
    zone: str
    region: str
    account: str
    private_ip: str = ""
    public_ip: str = ""
    private_name: str = ""
    reservation: str = ""
    index: str = "0"
    profile: str = ""  # the name of its instance profile
    role_arn: str = ""
    user_data: str = ""
    tokens_required: bool = False

    @property
    def profile_arn(self) -> str:
        """The ARN of its instance profile."""
        return f"arn:aws:iam::{self.account}:instance-profile/{self.profile}"


def categories(card: Card, now: Instance, epoch_s: float) -> dict[str, str]:
    """Return the text at each path below /latest/ but for credentials; *epoch_s* is model second 0."""
    data = {
        "ami-id": card.image,
        "ami-launch-index": card.index,
        "hostname": card.private_name,
        "instance-action": "none",
        "instance-id": card.instance,
        "instance-life-cycle": "spot" if now.is_spot else "on-demand",
        "instance-type": card.instance_type,
        "local-hostname": card.private_name,
        "local-ipv4": card.private_ip,
        "placement/availability-zone": card.zone,
        "placement/region": card.region,
        "public-ipv4": card.public_ip,
        "reservation-id": card.reservation,
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
        **_interruption(now, epoch_s),
    }
    if card.role_arn:
        data |= {"iam/info": _profile(card, iso(epoch_s + now.launched_at)), credentials_path(card): "-"}
    found = {f"{DATA}/{path}": text for path, text in data.items() if text}
    if card.user_data:
        found[USER_DATA] = card.user_data
    found[f"{DYNAMIC}/instance-identity/document"] = _identity(card, iso(epoch_s + now.launched_at))
    return found


def _interruption(now: Instance, epoch_s: float) -> Mapping[str, str]:
    """EC2 user guide, "Spot Instance interruption notices", "EC2 instance rebalance recommendations"."""
    coming = now.interruption
    if coming is None:
        return {}
    found = {"events/recommendations/rebalance": _json({"noticeTime": iso(epoch_s + coming.recommended_at)})}
    if now.noticed:
        at = iso(epoch_s + coming.takes_effect_at)
        found["spot/instance-action"] = _json({"action": coming.action, "time": at})
        if coming.action == "terminate":
            found["spot/termination-time"] = at
    return found


def credentials_path(card: Card) -> str:
    """Return where below meta-data/ the credentials of the instance's role are."""
    return f"iam/security-credentials/{card.role_arn.rpartition('/')[2]}"


def _profile(card: Card, updated: str) -> str:
    return _json({"Code": "Success", "LastUpdated": updated, "InstanceProfileArn": card.profile_arn})


def _identity(card: Card, launched: str) -> str:
    return _json(
        {
            "accountId": card.account,
            "architecture": "x86_64",
            "availabilityZone": card.zone,
            "imageId": card.image,
            "instanceId": card.instance,
            "instanceType": card.instance_type,
            "pendingTime": launched,
            "privateIp": card.private_ip,
            "region": card.region,
            "version": "2017-09-30",
        }
    )


def _json(value: Mapping[str, str]) -> str:
    return orjson.dumps(value).decode()


def at_path(found: Mapping[str, str], path: str) -> str | None:
    """Return the text at *path*, or the names below it, a line each; None where there is neither."""
    if path in found:
        return found[path]
    prefix = path if path.endswith("/") or not path else f"{path}/"
    names: dict[str, None] = {}
    for each in found:
        if each.startswith(prefix):
            name, is_folder, _ = each[len(prefix) :].partition("/")
            names[f"{name}/" if is_folder else name] = None
    return "\n".join(sorted(names)) if names else None
