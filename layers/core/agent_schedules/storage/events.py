"""Derive events about runs, schedules, occurrences and webhooks from changes of the table's rows. Pure.

The table's stream delivers each committed change at least once and in the order of its row. So no event precedes its
commit or is lost in a crash, and publishing never delays a run (docs/reference/events.md).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from agent_schedules.domain.event_data import PauseCause
from agent_schedules.domain.events import Event, Kind, event, event_id, link_to
from agent_schedules.domain.runs import TERMINAL
from agent_schedules.domain.wire import LATEST
from agent_schedules.storage.table import Item

LONGEST = 1_000  # characters of a string; keys have at most 1,024 bytes
LARGEST_STATE = 64_000  # characters of what a state remembers for its policies
UNKNOWN = "unknown"
"""The code of an error whose own code is none: a gateway may answer a sentence."""
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class Change:
    """A change of one row, from the table's stream."""

    before: Item | None
    after: Item | None
    at: datetime
    """When it was committed, aware."""


def events_of(change: Change, *, public_url: str = "") -> list[Event]:
    """Return the events of a change. `public_url` begins their links.

    Raises ValueError for a row that no release of this service wrote.
    """
    before, after = change.before, change.after
    if after is None:
        return []
    match _text(after, "sk").split("#"):
        case ["R", _]:
            return _of_run(before, after, _Maker(change, public_url))
        case ["S" | "XS" as kind, schedule_id, "s"] if "status" in after:
            return _of_schedule(kind, schedule_id, before, after, _Maker(change, public_url))
        case ["O", schedule_id, _] if before is None and "rest" not in after:
            return _of_record(schedule_id, after, _Maker(change, public_url))
        case ["W", webhook_id] if before is not None and "rev" in after:
            return _of_webhook(webhook_id, before, after, _Maker(change, public_url))
        case _:
            return []


class _Maker:
    """Makes the events of one change of a row below an agent, or of a webhook's."""

    def __init__(self, change: Change, public_url: str) -> None:
        self._row = cast(Item, change.after)
        self._at = change.at
        self._public_url = public_url
        pk, self._sk = _text(self._row, "pk"), _text(self._row, "sk")
        owner, _, self.agent_id = pk.rpartition("#")
        self._pk, self._owner = pk, owner or pk

    def about(self, kind: Kind, *path: str, at: datetime | None = None, **data: Any) -> Event:
        """Return an event whose subject has that path below the console's."""
        # The same change delivered twice has the same id.
        version = str(_whole(self._row, "rev" if "rev" in self._row else "first"))
        return event(
            kind,
            id_=event_id(self._pk, self._sk, version, kind),
            at=at or self._at,
            owner=self._owner,
            link=link_to(self._public_url, *path),
            **data,
        )

    def of_agent(self, kind: Kind, *path: str, at: datetime | None = None, **data: Any) -> Event:
        """Return an event whose subject is below an agent."""
        return self.about(kind, "agents", self.agent_id, *path, at=at, agent_id=self.agent_id, **data)


def _of_run(before: Item | None, after: Item, make: _Maker) -> list[Event]:
    status, was = _text(after, "status"), None if before is None else before.get("status")
    started = status == "submitting" and (was is None or was == "queued") and "tried" not in after
    ended = status in TERMINAL and was != status
    if not started and not ended:
        return []
    ended_at = _text(after, "completed_at") if "completed_at" in after else None
    run_id = _text(after, "run_id")
    kind = cast(Kind, f"run.{status}" if ended else "run.started")
    return [
        make.of_agent(
            kind,
            "runs",
            run_id,
            at=_moment(ended_at) if ended and ended_at else None,
            run_id=run_id,
            schedule_id=_text(after, "schedule_id") if "schedule_id" in after else None,
            trigger=_text(after, "trigger"),
            status=status,
            agent_version=_whole(after, "agent_version"),
            scheduled_for=_time(after, "scheduled_for"),
            completed_at=ended_at,
            error_code=_error_code(after),
        )
    ]


def _error_code(run: Item) -> str | None:
    """Return the code of a run's error. A gateway's own may be anything, so only what reads as a code is told."""
    if "error" not in run:
        return None
    error = _json(run["error"])
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else UNKNOWN


