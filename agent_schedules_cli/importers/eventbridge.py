"""Translate schedules of EventBridge Scheduler, as `aws scheduler get-schedule` prints them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agent_schedules.errors import InvalidRequest

from agent_schedules_cli.fleet_file.keys import slug
from agent_schedules_cli.importers.aws_expression import translate
from agent_schedules_cli.importers.bounds import bounded, moment, text_of
from agent_schedules_cli.importers.drafts import Drafts, display_name
from agent_schedules_cli.importers.report import Imported, Report

LONGEST_SPREAD = 900
DEFAULT_AGE = 86_400  # seconds that AWS retries a delivery
_KNOWN = {
    "ActionAfterCompletion", "Arn", "CreationDate", "Description", "EndDate", "FlexibleTimeWindow", "GroupName",
    "LastModificationDate", "Name", "ResponseMetadata", "ScheduleExpression", "ScheduleExpressionTimezone",
    "StartDate", "State", "Target",
}  # fmt: skip


def from_eventbridge(schedules: list[dict[str, Any]], *, now: datetime, model: str) -> Imported:
    """Return the file of schedules. Each group becomes an agent."""
    drafts = Drafts(Report("eventbridge"), now, model)
    for position, one in enumerate(schedules):
        where = str(one.get("Name") or f"schedule {position + 1}")
        try:
            _add(drafts, one, where, now)
        except (ValueError, OverflowError, InvalidRequest) as error:
            drafts.report.left_out.append((where, str(error)))
        except (TypeError, AttributeError, KeyError) as error:
            drafts.report.left_out.append((where, f"is not as `aws scheduler get-schedule` prints it: {error}"))
    return drafts.imported()


def _add(drafts: Drafts, one: dict[str, Any], where: str, now: datetime) -> None:
    if "ScheduleExpression" not in one:
        raise ValueError("has no ScheduleExpression: `aws scheduler get-schedule` prints it, `list-schedules` does not")
    timezone = one.get("ScheduleExpressionTimezone") or "UTC"
    found = translate(one["ScheduleExpression"])
    start, end = (_time(one.get(name)) for name in ("StartDate", "EndDate"))
    differs: list[str] = []
    timing = found.timing | {"timezone": timezone}
    policies: dict[str, Any] = {}
    if timing["type"] == "interval":
        first = start or _time(one.get("CreationDate"))
        if first is not None:
            timing["start_at"] = text_of(first.replace(microsecond=0))
        else:
            differs.append("has neither StartDate nor CreationDate: the first run is one interval after `apply`")
        start = None
    if timing["type"] != "once":
        policies = bounded(start, end, found.years, timezone, now)
    policies |= _of_window(one, differs) | _of_retries(one.get("Target") or {}, differs)
    group = one.get("GroupName") or "default"
    schedule = {
        "key": slug(where, "schedule"),
        "name": display_name(where),
        "paused": one.get("State") == "DISABLED",
        "schedule": timing,
        "input": _input(one, differs),
        "policies": policies,
    }
    agent: dict[str, Any] = {"key": slug(group, "default"), "name": display_name(group)}
    if drafts.add(agent, schedule, where):
        differs += _not_carried(one)
        drafts.report.differs += [(where, said) for said in differs]


def _time(value: Any) -> datetime | None:
    return None if value is None else moment(value).astimezone(UTC)


def _of_window(one: dict[str, Any], differs: list[str]) -> dict[str, Any]:
    """Return the policy of a flexible time window."""
    window = one.get("FlexibleTimeWindow") or {}
    if window.get("Mode") != "FLEXIBLE":
        return {}
    minutes = int(window["MaximumWindowInMinutes"])
    spread = min(minutes * 60, LONGEST_SPREAD)
    if spread < minutes * 60:
        differs.append(f"a flexible window of {minutes} minutes is cut to {spread // 60}, the longest `spread_seconds`")
    return {"spread_seconds": spread}


def _of_retries(target: dict[str, Any], differs: list[str]) -> dict[str, Any]:
    """Return the policy of how late a delivery may be."""
    retry = target.get("RetryPolicy") or {}
    age = retry.get("MaximumEventAgeInSeconds", DEFAULT_AGE)
    if "MaximumRetryAttempts" in retry:
        attempts = retry["MaximumRetryAttempts"]
        differs.append(f"MaximumRetryAttempts {attempts}: the service decides itself how often it retries a run")
    return {"misfire_grace_seconds": age} if age != DEFAULT_AGE else {}


def _input(one: dict[str, Any], differs: list[str]) -> str:
    target = one.get("Target") or {}
    text = target.get("Input") or one.get("Description") or one.get("Name") or "schedule"
    if not target.get("Input"):
        differs.append("its target has no Input: the input is its description or name; write what the agent is to do")
    if "<aws.scheduler." in text:
        differs.append("the input names `<aws.scheduler…>`, which AWS replaces with the time or the id; here it stays")
    return str(text)


def _not_carried(one: dict[str, Any]) -> list[str]:
    """Return what has no counterpart here."""
    target = one.get("Target") or {}
    found = []
    if target.get("Arn"):
        role = f" as {target['RoleArn']}" if target.get("RoleArn") else ""
        found.append(f"AWS invokes {target['Arn']}{role}; here an agent gets the input")
    if target.get("DeadLetterConfig"):
        found.append("its dead-letter queue is not carried over; failed runs are recorded")
    others = sorted(target.keys() - {"Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"})
    others += sorted(one.keys() - _KNOWN)
    if others:
        found.append(f"{', '.join(others)}: not carried over")
    if one.get("ActionAfterCompletion") == "DELETE":
        found.append("AWS deletes it after its last run; here it stays, as `completed`")
    return found
