"""Which requests are being worked on, and which are done: a DynamoDB table that all workers write to."""

from collections.abc import Iterable
from typing import Any, Literal

Claim = Literal["mine", "busy", "done"]


class Ledger:
    """Claims and completions, in the table called *table*, by the worker *owner*.

    A claim holds until its lease ends, so that what a dead worker had claimed is free again. DynamoDB makes
    the condition and the write one step: of two workers that claim at once, one gets the request.
    """

    def __init__(self, dynamodb: Any, table: str, owner: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._owner = owner

    def claim(self, request: str, *, now: float, until: float) -> Claim:
        """Return "mine" when *request* may be worked on until the moment *until*, else what it is instead."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=self._item(request, "claimed", until),
                ConditionExpression="attribute_not_exists(id) OR (#state = :claimed AND leased_until < :now)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":claimed": {"S": "claimed"}, ":now": {"N": f"{now:.3f}"}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            found = error.response.get("Item", {})
            return "done" if found.get("state", {}).get("S") == "done" else "busy"
        return "mine"

    def finish(self, requests: Iterable[str]) -> None:
        """Write down that *requests*, at most 25, are answered; what is not written is answered again.

        That is harmless: the answer has the same de-duplication id.
        """
        puts = [{"PutRequest": {"Item": self._item(request, "done", 0.0)}} for request in requests]
        if puts:
            self._dynamodb.batch_write_item(RequestItems={self._table: puts})

    def _item(self, request: str, state: str, until: float) -> dict[str, Any]:
        return {
            "id": {"S": request},
            "state": {"S": state},
            "owner": {"S": self._owner},
            "leased_until": {"N": f"{until:.3f}"},
        }
