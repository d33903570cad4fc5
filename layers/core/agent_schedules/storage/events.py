"""Derive events about runs, schedules and occurrences from changes of the table's rows. Pure.

The table's stream delivers each committed change at least once and in the order of its row. So no event precedes its
commit or is lost in a crash, and publishing never delays a run (docs/reference/events.md). Events hold ids, states and
reasons only; prompts and outputs stay in the table.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.domain.runs import TERMINAL
from agent_schedules.storage.table import Item

SOURCE = "agent-schedules"
LONGEST = 1_000  # characters of a string; keys have at most 1,024 bytes
LATEST = 253_402_300_799  # UTC seconds: the end of the year 9999


@dataclass(frozen=True)
class Event:
    """One event of EventBridge."""

    kind: str
    """Its detail type, such as `run.completed`."""
    detail: dict[str, Any]


def events_of(before: Item | None, after: Item | None) -> list[Event]:
    """Return the events of a change of one row, given before and after.

    Raises ValueError for a row that no release of this service wrote.
    """
    if after is None:
        return []
    match _text(after, "sk").split("#"):
        case ["R", _]:
            return _of_run(before, after)
        case ["S" | "XS" as kind, schedule_id, "s"] if "status" in after:
            return _of_schedule(kind, schedule_id, before, after)
        case ["O", schedule_id, _] if before is None and "rest" not in after:
            verb = f"occurrence.{_text(after, 'outcome')}"
            return [_event(verb, after, schedule_id=schedule_id, **_record(after))]
        case _:
            return []


def _of_run(before: Item | None, after: Item) -> list[Event]:
    status = _text(after, "status")
    if before is not None and (before.get("status") == status or status not in TERMINAL):
        return []
    detail: dict[str, Any] = {
        "run_id": _text(after, "run_id"),
        "schedule_id": _text(after, "schedule_id") if "schedule_id" in after else None,
        "trigger": _text(after, "trigger"),
        "status": status,
        "agent_version": _whole(after, "agent_version"),
        "scheduled_for": _time(after, "scheduled_for"),
        "completed_at": _text(after, "completed_at") if "completed_at" in after else None,
    }
    announced = [] if before is not None else [_event("run.created", after, **detail)]
    return [*announced, _event(f"run.{status}", after, **detail)] if status in TERMINAL else announced


def _of_schedule(kind: str, schedule_id: str, before: Item | None, after: Item) -> list[Event]:
    verb = _verb(kind, before, after)
    if verb is None:
        return []
    detail = {
        "status": _text(after, "status"),
        "generation": _whole(after, "generation"),
        "run_count": _whole(after, "run_count"),
        "next_run_at": _time(after, "next_run_at"),
    }
    return [_event(f"schedule.{verb}", after, schedule_id=schedule_id, **detail)]


def _verb(kind: str, before: Item | None, after: Item) -> str | None:
    """Return the verb of a schedule's event. None for a change by an occurrence, which has the events of its run."""
    if kind == "XS":
        return "deleted" if before is None else None
    if before is None:
        return "created"
    was, status = before.get("status"), _text(after, "status")
    if was != status:
        return {"paused": "paused", "active": "resumed", "completed": "completed"}.get(status)
    return "updated" if before.get("generation") != _whole(after, "generation") else None


def _record(after: Item) -> dict[str, Any]:
    return {
        "reason": _text(after, "reason"),
        "scheduled_for": _time(after, "first"),
        "until": _time(after, "last"),
        "count": _whole(after, "count"),
    }


def _event(kind: str, row: Item, **detail: Any) -> Event:
    pk, sk = _text(row, "pk"), _text(row, "sk")
    owner, _, agent_id = pk.rpartition("#")
    tenant, _, user = owner.partition(":")
    version = str(_whole(row, "rev" if "rev" in row else "first"))  # the same change delivered twice has the same id
    key = hashlib.sha256("/".join([pk, sk, version, kind]).encode()).hexdigest()
    about = {"id": f"evt_{key[:32]}", "tenant": tenant, "user_sha256": user or None, "agent_id": agent_id}
    return Event(kind, about | detail)


def _text(row: Item, name: str) -> str:
    """Return a string of the row that any JSON can hold. Raises ValueError."""
    value = row.get(name)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{name} is not a string of ours")
    value.encode()  # raises a ValueError for an unpaired surrogate
    return value


def _whole(row: Item, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or not 0 <= value <= LATEST:
        raise ValueError(f"{name} is not a number of ours")
    return value


def _time(row: Item, name: str) -> str | None:
    if name not in row:
        return None
    return datetime.fromtimestamp(_whole(row, name), UTC).isoformat().replace("+00:00", "Z")
