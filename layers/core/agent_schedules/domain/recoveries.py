"""When a schedule recovers: its first completed run after trouble. Pure.

Trouble is a run that failed or was incomplete, or silence. The publisher keeps a marker of the schedule's first trouble
in the table. The id of `schedule.recovered` is made of the marker, so a repeat has the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_schedules.domain.event_data import After
from agent_schedules.domain.events import Event, Kind, event, event_id, link_to
from agent_schedules.domain.schedules import Key
from agent_schedules.timestamps import text_of

TROUBLES: Mapping[Kind, After] = {"run.failed": "failures", "run.incomplete": "failures", "schedule.silent": "silence"}


@dataclass(frozen=True)
class Trouble:
    """The trouble that a schedule's next completed run ends."""

    after: After
    event_id: str
    """The event that began it."""
    since: datetime


def concerned(events: Iterable[Event]) -> list[Key]:
    """Return the schedules whose trouble may begin or end with these events."""
    return list(dict.fromkeys(key for one in events if (key := _schedule(one)) is not None))


def with_recoveries(
    events: Sequence[Event], troubles: Mapping[Key, Trouble], *, public_url: str
) -> tuple[list[Event], dict[Key, Trouble]]:
    """Return the events with the recoveries among them, and the troubles that are left then.

    `troubles` is what the schedules of `concerned` have before. Events that are delivered again may meet a trouble that
    began later: a run ends only what began before it completed.
    """
    told: list[Event] = []
    left = dict(troubles)
    for one in events:
        told.append(one)
        key = _schedule(one)
        if key is None:
            continue
        trouble, begins = left.get(key), TROUBLES.get(one.kind)
        if begins is not None and trouble is None:
            left[key] = Trouble(begins, one.id, one.at)
        elif begins is None and trouble is not None and trouble.since < one.at:
            told.append(_recovered(key, trouble, one, public_url))
            del left[key]
    return told, left


def _schedule(one: Event) -> Key | None:
    """Return the schedule whose trouble begins or may end with an event."""
    return one.schedule if one.kind in {*TROUBLES, "run.completed"} else None


def _recovered(key: Key, trouble: Trouble, completed: Event, public_url: str) -> Event:
    return event(
        "schedule.recovered",
        id_=event_id(trouble.event_id, "schedule.recovered"),
        at=completed.at,
        owner=key.owner,
        link=link_to(public_url, "agents", key.agent_id, "schedules", key.schedule_id),
        agent_id=key.agent_id,
        schedule_id=key.schedule_id,
        run_id=completed.data["run_id"],
        after=trouble.after,
        since=text_of(trouble.since),
    )
