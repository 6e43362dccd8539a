"""What EC2's part asks of the backend in the account's own name: it keeps instances, images and types."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from harness.aws.compute.documents import VERSION, Ec2Refused, parsed
from harness.aws.root_calls import RootClient
from harness.aws.trail import EVENTS_PATH
from harness.errors import BackendError
from harness.gateway.chain import JUDGED_HEADER, Address
from harness.gateway.fetch import Fetcher, FetchReply

_FORM = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
_UNKNOWN_TYPE = "InvalidInstanceType"


class Ec2Backend:
    """To be awaited on the gateway's loop. Raises Ec2Refused for what the backend refuses, BackendError."""

    def __init__(self, root: RootClient, fetcher: Fetcher, route: Callable[[str], Address]) -> None:
        self._root = root
        self._fetcher = fetcher
        self._route = route
        self._types: dict[str, bool] = {}
        self._images: dict[str, bool] = {}

    async def ask(self, action: str, fields: Mapping[str, str]) -> ElementTree.Element:
        """Return what EC2 answers to *action*."""
        return parsed(await self._call("ec2", action, VERSION, fields))

    async def run(self, fields: Mapping[str, str], count: tuple[str, str]) -> ElementTree.Element:
        """Return what RunInstances answers, for at least and at most so many instances on demand.

        Spot instances are the model's, and profiles are another emulator's: none of that is sent.
        """
        left_out = ("InstanceMarketOptions.", "IamInstanceProfile.")
        sent = {name: text for name, text in fields.items() if not name.startswith(left_out)}
        return await self.ask("RunInstances", {**sent, "MinCount": count[0], "MaxCount": count[1]})

    async def role_of(self, profile: str) -> str | None:
        """Return the ARN of the role in a profile, "" where it holds none; None where there is no profile."""
        answer = await self._call(
            "iam", "GetInstanceProfile", "2010-05-08", {"InstanceProfileName": profile.rpartition("/")[2]}
        )
        if answer.status >= 400:
            return None
        root = parsed(answer)
        return root.findtext(".//Roles/member/Arn", "")

    async def knows_type(self, instance_type: str) -> bool:
        """Return whether there is such an instance type; a backend that cannot say knows all."""
        if instance_type not in self._types:
            self._types[instance_type] = await self._knows(
                "DescribeInstanceTypes", {"InstanceType.1": instance_type}, _UNKNOWN_TYPE
            )
        return self._types[instance_type]

    async def knows_image(self, image: str) -> bool:
        """Return whether there is such an AMI."""
        if image not in self._images:
            self._images[image] = await self._knows("DescribeImages", {"ImageId.1": image}, "InvalidAMIID")
        return self._images[image]

    async def _knows(self, action: str, fields: Mapping[str, str], code: str) -> bool:
        try:
            await self.ask(action, fields)
        except Ec2Refused as error:
            return not error.code.startswith(code)
        return True

    async def put_event(self, kind: str, resource: str, detail: Mapping[str, Any], at_epoch_s: float) -> None:
        """Put an event of EC2 on the default bus, where there is EventBridge: one that AWS itself sends."""
        import orjson

        entry = {
            "Source": "aws.ec2",
            "DetailType": kind,
            "Resources": [resource],
            "Detail": orjson.dumps(detail).decode(),
            "Time": at_epoch_s,
        }
        at = self._route("events")
        with contextlib.suppress(BackendError):
            if at.name == "ministack" and at.password:  # which takes no such event from clients, as on AWS
                headers = ((JUDGED_HEADER, at.password),)
                await self._fetcher.fetch(at, "POST", EVENTS_PATH, headers=headers, body=orjson.dumps(entry))
            else:
                await self._root.json("events", "PutEvents", {"Entries": [entry]})

    async def _call(self, service: str, action: str, version: str, fields: Mapping[str, str]) -> FetchReply:
        body = urlencode({"Action": action, "Version": version, **fields}).encode()
        return await self._root.call(service, "POST", "/", _FORM, body)