def _of_schedule(kind: str, schedule_id: str, before: Item | None, after: Item, make: _Maker) -> list[Event]:
    verb = _verb(kind, before, after)
    more: dict[str, Any] = {}
    if verb is None and (watch := _fell_silent(before, after)) is not None:
        verb = "schedule.silent"
        more = {"alert_after_seconds": _whole(watch, "seconds"), "since": _time(watch, "since")}
    if verb is None:
        return []
    if verb == "schedule.paused":
        pause = _remembered(after).get("pause")
        pause = pause if isinstance(pause, dict) else {}
        more = {"cause": _cause(after, pause), "until": _time(pause, "until") if pause.get("until") else None}
    return [
        make.of_agent(
            verb,
            "schedules",
            schedule_id,
            schedule_id=schedule_id,
            status=_text(after, "status"),
            generation=_whole(after, "generation"),
            run_count=_whole(after, "run_count"),
            next_run_at=_time(after, "next_run_at"),
            **more,
        )
    ]


def _verb(kind: str, before: Item | None, after: Item) -> Kind | None:
    """Return the event of a schedule's change. None for a change by an occurrence, which has the events of its run."""
    if kind == "XS":
        return "schedule.deleted" if before is None else None
    if before is None:
        return "schedule.created"
    was, status = before.get("status"), _text(after, "status")
    if was != status:
        changes: dict[str, Kind] = {
            "paused": "schedule.paused",
            "active": "schedule.resumed",
            "completed": "schedule.completed",
        }
        return changes.get(status)
    return "schedule.updated" if before.get("generation") != _whole(after, "generation") else None


def _fell_silent(before: Item | None, after: Item) -> dict[str, Any] | None:
    """Return the watch of a schedule whose silence a change notices."""
    if before is None or before.get("policy_state") == after.get("policy_state"):
        return None
    watch, was = (_remembered(row).get("watch") for row in (after, before))
    noticed = isinstance(watch, dict) and "silent_at" in watch
    return watch if noticed and not (isinstance(was, dict) and "silent_at" in was) else None


def _cause(after: Item, pause: dict[str, Any]) -> PauseCause:
    if after.get("pause_reason") == "agent_deleted":
        return "agent_deleted"
    if pause.get("of_all"):
        return "pause_all"
    return "job" if pause.get("job") else "caller"


def _of_record(schedule_id: str, after: Item, make: _Maker) -> list[Event]:
    return [
        make.of_agent(
            cast(Kind, f"occurrence.{_one_of(after, 'outcome', 'missed', 'skipped')}"),
            "schedules",
            schedule_id,
            schedule_id=schedule_id,
            reason=_text(after, "reason"),
            scheduled_for=_time(after, "first"),
            until=_time(after, "last"),
            count=_whole(after, "count"),
        )
    ]


def _of_webhook(webhook_id: str, before: Item, after: Item, make: _Maker) -> list[Event]:
    if "disabled_reason" in before or "disabled_reason" not in after:
        return []
    reason = _one_of(after, "disabled_reason", "caller", "gone", "failing")
    return [make.about("webhook.disabled", "webhooks", webhook_id, webhook_id=webhook_id, reason=reason)]


def _text(row: Item, name: str) -> str:
    """Return a string of the row that any JSON can hold. Raises ValueError."""
    value = row.get(name)
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{name} is not a string of ours")
    value.encode()  # raises a ValueError for an unpaired surrogate
    return value


def _one_of(row: Item, name: str, *allowed: str) -> str:
    value = _text(row, name)
    if value not in allowed:
        raise ValueError(f"{name} is not a value of ours")
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


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment


def _remembered(state: Item) -> dict[str, Any]:
    """Return what a state remembers for its policies."""
    value = _json(state.get("policy_state", "{}"))
    if not isinstance(value, dict):
        raise ValueError("policy_state is not an object of ours")
    return value


def _json(text: Any) -> Any:
    if not isinstance(text, str) or len(text) > LARGEST_STATE:
        raise ValueError("not JSON of ours")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
