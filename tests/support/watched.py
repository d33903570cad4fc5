"""A world whose changes are told as events, as the table's stream would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields

import jsonschema_rs
from agent_schedules.domain.events import KINDS, Event
from agent_schedules.storage.events import Change, events_of
from agent_schedules.storage.table import Check, Item, Put, Write

from tests.support.world import World
from tools import events_schema

SCHEMA = jsonschema_rs.validator_for(json.loads(events_schema.generated()), validate_formats=True)


def is_in_the_catalogue(event: Event) -> None:
    """Hold an event against the schema of its kind, which knows each of its fields."""
    SCHEMA.validate(json.loads(event.body))
    assert set(event.data) == {field.name for field in fields(KINDS[event.kind])}


class Watched:
    """A world, its changes in the order of their commits, and the events that they make."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.changes: list[Change] = []
        self.heard: list[Event] = []
        self._before: dict[tuple[str, str], Item] = {}
        self.world.table.before_write = self._remember
        self.world.table.after_write = self._tell

    def _remember(self, writes: Sequence[Write]) -> None:
        places = (_place(write) for write in writes if not isinstance(write, Check))
        found = {place: self.world.table.items.get(place) for place in places}
        self._before = {place: dict(item) for place, item in found.items() if item is not None}

    def _tell(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if not isinstance(write, Check):
                place = _place(write)
                after = self.world.table.items.get(place)
                change = Change(self._before.get(place), dict(after) if after else None, self.world.clock.moment)
                self.changes.append(change)
                made = events_of(change, public_url="https://console.example")
                for event in made:
                    is_in_the_catalogue(event)
                self.heard += made

    def kinds(self) -> list[str]:
        """What was heard since the last time."""
        kinds: list[str] = [event.kind for event in self.heard]
        self.heard.clear()
        return kinds


def _place(write: Write) -> tuple[str, str]:
    if isinstance(write, Put):
        return str(write.item["pk"]), str(write.item["sk"])
    return write.key.pk, write.key.sk
