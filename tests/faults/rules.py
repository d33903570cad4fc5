"""What policies mean, worked out from their documentation: nothing here is the service's own code for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from agent_schedules.timing.zones import zone

Definition = dict[str, Any]
"""A canonical `schedule` object, with its `policies` where it has any that are not the defaults."""
ABOUT_RUNS = {"max_runs", "overlap", "misfire", "misfire_grace_seconds", "timeout_seconds", "run_retention_days"}
ABOUT_RUNS |= {"alert_after_seconds"}
"""Policies that leave the nominal times, and when each is due, as they are."""
ON_TIME = 120  # seconds
MOST_LATE = 100
MOST_CLOSED = 50  # records of one change; the last has one reason for all that is left


def definition_in(item: Mapping[str, Any]) -> Definition:
    """The definition in a row."""
    body: dict[str, Any] = json.loads(str(item["body"]))
    more = {"policies": body["policies"]} if body.get("policies") else {}
    return {**body["schedule"], **more}


def policy(definition: Definition, name: str, default: Any = None) -> Any:
    """One policy of a definition."""
    return definition.get("policies", {}).get(name, default)


def timing(definition: Definition) -> Definition:
    """A definition without its policies, and without what was handed over to it."""
    return {name: value for name, value in definition.items() if name not in {"policies", "handover"}}


def times_of(definition: Definition) -> Definition:
    """The part of a definition that says when it is due."""
    known: dict[str, Any] = definition.get("policies", {})
    about = {name: value for name, value in known.items() if name not in ABOUT_RUNS}
    return {**timing(definition), **({"policies": about} if about else {})}


def serial(definition: Definition) -> bool:
    """Whether its runs may not overlap."""
    return bool(policy(definition, "overlap", "allow") != "allow")


def within(definition: Definition, nominal: int) -> bool:
    """Whether a time of the timing is within the bounds, both included."""
    start, end = policy(definition, "start_at"), policy(definition, "end_at")
    if start is not None and nominal < datetime.fromisoformat(start).timestamp():
        return False
    return end is None or nominal <= datetime.fromisoformat(end).timestamp()


def hidden(definition: Definition, skips: tuple[int, ...], nominal: int) -> str | None:
    """Why a nominal time makes no run: a caller's skip, or the date on the clocks of its zone."""
    if nominal in skips:
        return "skip_requested"
    excluded: list[str] = policy(definition, "exclude", [])
    if not excluded:
        return None
    day = datetime.fromtimestamp(nominal, zone(definition.get("timezone", "UTC"))).date()
    for text in excluded:
        first, _, last = text.partition("/")
        if date.fromisoformat(first) <= day <= date.fromisoformat(last or first):
            return "excluded"
    return None


def remembered(state: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a state row remembers for its policies."""
    found: dict[str, Any] = json.loads(str(state["policy_state"])) if state and "policy_state" in state else {}
    return found


def skips_of(state: Mapping[str, Any] | None) -> tuple[int, ...]:
    """The times that a caller asked to skip."""
    return tuple(remembered(state).get("skips", ()))


def due_of(row: Mapping[str, Any], nominal: int) -> int:
    """When the occurrence of a run was due, or that of a state is."""
    due = row.get("due_at", remembered(row).get("due_at"))
    return nominal if due is None else int(due)


def pause_end(state: Mapping[str, Any] | None) -> int | None:
    """The second at which a paused schedule resumes by itself."""
    until = (remembered(state).get("pause") or {}).get("until") if state and state["status"] == "paused" else None
    return None if until is None else int(until)
