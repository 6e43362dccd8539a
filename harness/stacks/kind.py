"""What a resource type can do here: be made, read back, changed, removed and listed, by calls to AWS."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

Properties = Mapping[str, Any]
# Codes that services say of what is not there; others end in one of _GONE_ENDINGS.
_GONE = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NotFound",
        "QueueDoesNotExist",
        "DashboardNotFoundError",
        "StateMachineDoesNotExist",
        "ParameterNotFound",
    }
)
_GONE_ENDINGS = (
    ".NotFound",
    "NotFoundException",
    "NotFoundFault",
    "DoesNotExist",
    "NotFound",
    "NotFoundError",
)
# SageMaker answers a ValidationException for what is not there.
_GONE_WORDS = ("could not find", "does not exist", "cannot find", "not found", "can't find")


class Refused(Exception):
    """A service turned a call of a resource down: `code` and `message` are the service's.

    `physical_id` is not empty where the resource is there all the same: a later call of its making was
    refused.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.physical_id = ""

    @property
    def says_gone(self) -> bool:
        """Whether it says that what the call was about does not exist."""
        if self.code in _GONE or self.code.endswith(_GONE_ENDINGS):
            return True
        return self.code in ("ValidationException", "ValidationError") and any(
            word in self.message.lower() for word in _GONE_WORDS
        )


@contextmanager
def known_as(physical_id: str) -> Iterator[None]:
    """Tell with each refusal inside that *physical_id* is there already, so that it can be removed."""
    try:
        yield
    except Refused as refused:
        refused.physical_id = physical_id
        raise


class Unreachable(Exception):
    """A call came to nothing: whoever should answer it is not there."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: what Ref gives, and attributes that can only be learnt from the answer to the making."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource as it was read back: in CloudFormation's properties, and the attributes of GetAtt."""

    properties: Properties = field(hash=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where stacks are made. `clients` gives the boto3 client of a service, the same one each time.

    `pause` waits, in seconds of this machine, while something is under way; it may raise to give up.
    """

    clients: Callable[[str], Any]
    region: str
    account: str
    pause: Callable[[float], None]

    def arn(self, service: str, rest: str, *, region: bool = True) -> str:
        """Return the ARN of *rest* in this account; of a service without regions, with *region* False."""
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{rest}"

    def call(self, service: str, method: str, /, **arguments: Any) -> Any:
        """Return what *service* answers; raise Refused where it refuses and Unreachable where it is away."""
        try:
            return getattr(self.clients(service), method)(**arguments)
        except Exception as error:
            response = getattr(error, "response", None)
            if isinstance(response, Mapping):
                told = response.get("Error", {})
                raise Refused(str(told.get("Code", "Unknown")), str(told.get("Message", ""))) from error
            if type(error).__name__ in ("ParamValidationError", "MissingParametersError"):
                raise Refused("ValidationError", str(error).replace("\n", " ")) from error
            if type(error).__module__.startswith("botocore."):
                raise Unreachable(f"{service} did not answer {method}: {error}") from error
            raise

    def pages(self, service: str, method: str, key: str, /, **arguments: Any) -> list[Any]:
        """Return the entries under *key* of all pages of a list."""
        client = self.clients(service)
        if not client.can_paginate(method):
            return list(self.call(service, method, **arguments).get(key) or [])
        found: list[Any] = []
        pages = iter(client.get_paginator(method).paginate(**arguments))
        take = _Next(pages)
        holder = Surroundings(lambda _: take, self.region, self.account, self.pause)
        while (page := holder.call(service, "next")) is not None:
            found += page.get(key) or []
        return found


class _Next:
    """A paginator as one method, so that its errors are told like those of any call."""

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    def next(self) -> Any:
        return next(self._pages, None)


class Site(Protocol):
    """Where one resource is made."""

    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...
    def arn(self, service: str, rest: str, *, region: bool = True) -> str: ...
    def call(self, service: str, method: str, /, **arguments: Any) -> Any: ...
    def pages(self, service: str, method: str, key: str, /, **arguments: Any) -> list[Any]: ...


Make = Callable[[Surroundings, Properties], Made]
Read = Callable[[Surroundings, str, Properties], Seen | None]
Remove = Callable[[Surroundings, str, Properties], None]
Change = Callable[[Surroundings, str, Properties, Properties], None]
Ready = Callable[[Surroundings, str, Properties], str | None]
Listed = Callable[[Surroundings], Iterable[tuple[str, Properties]]]


def at_once(_where: Surroundings, _physical_id: str, _properties: Properties) -> str | None:
    """Return "": what is ready as soon as it is made."""
    return ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type of CloudFormation.

    `make` gets all properties and returns what Ref gives; `read` returns None for what is not there; `remove`
    is silent about that. `change` takes the properties before and after, and is None where every change
    replaces. `ready` returns None while it is under way, "" when it is there, and else why it failed.
    `listed` yields (physical id, properties that tell it apart) of all that there are. `twins` are the
    properties that tell two resources of the type apart where it has no name.
    """

    type: str
    service: str
    make: Make
    read: Read
    remove: Remove
    change: Change | None = None
    ready: Ready = at_once
    listed: Listed | None = None
    twins: tuple[str, ...] = ()
    # Properties that the emulators keep nothing of, taken and not acted upon.
    unused: frozenset[str] = frozenset()
