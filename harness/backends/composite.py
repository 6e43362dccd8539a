"""A backend: one or several emulators and the table that says which of them answers which service."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from harness.backends.probes import Capability, Probes
from harness.config import DEFAULT_ACCOUNT_ID, DEFAULT_REGION
from harness.gateway.chain import Address


class Member(Protocol):
    """What a backend needs of an emulator, be it a child process or an endpoint that somebody else runs."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def address(self) -> Address: ...
    def obituary(self) -> str | None: ...
    def ask_to_end(self) -> None: ...
    def close(self) -> None: ...


class Backend:
    """Running emulators behind one routing table. Leaving its `with` block, or `close()`, ends them."""

    def __init__(
        self,
        name: str,
        members: Sequence[Member],
        *,
        default: Member,
        table: Mapping[str, Member],
        region: str = DEFAULT_REGION,
        account_id: str = DEFAULT_ACCOUNT_ID,
        lacks: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.name = name
        # in which it keeps what is made there; an emulator that runs already has one of its own
        self.account_id = account_id
        self._members = tuple(members)
        self._default = default.address
        self._table = {service: member.address for service, member in table.items()}
        # service -> why it does not do its work although it answers
        self._lacks = dict(lacks)
        self._probes = Probes(self.route, region=region)

    @property
    def capabilities(self) -> dict[str, Capability]:
        """Service -> what the probes found; the first look asks, and waits for the slowest."""
        return self._probes.everything() | {
            service: Capability(service, False, reason) for service, reason in self._lacks.items()
        }

    @property
    def emulators(self) -> dict[str, str]:
        """Name -> version of everything that answers."""
        return {member.name: member.version for member in self._members}

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where the emulators listen, one address each."""
        return tuple(dict.fromkeys(member.address for member in self._members))

    def route(self, service: str) -> Address:
        """Return who answers *service*, a SigV4 signing name such as `sqs` or `monitoring`."""
        return self._table.get(service, self._default)

    def missing(self, services: Sequence[str]) -> dict[str, str]:
        """Return service -> reason for those of *services* that do not answer here; {} when all do."""
        found = self._probes.find([service for service in services if service not in self._lacks]).values()
        lacking = {service: self._lacks[service] for service in services if service in self._lacks}
        return lacking | {capability.service: capability.how for capability in found if not capability.ok}

    def dead(self) -> str | None:
        """Return one sentence (exit code, last log line) when an emulator has died by itself, else None."""
        for member in self._members:
            sentence = member.obituary()
            if sentence:
                return sentence
        return None

    def close(self) -> None:
        """End every emulator that this backend started; safe to call twice."""
        close_all(self._members)
        self._probes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def close_all(members: Sequence[Member]) -> None:
    """End *members* side by side."""
    for member in members:
        member.ask_to_end()
    for member in members:
        member.close()
