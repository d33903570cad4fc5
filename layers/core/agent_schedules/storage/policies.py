"""Policies in the table: those of a definition, and what a state row remembers for them. Pure.

Both are stored only where they differ from the defaults. A schedule without policies pays nothing for them.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from agent_schedules.domain.expiry import Kept
from agent_schedules.domain.policies import NO_POLICIES, DateRange, Policies
from agent_schedules.domain.schedules import Backfill, Pause, State
from agent_schedules.domain.silence import Watch
from agent_schedules.domain.timetable import Handover
from agent_schedules.storage.json_text import json_text
from agent_schedules.timestamps import text_of


def policies_json(policies: Policies) -> dict[str, Any]:
    """Return the stored form: the fields that differ from the defaults."""
    found: dict[str, Any] = {}
    for field in fields(Policies):
        value = getattr(policies, field.name)
        if value != getattr(NO_POLICIES, field.name):
            found[field.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return text_of(value)
    return [str(days) for days in value] if isinstance(value, tuple) else value


def policies_of(stored: dict[str, Any]) -> Policies:
    """Return the policies in their stored form."""
    values = dict(stored)
    for name in ("start_at", "end_at"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    if "exclude" in values:
        values["exclude"] = tuple(DateRange.parse(text) for text in values["exclude"])
    return Policies(**values)


def policy_state_text(state: State) -> str | None:
    """Return the stored form of what a state remembers for its policies and controls; None where that is nothing."""
    found: dict[str, Any] = {
        "due_at": state.due_at,
        "last_due_at": state.last_due_at,
        "skips": state.skips,
        "other_runs": state.other_runs,
        "open_run_id": state.open_run_id,
        "waiting": state.waiting,
        "replacing": state.replacing,
        "backfill": None if state.backfill is None else vars(state.backfill),
        "handover": None if state.handover is None else vars(state.handover),
        "kept": {name: value for name, value in vars(state.kept).items() if value},
        "pause": None if state.pause is None else _pause_json(state.pause),
        "watch": None if state.watch is None else _watch_json(state.watch),
    }
    present = {name: value for name, value in found.items() if value}
    return json_text(present) if present else None


def _watch_json(watch: Watch) -> dict[str, Any]:
    return {name: value for name, value in vars(watch).items() if value is not None}


def _pause_json(pause: Pause) -> dict[str, Any]:
    stored = {**vars(pause), "since": text_of(pause.since)}
    if pause.earlier is not None:
        stored["earlier"] = _pause_json(pause.earlier)
    return {name: value for name, value in stored.items() if value or name not in {"job", "of_all", "earlier"}}


def _pause_of(stored: dict[str, Any]) -> Pause:
    values = {**stored, "since": datetime.fromisoformat(stored["since"])}
    if "earlier" in values:
        values["earlier"] = _pause_of(values["earlier"])
    return Pause(**values)


def policy_state_of(text: str | None) -> dict[str, Any]:
    """Return the arguments of `State` in that form."""
    values: dict[str, Any] = json.loads(text) if text else {}
    for name in ("skips", "waiting"):
        if name in values:
            values[name] = tuple(values[name])
    if "backfill" in values:
        values["backfill"] = Backfill(**values["backfill"])
    if "handover" in values:
        values["handover"] = Handover(values["handover"]["until"], tuple(values["handover"]["times"]))
    if "kept" in values:
        values["kept"] = Kept(**values["kept"])
    if "watch" in values:
        values["watch"] = Watch(**values["watch"])
    if "pause" in values:
        values["pause"] = _pause_of(values["pause"])
    return values
