"""The scheduler adapter: the request EventBridge gets is complete, and its answers mean what they should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.domain import entries
from agent_schedules.domain.entries import Entry
from agent_schedules.domain.schedules import Key
from agent_schedules.errors import DefinitionRefused, Unavailable
from agent_schedules.timing.spec import Interval
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from tests.support.times import once_at

TO = Destination(
    "group", "arn:aws:lambda:us-east-1:1:function:runner", "arn:aws:iam::1:role/r", "arn:aws:sqs:us-east-1:1:d"
)
KEY = entries.hint_input(Key("local", "agt_1", "sched_1"))
NOW = int(datetime.now(UTC).timestamp())


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("scheduler")
        client.create_schedule_group(Name="group")
        yield client


def rate(minutes: int = 5) -> Entry:
    """A recurring entry."""
    spec = Interval(minutes * 60, NOW + 600)
    entry = entries.entry_for(spec, schedule_id="sched_1", input=KEY, nominal=NOW + 600, now=NOW)
    assert entry is not None
    return entry


def once() -> Entry:
    """A one-time entry."""
    entry = entries.entry_for(once_at(NOW + 600), schedule_id="sched_2", input=KEY, nominal=NOW + 600, now=NOW)
    assert entry is not None
    return entry


def test_the_entry_is_rendered_whole(client: Any) -> None:
    EventBridgeScheduler(client, TO).put(rate(), expect_new=True)
    stored = client.get_schedule(Name="sched_1", GroupName="group")
    assert stored["ScheduleExpression"] == "rate(5 minutes)"
    assert stored["ScheduleExpressionTimezone"] == "UTC"
    assert stored["StartDate"] == datetime.fromtimestamp(NOW + 600, UTC)
    assert stored["State"] == "ENABLED"
    assert stored["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert stored["ActionAfterCompletion"] == "NONE"
    target = stored["Target"]
    assert (target["Arn"], target["RoleArn"]) == (TO.runner_arn, TO.role_arn)
    assert target["DeadLetterConfig"] == {"Arn": TO.dead_letter_arn}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 30, "MaximumEventAgeInSeconds": 3600}
    assert json.loads(target["Input"]) == KEY
    assert set(KEY) == {"v", "owner", "agent_id", "schedule_id", "scheduled_time", "execution_id", "attempt"}
    assert "<aws.scheduler.scheduled-time>" in target["Input"]  # unescaped, or EventBridge does not see it


def test_only_a_one_time_entry_removes_itself(client: Any) -> None:
    EventBridgeScheduler(client, TO).put(once(), expect_new=True)
    stored = client.get_schedule(Name="sched_2", GroupName="group")
    expected = (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=600)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    assert (stored["ScheduleExpression"], stored["ActionAfterCompletion"]) == (expected, "DELETE")


@pytest.mark.parametrize("expect_new", [True, False])
def test_put_makes_the_entry_so_whether_it_was_there_or_not(client: Any, *, expect_new: bool) -> None:
    scheduler = EventBridgeScheduler(client, TO)
    scheduler.put(rate(5), expect_new=expect_new)
    scheduler.put(rate(7), expect_new=expect_new)
    assert client.get_schedule(Name="sched_1", GroupName="group")["ScheduleExpression"] == "rate(7 minutes)"
    assert len(client.list_schedules(GroupName="group")["Schedules"]) == 1


def test_an_update_always_sends_the_state() -> None:
    assert EventBridgeScheduler(boto3.client("scheduler"), TO).request(rate())["State"] == "ENABLED"


def test_removing_what_is_not_there_is_fine(client: Any) -> None:
    scheduler = EventBridgeScheduler(client, TO)
    scheduler.put(rate(), expect_new=True)
    scheduler.remove("sched_1")
    scheduler.remove("sched_1")
    assert client.list_schedules(GroupName="group")["Schedules"] == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            ClientError({"Error": {"Code": "ValidationException", "Message": "Invalid Schedule Expression x."}}, "C"),
            DefinitionRefused,
        ),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "C"), Unavailable),
        (ClientError({"Error": {"Code": "ServiceQuotaExceededException", "Message": "quota"}}, "C"), Unavailable),
        (ClientError({"Error": {"Code": "InternalServerException", "Message": "oops"}}, "C"), Unavailable),
        (ReadTimeoutError(endpoint_url="https://scheduler"), Unavailable),
    ],
)
def test_refusals_of_the_definition_differ_from_bad_days(
    monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[Exception]
) -> None:
    client = boto3.client("scheduler")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(client, "_make_api_call", fail)
    with pytest.raises(expected):
        EventBridgeScheduler(client, TO).put(rate(), expect_new=True)
    if expected is Unavailable:
        with pytest.raises(Unavailable):
            EventBridgeScheduler(client, TO).remove("sched_1")
