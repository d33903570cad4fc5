"""The audit finds and repairs each difference between table and EventBridge, over the real adapters on moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.domain.entries import entry_for
from agent_schedules.domain.schedules import Schedule
from agent_schedules.schemas.controls import PauseBody
from agent_schedules.schemas.requests import CreateScheduleBody, UpdateScheduleBody
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.store import Store
from agent_schedules.timestamps import stamp
from moto import mock_aws

from agent_schedules_cli.doctor.audit import Finding, compared, entries_of, repaired, rows_of, schedules_in
from dev.template import table_definition
from tests.support.copy_to_moto import copy_to_moto
from tests.support.world import World

pytestmark = pytest.mark.slow

TO = Destination(
    "group", "arn:aws:lambda:us-east-1:1:function:runner", "arn:aws:iam::1:role/r", "arn:aws:sqs:us-east-1:1:d"
)
SPECS: dict[str, dict[str, Any]] = {
    "once": {"type": "once", "run_at": "2099-01-01T00:00:00Z"},
    "rate": {"type": "interval", "interval_seconds": 7200},
    "look-ahead": {"type": "interval", "interval_seconds": 581_769},
    "cron": {"type": "cron", "cron_expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"},
}


class Killed(BaseException):
    """The process is gone."""


class Deployment:
    """The real stores and adapters on moto, and a clock near the present, which is moto's."""

    def __init__(self) -> None:
        dynamodb, self.scheduler = boto3.client("dynamodb"), boto3.client("scheduler")
        dynamodb.create_table(TableName="table", **table_definition())
        self.scheduler.create_schedule_group(Name="group")
        self.dynamodb = dynamodb
        start = datetime.now(UTC).replace(microsecond=0)
        self.world = World(start.isoformat())
        self.world.ports = replace(
            self.world.ports,
            store=Store(DynamoTable(dynamodb, "table")),
            scheduler=EventBridgeScheduler(self.scheduler, TO),
        )
        self.fatal = False
        for call in ("CreateSchedule", "UpdateSchedule", "DeleteSchedule"):
            self.scheduler.meta.events.register(f"provide-client-params.scheduler.{call}", self._maybe_die)

    def _maybe_die(self, **_: Any) -> None:
        if self.fatal:
            raise Killed

    def findings(self) -> list[Finding]:
        """Return the findings of an audit."""
        rows = schedules_in(rows_of(self.dynamodb, "table"))
        return compared(list(rows), entries_of(self.scheduler, "group"), self.world.now)

    def create(self, spec: dict[str, Any], **body: Any) -> Schedule:
        """A schedule of a new agent."""
        return self.world.create(spec, **body)

    def killed_in(self, change: Callable[[], Any]) -> None:
        """A change whose process dies between its commit and EventBridge."""
        self.fatal = True
        with suppress(Killed):
            change()
        self.fatal = False


@pytest.fixture
def deployed() -> Iterator[Deployment]:
    with mock_aws():
        yield Deployment()


@pytest.mark.parametrize("spec", SPECS)
def test_what_was_made_undisturbed_agrees(deployed: Deployment, spec: str) -> None:
    deployed.create(SPECS[spec])
    assert deployed.findings() == []


@pytest.mark.parametrize("spec", SPECS)
def test_a_missing_entry_is_found_and_repaired(deployed: Deployment, spec: str) -> None:
    schedule = deployed.create(SPECS[spec])
    (name,) = entries_of(deployed.scheduler, "group")
    deployed.scheduler.delete_schedule(Name=name, GroupName="group")
    (finding,) = deployed.findings()
    assert (finding.kind, finding.name, finding.key) == ("missing", name, schedule.key)
    repaired(deployed.world.ports, finding)
    assert deployed.findings() == []


def test_a_rate_out_of_phase_is_found_and_repaired(deployed: Deployment) -> None:
    schedule = deployed.create(SPECS["rate"])
    name = schedule.key.schedule_id
    stored = deployed.scheduler.get_schedule(Name=name, GroupName="group")
    request: Any = {
        one: stored[one] for one in ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    }
    deployed.scheduler.update_schedule(**request, State="ENABLED", StartDate=stored["StartDate"] + timedelta(minutes=7))
    (finding,) = deployed.findings()
    assert (finding.kind, "grid" in finding.detail) == ("different", True)
    repaired(deployed.world.ports, finding)
    assert deployed.findings() == []


def test_a_cron_that_starts_too_late_is_repaired(deployed: Deployment) -> None:
    begins = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    schedule = deployed.create(SPECS["cron"], policies={"start_at": begins})
    name = schedule.key.schedule_id
    assert deployed.findings() == []
    stored = deployed.scheduler.get_schedule(Name=name, GroupName="group")
    assert stored["StartDate"] > datetime.now(UTC) + timedelta(days=89)
    request: Any = {
        one: stored[one]
        for one in (
            "Name",
            "GroupName",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "FlexibleTimeWindow",
            "Target",
        )
    }
    deployed.scheduler.update_schedule(**request, State="ENABLED", StartDate=stored["StartDate"] + timedelta(days=9))
    (finding,) = deployed.findings()
    assert (finding.kind, "after the next occurrence" in finding.detail) == ("different", True)
    repaired(deployed.world.ports, finding)
    assert deployed.findings() == []


