"""A backend that answers what a test wrote down, and keeps what it was asked."""

from typing import Any
from urllib.parse import parse_qs

from harness.gateway.chain import Address
from harness.gateway.fetch import FetchReply


def xml(**members: str) -> FetchReply:
    """Return an answer of a query service with *members*."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in members.items())
    return FetchReply(200, (), f"<R xmlns='urn:x'><Result>{inside}</Result></R>".encode())


NOT_FOUND = FetchReply(404, (), b"")


class AskedBackend:
    """Answers by the operation, or by the path of a GET; 404 to all else. `asked` has each (what, fields)."""

    def __init__(self, **answers: FetchReply) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def operations(self) -> list[str]:
        return [name for name, _ in self.asked]

    async def fetch(
        self,
        _address: Address,
        method: str,
        path: str,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
    ) -> FetchReply:
        """Return what the backend answers, as Fetcher does."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        name = path if method == "GET" else form.pop("Action")
        self.asked.append((name, form))
        self.headers.append(dict(headers))
        return self.answers.get(name, NOT_FOUND)

    def as_fetcher(self) -> Any:
        """Return itself: it has of Fetcher what is asked of one here."""
        return self
