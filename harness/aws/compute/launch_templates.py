"""Launch templates: what RunInstances takes from one that it names, where its own arguments say nothing.

EC2 user guide, "Store instance launch parameters in Amazon EC2 launch templates": parameters of the call
override those of the template.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import Ec2Refused, Fields

_NAMED = "LaunchTemplate."
DEFAULT_VERSION = "$Default"


async def with_template(fields: Fields, backend: Ec2Backend) -> Fields:
    """Return *fields* with those of the launch template that they name; raise Ec2Refused."""
    named = {name.removeprefix(_NAMED): text for name, text in fields.items() if name.startswith(_NAMED)}
    if not named:
        return fields
    asked = {name: text for name, text in named.items() if name != "Version"}
    version = asked["LaunchTemplateVersion.1"] = named.get("Version", DEFAULT_VERSION)
    found = await backend.ask("DescribeLaunchTemplateVersions", asked)
    data = found.find(".//launchTemplateData")
    if data is None:
        raise Ec2Refused(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {version} for the launch template.",
        )
    own = {name: text for name, text in fields.items() if not name.startswith(_NAMED)}
    given = {_top(name) for name in own}
    return {name: text for name, text in _flat(data, "") if _top(name) not in given} | own


def _top(name: str) -> str:
    return name.partition(".")[0]


def _flat(element: ElementTree.Element, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that say what the XML below *element* does: `tagSet/item/key` is `Tag.1.Key`."""
    numbers = 0
    for child in element:
        if child.tag == "item":
            numbers += 1
            name = f"{prefix}.{numbers}"
        else:
            name = child.tag.removesuffix("Set")
            name = f"{prefix}.{name[:1].upper()}{name[1:]}".lstrip(".")
        if len(child):
            yield from _flat(child, name)
        elif child.text:
            yield name, child.text
