"""A template as the rules see it: references filled in; names, ARNs and URLs lead to their resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from harness.audit.names import Names
from harness.templates.model import TOKEN, Resource, Template

T = TypeVar("T")

# Lambda quotas: "Concurrent executions: 1,000" for a new account in a region.
ACCOUNT_CONCURRENCY = 1_000


@dataclass(frozen=True, slots=True)
class Package:
    """The code of one function: its `files` by their names in the package.

    `root` is the folder that they are in, "" where they are in none (a zip, inline code). `entry` is
    "file.py:function" where no Handler says it.
    """

    files: Mapping[str, str]
    root: str = ""
    entry: str = ""


class View:
    """What rules ask a template.

    `code` has the packages of functions by logical id. `account_concurrency` is the account's quota of
    concurrent executions.
    """

    def __init__(
        self,
        template: Template,
        code: Mapping[str, Package] | None = None,
        *,
        account_concurrency: int = ACCOUNT_CONCURRENCY,
    ) -> None:
        self.template = template
        self.packages: Mapping[str, Package] = code or {}
        self.account_concurrency = account_concurrency
        self.region, self.account = template.region, template.account
        self.partition = str(template.parameters.get("AWS::Partition") or "aws")
        self._made: dict[Callable[..., Any], Any] = {}
        self._names = Names(template.resources, self.region, self.account, self.partition)
        self.resources: Mapping[str, Resource] = {
            logical_id: self._settled_resource(one) for logical_id, one in template.resources.items()
        }
        # Names may have been made of tokens themselves.
        self._names = Names(self.resources, self.region, self.account, self.partition)

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of *types*, in the template's order, references filled in."""
        return [one for one in self.resources.values() if one.type in types]

    def once(self, make: Callable[["View"], T]) -> T:
        """Return what *make* makes of this view, made once."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

    def find(self, value: Any, *types: str) -> Resource | None:
        """Return the resource that *value* (an ARN, a URL, a name) leads to, None without one.

        With *types* it must be of one of them; a mere name needs them.
        """
        return self._names.find(value, types)

    def arn(self, resource: Resource) -> str:
        """Return the ARN of *resource*."""
        return self._names.arn(resource)

    def name(self, resource: Resource) -> str:
        """Return the name of *resource*: the one given, or the one chosen for it."""
        return self._names.name(resource)

    def _settled_resource(self, resource: Resource) -> Resource:
        settled = self._settled(resource.properties)
        return resource if settled is resource.properties else replace(resource, properties=settled)

    def _settled(self, value: Any) -> Any:
        """Return *value* with every token filled in; the value itself where there is none."""
        if isinstance(value, str):
            return TOKEN.sub(self._filled, value) if "${Token[" in value else value
        if isinstance(value, Mapping):
            made = {key: self._settled(each) for key, each in value.items()}
            return made if any(made[key] is not each for key, each in value.items()) else value
        if isinstance(value, list | tuple):
            items = [self._settled(each) for each in value]
            return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value

    def _filled(self, found: Any) -> str:
        return self._names.attribute(found["logical_id"], found["attribute"])


def per_view(make: Callable[[View], T]) -> Callable[[View], T]:
    """Make *make* work once for each view."""

    def made(view: View) -> T:
        return view.once(make)

    made.__name__, made.__doc__ = make.__name__, make.__doc__
    return made
