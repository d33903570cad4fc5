"""From the fake table into one on moto, where making rows takes long: for a transaction moto copies the whole table."""

from __future__ import annotations

from dataclasses import replace

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Put

from tests.support.world import World


def moved(world: World, table: DynamoTable) -> None:
    """Put a world's rows there, and let it go on there."""
    for row in world.table.items.values():
        table.write(Put(row, "absent"))
    world.ports = replace(world.ports, store=Store(table))
