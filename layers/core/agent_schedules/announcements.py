"""What the world is told of: changes of runs, schedules and occurrences, read off the table's own changes. Pure.

The table's stream delivers each committed change at least once and in the order of its row, so an announcement can
neither precede its commit nor be lost with a process, and telling never holds up a run (docs/events.md). Ids, states
and reasons only: prompts and outputs stay in the table.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.runs import TERMINAL
from agent_schedules.table import Item

SOURCE = "agent-schedules"


@dataclass(frozen=True)
class Announcement:
    """One event of EventBridge."""

    kind: str
    """Its detail type, such as `run.completed`."""
    detail: dict[str, Any]


def announcements_of(before: Item | None, after: Item | None) -> list[Announcement]:
    """What a change of one row, given as it was and as it is, says to the world."""
    row = after or before
    if row is None:
        return []
    kind, *rest = str(row["sk"]).split("#")
    match kind:
        case "R" if after is not None:
            return _of_run(before, after)
        case "S" | "XS" if rest[-1] == "s" and after is not None and "status" in after:
            return _of_schedule(kind, rest[0], before, after)
        case "O" if before is None and after is not None:
            return [_announced(f"occurrence.{after['outcome']!s}", after, schedule_id=rest[0], **_record(after))]
        case _:
            return []


def _of_run(before: Item | None, after: Item) -> list[Announcement]:
    status = str(after["status"])
    if before is not None and (before["status"] == status or status not in TERMINAL):
        return []
    detail: dict[str, Any] = {
        "run_id": after["run_id"],
        "schedule_id": after.get("schedule_id"),
        "trigger": after["trigger"],
        "status": status,
        "agent_version": after["agent_version"],
        "scheduled_for": _time(after.get("scheduled_for")),
        "completed_at": after.get("completed_at"),
    }
    announced = [] if before is not None else [_announced("run.created", after, **detail)]
    return [*announced, _announced(f"run.{status}", after, **detail)] if status in TERMINAL else announced


def _of_schedule(kind: str, schedule_id: str, before: Item | None, after: Item) -> list[Announcement]:
    verb = _verb(kind, before, after)
    if verb is None:
        return []
    detail = {name: after[name] for name in ("status", "generation", "run_count")}
    following = _time(after.get("next_run_at"))
    return [_announced(f"schedule.{verb}", after, schedule_id=schedule_id, **detail, next_run_at=following)]


def _verb(kind: str, before: Item | None, after: Item) -> str | None:
    """What happened to a schedule, if it is worth telling: an occurrence alone is its run's affair."""
    if kind == "XS":
        return "deleted" if before is None else None
    if before is None:
        return "created"
    was, status = before.get("status"), after["status"]
    if was != status:
        return {"paused": "paused", "active": "resumed", "completed": "completed"}.get(str(status))
    return "updated" if before.get("generation") != after["generation"] else None


def _record(after: Item) -> dict[str, Any]:
    return {
        "reason": after["reason"],
        "scheduled_for": _time(after["first"]),
        "until": _time(after["last"]),
        "count": after["count"],
    }


def _announced(kind: str, row: Item, **detail: Any) -> Announcement:
    owner, _, agent_id = str(row["pk"]).rpartition("#")
    tenant, _, user = owner.partition(":")
    version = str(row.get("rev", row.get("first", 0)))  # the same change delivered twice has the same id
    key = hashlib.sha256("/".join([str(row["pk"]), str(row["sk"]), version, kind]).encode()).hexdigest()
    about = {"id": f"evt_{key[:32]}", "tenant": tenant, "user_sha256": user or None, "agent_id": agent_id}
    return Announcement(kind, about | detail)


def _time(instant: Any) -> str | None:
    return None if instant is None else datetime.fromtimestamp(int(instant), UTC).isoformat().replace("+00:00", "Z")
