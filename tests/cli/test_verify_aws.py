"""`verify-aws` on moto, which accepts everything and fires nothing: the test plays EventBridge while it sleeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from agent_schedules_cli.operator.verify_aws import Account, Findings, verify


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


class Quotas:
    """Service Quotas, which moto does not know for the scheduler."""

    def get_paginator(self, _: str) -> Quotas:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Quotas": [{"QuotaName": "CreateSchedule request rate", "Value": 250.0}]}]


class Played(Account):
    """Time passes when it sleeps, and each one-time entry whose time came fires once."""

    wait_seconds = 0

    def __init__(self, *, fails_at: int | None = None, silent: bool = False) -> None:
        session: Any = boto3.Session()
        self.moment = datetime.now(UTC)
        super().__init__(session.client, sleep=self._pass, now=lambda: self.moment)
        self.quotas = Quotas()
        self._fired: set[str] = set()
        self._fails_at, self._calls, self._silent, self._playing = fails_at, 0, silent, False
        for client in (self._scheduler, self._sqs, self._iam):
            client.meta.events.register("before-call", self._maybe_fail)

    def _maybe_fail(self, model: Any, **_: Any) -> None:
        if self._fails_at is None or self._playing or model.name.startswith("Delete"):
            return
        self._calls += 1
        if self._calls == self._fails_at:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, model.name)

    def _pass(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        if not self._silent:
            self._playing = True
            self._fire()
            self._playing = False

    def _fire(self) -> None:
        for summary in self._scheduler.list_schedules(GroupName=self.name)["Schedules"]:
            entry = self._scheduler.get_schedule(Name=summary["Name"], GroupName=self.name)
            if not entry["ScheduleExpression"].startswith("at("):
                continue
            due = datetime.fromisoformat(entry["ScheduleExpression"][3:-1]).replace(tzinfo=UTC)
            if due > self.moment or summary["Name"] in self._fired:
                continue
            self._fired.add(summary["Name"])
            missing = entry["Target"]["Arn"] != self.queue_arn
            body = entry["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", f"{due:%Y-%m-%dT%H:%M:%SZ}")
            self._sqs.send_message(QueueUrl=self.dead if missing else self.queue, MessageBody=body)

    def remaining(self) -> list[str]:
        """Return the resources that it did not remove."""
        self._playing = True
        queues = self._sqs.list_queues(QueueNamePrefix=self.name).get("QueueUrls", [])
        groups = [group["Name"] for group in self._scheduler.list_schedule_groups()["ScheduleGroups"]]
        roles = [role["RoleName"] for role in self._iam.list_roles()["Roles"]]
        return [*queues, *(name for name in [*groups, *roles] if name == self.name)]


def untold(question: str, answer: str) -> None:
    """Tell no person."""


def answer(findings: Findings, question: str) -> str:
    """The one answer to the question that begins so."""
    (found,) = [text for asked, text in findings.answers if asked.startswith(question)]
    return found


def test_answers_follow_from_what_aws_did() -> None:
    account = Played()
    findings = verify(account, untold)
    assert answer(findings, "A reversed range of hours") == "accepted"
    assert answer(findings, "Two Mondays of the month? cron(0 0 ? * 2#1,2#3 *)") == "accepted"
    assert answer(findings, "Another create with the same name").startswith("ConflictException")
    assert answer(findings, "Quota: CreateSchedule request rate") == "250"
    assert answer(findings, "Latency of one-time entries").startswith("10 of 10; least/median/most ")
    assert '"probe": "lost"' in answer(findings, "The dead letter of an entry")
    assert answer(findings, "scheduled-time of a rate()") == "never fired"
    assert answer(findings, "Fires that came more than once").startswith("0 of 1")
    assert account.remaining() == []


def test_silence_is_an_answer() -> None:
    findings = verify(Played(silent=True), untold)
    assert answer(findings, "Latency of one-time entries") == "none of 10 fired"
    assert answer(findings, "A one-time entry whose time has passed") == "accepted; never fired"
    assert answer(findings, "The dead letter of an entry") == "none within the watch"


@pytest.mark.parametrize("call", [1, *(pytest.param(call, marks=pytest.mark.slow) for call in range(2, 7)), 7, 8])
def test_any_refusal_of_aws_leaves_nothing_behind(call: int) -> None:
    account = Played(fails_at=call)
    try:
        verify(account, untold)
    except ClientError:
        assert call <= 7  # while it prepares; later a refusal is an answer
    else:
        assert call > 7
    assert account.remaining() == []


def test_resource_that_cannot_be_deleted_is_named() -> None:
    def denied(model: Any, **_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, model.name)

    account = Played(silent=True)
    account._iam.meta.events.register("before-call.iam.DeleteRole", denied)
    assert answer(verify(account, untold), "Not deleted") == f"role {account.name}"
    assert account.remaining() == [account.name]
