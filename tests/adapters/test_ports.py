"""What use cases rely on of the scheduler and the queue, held by the strict fakes, and by the adapters over moto and
over the local stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.adapters.sqs import SqsQueue
from agent_schedules.domain.entries import Entry
from agent_schedules.domain.messages import ContinueRun, Hint, Message, message_of
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.ports import Queue, Scheduler
from moto import mock_aws

from dev.fake_aws.clients import clients
from dev.fake_aws.sqs import LOCAL_QUEUE, sqs_operations
from dev.scheduler.entries import Entries
from tests.support.fakes import FakeQueue, FakeScheduler

TO = Destination("g", "arn:aws:lambda:us-east-1:1:function:r", "arn:aws:iam::1:role/r", "arn:aws:sqs:us-east-1:1:d")
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
RATE = Entry("sched_1", "rate(5 minutes)", "UTC", SOON, delete_after=False, input={"schedule_id": "sched_1"})
AT = Entry("sched_1-7", f"at({SOON:%Y-%m-%dT%H:%M:%S})", "UTC", None, delete_after=True, input={"schedule_id": "s"})


@dataclass
class Under:
    """A scheduler and a way to see what it holds: name to expression."""

    scheduler: Scheduler
    holds: Callable[[], dict[str, str]]


@pytest.fixture(params=["fake", "moto", "local stack"])
def under(request: pytest.FixtureRequest) -> Iterator[Under]:
    if request.param == "fake":
        fake = FakeScheduler(lambda: datetime.now(UTC))
        yield Under(fake, lambda: {name: entry.expression for name, entry in fake.entries.items()})
        return
    if request.param == "local stack":
        entries = Entries(lambda: datetime.now(UTC))
        client = clients({"scheduler": entries.operations})("scheduler")
        yield Under(
            EventBridgeScheduler(client, TO), lambda: {entry.name: entry.expression for entry in entries.snapshot()}
        )
        return
    with mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="g")

        def holds() -> dict[str, str]:
            names = [summary["Name"] for summary in client.list_schedules(GroupName="g")["Schedules"]]
            return {name: client.get_schedule(Name=name, GroupName="g")["ScheduleExpression"] for name in names}

        yield Under(EventBridgeScheduler(client, TO), holds)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_put_makes_it_so_whatever_was_there(under: Under, *, first: bool, second: bool) -> None:
    under.scheduler.put(RATE, expect_new=first)
    assert under.holds() == {"sched_1": "rate(5 minutes)"}
    under.scheduler.put(replace(RATE, expression="rate(7 minutes)"), expect_new=second)
    assert under.holds() == {"sched_1": "rate(7 minutes)"}


def test_a_schedules_entries_coexist_and_removal_repeats(under: Under) -> None:
    under.scheduler.put(RATE, expect_new=True)
    under.scheduler.put(AT, expect_new=True)
    assert set(under.holds()) == {"sched_1", "sched_1-7"}
    for _ in range(2):
        under.scheduler.remove("sched_1")
        assert set(under.holds()) == {"sched_1-7"}


MESSAGES: list[Message] = [
    Hint(Key("local", "agt_1", "sched_1"), 1_774_746_000),
    Hint(Key("local", "agt_1", "sched_1"), None, repair=True),
    ContinueRun(RunKey("local", "agt_1", "run_1"), 3),
    ContinueRun(RunKey("local:ab", "agt_1", "run_1"), 3, "resp_1", 2),
]


@pytest.mark.parametrize("kind", ["fake", "moto", "local stack"])
@pytest.mark.parametrize("count", [1, 4, 24])
def test_every_message_comes_out_as_it_went_in(kind: str, count: int) -> None:
    sent = (MESSAGES * 6)[:count]
    queue: Queue
    if kind == "fake":
        fake = FakeQueue(lambda: SOON)
        fake.send(sent, delay=0)
        received = fake.take_due()
    elif kind == "local stack":
        bodies: list[str] = []
        operations = sqs_operations(lambda _, body, delay: bodies.append(body) if delay == 7 else None, lambda *_: None)
        queue = SqsQueue(clients({"sqs": operations})("sqs"), LOCAL_QUEUE)
        queue.send(sent, delay=7)
        received = [message_of(json.loads(body)) for body in bodies]
    else:
        with mock_aws():
            client = boto3.client("sqs")
            url = client.create_queue(QueueName="q")["QueueUrl"]
            queue = SqsQueue(client, url)
            queue.send(sent, delay=0)
            received = []
            while batch := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                received += [message_of(json.loads(message["Body"])) for message in batch]
    assert sorted(map(str, received)) == sorted(map(str, sent))
