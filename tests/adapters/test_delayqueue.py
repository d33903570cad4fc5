"""The queue adapter on moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.sqs import SqsQueue
from agent_schedules.domain.deliveries import Deliver, DeliveryKey
from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.messages import ContinueJob, ContinueRun, Hint, Message, message_of
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import Unavailable
from agent_schedules.telemetry import hashed
from moto import mock_aws

KEY = Key("local", "agt_1", "sched_1")
MESSAGES: list[Message] = [
    Hint(KEY, 1_774_746_000),
    Hint(KEY, None, repair=True),
    ContinueRun(RunKey("local", "agt_1", "run_1"), 3),
    ContinueRun(RunKey("local", "agt_1", "run_1"), 3, "resp_1", 2),
    ContinueJob(JobKey("local", "job_1")),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="q")["QueueUrl"]
        SqsQueue(client, url).send([message], delay=0)
        (received,) = client.receive_message(QueueUrl=url)["Messages"]
        assert message_of(json.loads(received["Body"])) == message


def recorded(monkeypatch: pytest.MonkeyPatch) -> tuple[SqsQueue, list[dict[str, Any]]]:
    """A queue whose calls go nowhere, and their arguments."""
    client, calls = boto3.client("sqs"), list[dict[str, Any]]()

    def record(_: str, arguments: dict[str, Any]) -> dict[str, Any]:
        calls.append(arguments)
        return {}

    monkeypatch.setattr(client, "_make_api_call", record)
    return SqsQueue(client, "https://q"), calls


@pytest.mark.parametrize("count", [1, 10, 25])
def test_many_messages_go_ten_to_a_call_each_with_the_delay(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    queue, calls = recorded(monkeypatch)
    queue.send([MESSAGES[0]] * count, delay=5000)
    assert len(calls) == -(-count // 10)
    entries = [entry for call in calls for entry in call.get("Entries", [call])]
    assert len(entries) == count
    assert {entry["DelaySeconds"] for entry in entries} == {900}


KINDS: dict[str, Callable[[str], Message | Deliver]] = {
    "hint": lambda owner: Hint(Key(owner, "agt_1", "sched_1"), None),
    "run": lambda owner: ContinueRun(RunKey(owner, "agt_1", "run_1"), 3),
    "job": lambda owner: ContinueJob(JobKey(owner, "job_1")),
}
"""The messages that the tenants share the delay queue for, by owner."""


def groups(monkeypatch: pytest.MonkeyPatch, message: Message | Deliver, count: int) -> set[str]:
    """The groups of that many copies of a message."""
    queue, calls = recorded(monkeypatch)
    queue.send([message] * count, delay=0)
    return {entry["MessageGroupId"] for call in calls for entry in call.get("Entries", [call])}


@pytest.mark.parametrize("count", [1, 25])
@pytest.mark.parametrize("kind", KINDS)
def test_a_message_names_its_tenant_and_only_by_a_hash(monkeypatch: pytest.MonkeyPatch, kind: str, count: int) -> None:
    def of(owner: str) -> set[str]:
        return groups(monkeypatch, KINDS[kind](owner), count)

    (group,) = of("acme")
    # Users of a tenant share its part of the queue, or a tenant could have as many parts as it names users.
    assert of("acme:0f3c") == {group} == {hashed("acme")}
    assert of("other") != {group}
    assert "acme" not in group


@pytest.mark.parametrize("count", [1, 25])
def test_a_delivery_names_its_webhook_and_only_by_a_hash(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    def of(owner: str, webhook: str) -> set[str]:
        return groups(monkeypatch, Deliver(DeliveryKey(owner, webhook, "dlv_1"), 1), count)

    (group,) = of("acme", "whk_1")
    # A webhook whose server is slow holds up no other webhook, not even one of the same tenant.
    assert of("acme", "whk_2") != {group}
    assert of("acme", "whk_1") == {group} == {hashed("whk_1")}
    assert "acme" not in group


def test_a_batch_that_was_taken_in_part_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sqs")
    monkeypatch.setattr(client, "_make_api_call", lambda *_: {"Failed": [{"Id": "1"}]})
    with pytest.raises(Unavailable):
        SqsQueue(client, "https://q").send(MESSAGES, delay=0)


@pytest.mark.parametrize("body", [{}, {"kind": "x"}, {"kind": "hint", "owner": 1}, {"kind": "run", "owner": "a"}])
def test_anything_else_is_no_message(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"kind|validation"):
        message_of(body)


def test_a_message_that_failed_is_seen_again_after_its_wait() -> None:
    with mock_aws():
        client = boto3.client("sqs")
        url = client.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "5400"})["QueueUrl"]
        queue = SqsQueue(client, url)
        queue.send(MESSAGES[:2], delay=0)
        received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        queue.retry({received[0]["ReceiptHandle"]: 0, received[1]["ReceiptHandle"]: 300})
        (again,) = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert again["MessageId"] == received[0]["MessageId"]


def test_waits_go_ten_to_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sqs")
    sizes: list[int] = []
    monkeypatch.setattr(client, "_make_api_call", lambda _, arguments: sizes.append(len(arguments["Entries"])))
    SqsQueue(client, "https://q").retry({str(number): 2 for number in range(25)})
    assert sizes == [10, 10, 5]
