"""Copies the rows of a fake table to moto, where making them is slow: a transaction of moto copies the whole table."""

from __future__ import annotations

from dataclasses import replace

import boto3
from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.storage.store import Store

from tests.support.world import World


def copy_to_moto(world: World, table: DynamoTable) -> None:
    """Copy a world's rows to moto's table `table`, and let the world go on with it."""
    with boto3.resource("dynamodb").Table("table").batch_writer() as batch:
        for row in world.table.items.values():
            batch.put_item(Item={**row})
    world.ports = replace(world.ports, store=Store(table))
