"""Copies the rows of a fake table to moto, where making them is slow: a transaction of moto copies the whole table."""

from __future__ import annotations

from dataclasses import replace

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.storage.store import Store
from agent_schedules.storage.table import Put

from tests.support.world import World


def copy_to_moto(world: World, table: DynamoTable) -> None:
    """Copy a world's rows to the table, and let the world go on with it."""
    for row in world.table.items.values():
        table.write(Put(row, "absent"))
    world.ports = replace(world.ports, store=Store(table))