def test_disabled_or_different_entry_is_repaired(deployed: Deployment) -> None:
    schedule = deployed.create(SPECS["cron"])
    name = schedule.key.schedule_id
    stored = deployed.scheduler.get_schedule(Name=name, GroupName="group")
    request: Any = {one: stored[one] for one in ("Name", "GroupName", "FlexibleTimeWindow", "Target")}
    changes: list[tuple[Any, str]] = [("DISABLED", stored["ScheduleExpression"]), ("ENABLED", "rate(1 hours)")]
    for state, expression in changes:
        deployed.scheduler.update_schedule(
            **request, State=state, ScheduleExpression=expression, ScheduleExpressionTimezone="Europe/Lisbon"
        )
        (finding,) = deployed.findings()
        assert finding.kind == "different"
        repaired(deployed.world.ports, finding)
        assert deployed.findings() == []


def test_a_stray_entry_is_found_and_removed(deployed: Deployment) -> None:
    schedule = deployed.create(SPECS["cron"])
    key = schedule.key
    schedule_service.pause_schedule(deployed.world.ports, deployed.world.call, key.agent_id, key.schedule_id)
    deployed.world.ports.scheduler.put(_entry(schedule, deployed.world.now), expect_new=True)
    (finding,) = deployed.findings()
    assert (finding.kind, finding.name) == ("stray", key.schedule_id)
    repaired(deployed.world.ports, finding)
    assert (deployed.findings(), entries_of(deployed.scheduler, "group")) == ([], {})


def test_the_end_of_a_pause_has_its_own_entry(deployed: Deployment) -> None:
    schedule = deployed.create(SPECS["cron"])
    key, until = schedule.key, deployed.world.now + 7200
    body = PauseBody.model_validate({"until": stamp(until)})
    at = deployed.world.ports, deployed.world.call, key.agent_id, key.schedule_id
    schedule_service.pause_schedule(*at, body)
    assert deployed.findings() == []
    deployed.scheduler.delete_schedule(Name=f"{key.schedule_id}-{until}", GroupName="group")
    (finding,) = deployed.findings()
    assert (finding.kind, finding.name) == ("missing", f"{key.schedule_id}-{until}")
    repaired(deployed.world.ports, finding)
    assert deployed.findings() == []
    deployed.killed_in(lambda: schedule_service.pause_schedule(*at, PauseBody(reason="Longer")))
    assert [finding.kind for finding in deployed.findings()] == ["stray"]


def _entry(schedule: Schedule, now: int) -> Any:
    nominal = schedule.state.next_run_at
    assert nominal is not None
    return entry_for(
        schedule.definition.timing, schedule_id=schedule.key.schedule_id, input={"v": 1}, nominal=nominal, now=now
    )


@pytest.mark.parametrize("spec", ["rate", "cron"])
def test_crash_before_eventbridge_call_is_repaired(deployed: Deployment, spec: str) -> None:
    world = deployed.world
    deployed.killed_in(lambda: world.create(SPECS[spec]))
    assert [finding.kind for finding in deployed.findings()] == ["missing"]
    (schedule,) = schedules_in(rows_of(deployed.dynamodb, "table"))
    at = (schedule.key.agent_id, schedule.key.schedule_id)
    overdue(deployed, schedule)
    assert deployed.findings() == []

    retimed = UpdateScheduleBody.model_validate({"schedule": {"type": "interval", "interval_seconds": 10_800}})
    deployed.killed_in(lambda: schedule_service.update_schedule(world.ports, world.call, *at, retimed))
    assert [finding.kind for finding in deployed.findings()] == ["different"]
    overdue(deployed, schedule)
    assert deployed.findings() == []

    deployed.killed_in(lambda: schedule_service.pause_schedule(world.ports, world.call, *at))
    assert [finding.kind for finding in deployed.findings()] == ["stray"]
    world.hint(schedule, world.now)
    assert deployed.findings() == []

    deployed.killed_in(lambda: schedule_service.resume_schedule(world.ports, world.call, *at))
    assert [finding.kind for finding in deployed.findings()] == ["missing"]
    overdue(deployed, schedule)
    assert deployed.findings() == []

    deployed.killed_in(lambda: schedule_service.delete_schedule(world.ports, world.call, *at))
    assert [finding.kind for finding in deployed.findings()] == ["stray"]
    world.hint(schedule, world.now)
    assert deployed.findings() == []


def overdue(deployed: Deployment, schedule: Schedule) -> None:
    """Time passes until the reconciler sees the schedule, and it does its work."""
    world = deployed.world
    key = schedule.key
    found = schedule_service.get_schedule(world.ports, world.caller, key.agent_id, key.schedule_id)
    due = found.state.next_run_at
    assert due is not None
    world.clock.advance(due + 1800 - world.now)
    assert world.sweep() >= 1
    world.work()


def test_everything_is_compared(deployed: Deployment) -> None:
    world = deployed.world
    world.ports = replace(world.ports, store=Store(world.table))
    agent = world.agent()
    body = CreateScheduleBody.model_validate({"schedule": SPECS["rate"], "input": "x"})
    for _ in range(120):  # more than a page of ListSchedules
        schedule_service.create_schedule(world.ports, world.call, agent.id, body)
    copy_to_moto(world, DynamoTable(deployed.dynamodb, "table"))
    assert (len(entries_of(deployed.scheduler, "group")), deployed.findings()) == (120, [])
