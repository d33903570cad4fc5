"""Records of a batch stand alone: side by side, and only those that failed come again, soon."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from agent_schedules.errors import Unavailable
from agent_schedules.sqs_batch import SIDE_BY_SIDE, per_record, retry_after
from agent_schedules.telemetry import count, taken

from tests.support.logs import PROMPT


def batch(*bodies: Any, receives: int = 1) -> dict[str, Any]:
    """What Lambda gives the function."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receives)},
            }
            for number, body in enumerate(bodies)
        ]
    }


def no_retry(_: Mapping[str, int]) -> None:
    raise AssertionError("nothing failed")


def test_the_records_of_a_batch_are_handled_at_the_same_time() -> None:
    together = threading.Barrier(SIDE_BY_SIDE, timeout=30)

    def handle(_: dict[str, Any]) -> None:
        together.wait()  # breaks unless all ten are here at once
        count("RunsCompleted")

    taken()
    assert per_record(batch(*[{}] * SIDE_BY_SIDE), handle, retry=no_retry) == {"batchItemFailures": []}
    assert taken()[0] == {"RunsCompleted": SIDE_BY_SIDE}


def test_only_what_failed_is_named_and_comes_again_soon() -> None:
    def handle(body: dict[str, Any]) -> None:
        if body["fails"]:
            raise Unavailable("not now")

    waits: dict[str, int] = {}
    answer = per_record(
        batch({"fails": False}, {"fails": True}, "not json", "[]", receives=3), handle, retry=waits.update
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": name} for name in ("m1", "m2", "m3")]}
    assert waits == dict.fromkeys(("r1", "r2", "r3"), 8)


@pytest.mark.parametrize("name", ["attributes", "receiptHandle", "body"])
def test_a_record_that_lacks_a_member_fails_alone(name: str) -> None:
    event = batch("[]", "not json", {})
    del event["Records"][1][name]
    waits: dict[str, int] = {}
    answer = per_record(event, lambda _: None, retry=waits.update)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert waits == ({} if name == "receiptHandle" else {"r1": 2})


@pytest.mark.parametrize("receives", ["", "0", "-1", "x", "1.5", "9" * 5_000, None])
def test_a_count_of_deliveries_that_is_none_is_the_first(receives: Any) -> None:
    event = batch("not json")
    event["Records"][0]["attributes"] = {"ApproximateReceiveCount": receives}
    waits: dict[str, int] = {}
    per_record(event, lambda _: None, retry=waits.update)
    assert waits == {"r0": 2}


def test_a_wait_doubles_up_to_five_minutes() -> None:
    assert [retry_after(receives) for receives in (1, 2, 3, 8, 9, 10, 1000)] == [2, 4, 8, 256, 300, 300, 300]


def test_what_failed_is_named_though_sqs_does_not_answer() -> None:
    def down(_: Mapping[str, int]) -> None:
        raise Unavailable("SQS did not answer")

    assert per_record(batch("not json"), lambda _: None, retry=down)["batchItemFailures"] == [{"itemIdentifier": "m0"}]


def test_the_log_of_a_failed_record_quotes_nothing() -> None:
    def handle(body: dict[str, Any]) -> None:
        raise ValueError(body["input"])  # every test's log is searched for it

    assert per_record(batch({"input": PROMPT}), handle, retry=lambda _: None)["batchItemFailures"]
