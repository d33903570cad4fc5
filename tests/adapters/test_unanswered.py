"""What botocore's failures mean to a caller: refused for certain, or without an answer (invariant 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.errors import CONFIG
from agent_schedules.errors import ConditionFailed, Contended, Unavailable, Uncertain
from agent_schedules.storage.table import Delete, ItemKey, Put
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

KEY = ItemKey("p", "s")
PUT = Put({"pk": "p", "sk": "s", "v": 1}, "absent")
TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb")


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def answer(status: int, code: str, **more: Any) -> AWSResponse:
    """An error of DynamoDB's on the wire."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "m", **more}).encode()
    return AWSResponse("https://dynamodb", status, {"x-amzn-requestid": "r"}, _Raw(body))  # type: ignore[arg-type]


def ok() -> AWSResponse:
    """An answer that says yes."""
    return AWSResponse("https://dynamodb", 200, {"x-amzn-requestid": "r"}, _Raw(b"{}"))  # type: ignore[arg-type]


class Wire:
    """A client whose attempts get these answers, in order; requests are kept."""

    def __init__(self, *answers: AWSResponse | Exception | Callable[[], AWSResponse]) -> None:
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="s",
            config=CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 2})),
        )
        self.table = DynamoTable(client, "table")
        self.bodies: list[dict[str, Any]] = []
        left = list(answers)

        def send(request: Any, **_: Any) -> Any:
            self.bodies.append(json.loads(request.body))
            found = left.pop(0)
            if isinstance(found, Exception):
                raise found
            return found() if callable(found) else found

        client.meta.events.register_first("before-send.dynamodb.*", send)


THROTTLED = ("ThrottlingException", 400)


@pytest.mark.parametrize(
    ("answers", "uncertain"),
    [
        ((TIMEOUT, TIMEOUT), True),
        ((answer(500, "InternalServerError"), answer(500, "InternalServerError")), True),
        ((ConnectTimeoutError(endpoint_url="https://dynamodb"), TIMEOUT), True),
        ((TIMEOUT, answer(400, "ThrottlingException")), True),
        ((answer(400, "ValidationException"),), False),
        ((answer(400, "AccessDeniedException"),), False),
    ],
)
@pytest.mark.parametrize("writes", [(PUT,), (PUT, Delete(ItemKey("p", "t")))], ids=["put", "transaction"])
def test_a_write_without_an_answer_is_uncertain(answers: Any, writes: Any, *, uncertain: bool) -> None:
    wire = Wire(*answers)
    with pytest.raises(Unavailable) as failed:
        wire.table.write(*writes)
    assert isinstance(failed.value, Uncertain) == uncertain
    assert len(wire.bodies) == len(answers)


def test_a_read_is_never_uncertain() -> None:
    with pytest.raises(Unavailable) as failed:
        Wire(TIMEOUT, TIMEOUT).table.get([KEY])
    assert not isinstance(failed.value, Uncertain)


def test_a_repeated_transaction_bears_the_same_token() -> None:
    wire = Wire(TIMEOUT, answer(400, "ValidationException"))
    with pytest.raises(Unavailable):
        wire.table.write(PUT, Delete(ItemKey("p", "t")))
    first, second = wire.bodies
    assert first["ClientRequestToken"] == second["ClientRequestToken"]


def test_a_put_repeated_after_its_effect_is_no_lost_race() -> None:
    wire = Wire(TIMEOUT, lambda: answer(400, "ConditionalCheckFailedException", Item=wire.bodies[0]["Item"]))
    wire.table.write(PUT)
    first, second = wire.bodies
    assert first == second


def test_an_equal_item_of_another_writer_is_a_lost_race() -> None:
    other = Wire(ok())
    other.table.write(PUT)
    wire = Wire(TIMEOUT, answer(400, "ConditionalCheckFailedException", Item=other.bodies[0]["Item"]))
    with pytest.raises(ConditionFailed):
        wire.table.write(PUT)


def test_two_transactions_at_once_leave_one_undone_for_certain() -> None:
    reasons = [{"Code": "TransactionConflict", "Message": "m"}, {"Code": "None"}]
    wire = Wire(answer(400, "TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(Contended):
        wire.table.write(PUT, Delete(ItemKey("p", "t")))
