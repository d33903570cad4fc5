"""What every operation of the HTTP API costs: requests to AWS, DynamoDB's units, events. Counted, never timed.

A page has 20 rows. An API key is known already; see `test_a_key_is_looked_up_once_and_noted_once_an_hour` for the rest.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from agent_schedules.api.auth import Authenticator
from agent_schedules.services.key_usage import LastUse

from tests.support.cost_meter import CostMeter
from tests.support.measured import PROMPTS, measured
from tests.support.operations import OPERATIONS, ROUTES, operation_of
from tests.support.world import World


class Expected(NamedTuple):
    """Requests and events, then units with a prompt of 100 bytes and with one of 20 KB."""

    dynamodb: int
    scheduler: int
    sqs: int
    events: int
    written: tuple[int, int]
    read: tuple[float, float]


# fmt: off
EXPECTED = {
    "healthz": Expected(0, 0, 0, 0, (0, 0), (0, 0)),
    "list_agents": Expected(1, 0, 0, 0, (0, 0), (3, 105)),
    "create_agent": Expected(1, 0, 0, 0, (4, 80), (0, 0)),
    "get_agent": Expected(1, 0, 0, 0, (0, 0), (3, 7)),
    "update_agent": Expected(2, 0, 0, 0, (4, 80), (1, 5)),
    "delete_agent": Expected(2, 0, 0, 0, (7, 85), (3, 7)),
    "restore_agent": Expected(2, 0, 0, 0, (5, 83), (3, 8)),
    "list_agent_versions": Expected(2, 0, 0, 0, (0, 0), (4, 110)),
    "get_agent_version": Expected(1, 0, 0, 0, (0, 0), (2, 10)),
    "rollback_agent_version": Expected(3, 0, 0, 0, (4, 80), (3, 15)),
    "list_agent_schedules": Expected(2, 0, 0, 0, (0, 0), (6, 112)),
    "list_agent_schedules, the next page": Expected(2, 0, 0, 0, (0, 0), (6, 112)),
    "create_agent_schedule": Expected(1, 1, 0, 1, (12, 88), (0, 0)),
    "create_agent_schedule, once": Expected(1, 1, 0, 1, (12, 88), (0, 0)),
    "create_agent_schedule, every 5 s": Expected(1, 0, 1, 1, (12, 88), (0, 0)),
    "create_agent_schedule, every 581,769 s": Expected(1, 1, 0, 1, (12, 88), (0, 0)),
    "create_agent_schedule, first run within 2 minutes": Expected(1, 1, 1, 1, (12, 88), (0, 0)),
    "create_agent_schedule, with an idempotency key": Expected(2, 1, 0, 1, (14, 90), (1, 1)),
    "create_agent_schedule, its repeat": Expected(2, 1, 0, 0, (0, 0), (6, 14)),
    "get_agent_schedule": Expected(1, 0, 0, 0, (0, 0), (5, 13)),
    "update_agent_schedule": Expected(2, 0, 0, 1, (4, 42), (5, 13)),
    "update_agent_schedule, its timing": Expected(2, 1, 0, 1, (6, 44), (5, 13)),
    "update_agent_schedule, nothing new": Expected(1, 1, 0, 0, (0, 0), (5, 13)),
    "delete_agent_schedule": Expected(2, 1, 0, 1, (14, 90), (5, 13)),
    "pause_agent_schedule": Expected(2, 1, 0, 1, (2, 2), (5, 13)),
    "pause_agent_schedule, paused already": Expected(1, 0, 0, 0, (0, 0), (5, 13)),
    "pause_agent_schedule, for 10 minutes": Expected(2, 1, 1, 1, (3, 3), (5, 13)),
    "pause_agent_schedule, for a day": Expected(2, 2, 0, 1, (3, 3), (5, 13)),
    "resume_agent_schedule": Expected(2, 1, 0, 1, (5, 5), (5, 13)),
    "resume_agent_schedule, a day later": Expected(2, 1, 0, 2, (8, 8), (5, 13)),
    "skip_occurrence": Expected(2, 1, 0, 1, (3, 3), (5, 13)),
    "unskip_occurrence": Expected(2, 1, 0, 1, (3, 3), (5, 13)),
    "backfill_agent_schedule": Expected(4, 0, 1, 1, (6, 6), (25, 33)),
    "backfill_agent_schedule, a dry run": Expected(3, 0, 0, 0, (0, 0), (25, 33)),
    "stop_backfill": Expected(2, 0, 0, 1, (3, 3), (5, 13)),
    "resume_agent_schedule, before the end of its pause": Expected(2, 2, 0, 1, (6, 6), (5, 13)),
    "list_agent_schedule_runs": Expected(4, 0, 0, 0, (0, 0), (27.5, 39.5)),
    "list_agent_runs": Expected(3, 0, 0, 0, (0, 0), (6, 14)),
    "create_agent_run": Expected(2, 0, 1, 0, (5, 43), (1, 5)),
    "get_agent_run": Expected(2, 0, 0, 0, (0, 0), (3, 11)),
    "cancel_agent_run": Expected(3, 0, 0, 1, (3, 3), (3, 11)),
    "retry_agent_run": Expected(3, 0, 1, 0, (5, 5), (4, 16)),
    "retry_agent_run, of a schedule": Expected(4, 0, 1, 0, (8, 8), (10, 30)),
    "trigger_agent_schedule": Expected(2, 0, 1, 0, (8, 8), (5, 13)),
    "trigger_agent_schedule, with an input": Expected(2, 0, 1, 0, (8, 46), (5, 13)),
    "stream_agent_run_events": Expected(2, 0, 0, 0, (0, 0), (3, 11)),
    "change_schedules": Expected(13, 2, 0, 2, (15, 15), (20.5, 52.5)),
    "change_schedules, a dry run": Expected(2, 0, 0, 0, (0, 0), (6.5, 22.5)),
    "change_schedules, nothing to do": Expected(4, 0, 0, 0, (4, 4), (6.5, 22.5)),
    "pause_all_schedules": Expected(13, 2, 0, 2, (15, 15), (20.5, 52.5)),
    "resume_all_schedules": Expected(13, 2, 0, 2, (19, 19), (20.5, 52.5)),
    "list_jobs": Expected(1, 0, 0, 0, (0, 0), (3, 3)),
    "get_job": Expected(1, 0, 0, 0, (0, 0), (1, 1)),
    "cancel_job": Expected(2, 0, 0, 0, (2, 2), (1, 1)),
    "put_agent_by_key": Expected(2, 0, 0, 0, (6, 82), (1, 1)),
    "put_agent_by_key, one that exists": Expected(3, 0, 0, 0, (4, 80), (2, 6)),
    "put_agent_by_key, nothing new": Expected(2, 0, 0, 0, (0, 0), (2, 6)),
    "get_agent_by_key": Expected(2, 0, 0, 0, (0, 0), (4, 8)),
    "delete_agent_by_key": Expected(3, 0, 0, 0, (9, 87), (4, 8)),
    "put_agent_schedule_by_key": Expected(2, 1, 0, 1, (14, 90), (2, 6)),
    "put_agent_schedule_by_key, one that exists": Expected(3, 0, 0, 1, (4, 42), (7, 19)),
    "put_agent_schedule_by_key, nothing new": Expected(2, 1, 0, 0, (0, 0), (7, 19)),
    "get_agent_schedule_by_key": Expected(2, 0, 0, 0, (0, 0), (7, 19)),
    "delete_agent_schedule_by_key": Expected(3, 1, 0, 1, (16, 92), (7, 19)),
    "create_agent_schedule, with a key": Expected(1, 1, 0, 1, (14, 90), (0, 0)),
    "preview_schedule": Expected(0, 0, 0, 0, (0, 0), (0, 0)),
    "preview_agent_schedule": Expected(1, 0, 0, 0, (0, 0), (5, 13)),
    "list_occurrences": Expected(4, 0, 0, 0, (0, 0), (26.5, 34.5)),
    "get_occurrence": Expected(3, 0, 0, 0, (0, 0), (7, 15)),
    "whoami": Expected(0, 0, 0, 0, (0, 0), (0, 0)),
    "list_api_keys": Expected(1, 0, 0, 0, (0, 0), (1, 1)),
    "get_limits": Expected(1, 0, 0, 0, (0, 0), (1, 1)),
    "get_limits, of an agent": Expected(1, 0, 0, 0, (0, 0), (3, 7)),
    "list_upcoming": Expected(2, 0, 0, 0, (0, 0), (43.5, 131.5)),
    "list_upcoming, of an agent": Expected(2, 0, 0, 0, (0, 0), (6, 112)),
    "get_summary": Expected(6, 0, 0, 0, (0, 0), (24.5, 28.5)),
    "find_schedules": Expected(3, 0, 0, 0, (0, 0), (61.5, 145.5)),
    "find_schedules, of an agent": Expected(3, 0, 0, 0, (0, 0), (26, 132)),
    "find_schedules, by a filter": Expected(5, 0, 0, 0, (0, 0), (207.0, 627.0)),
    "find_runs": Expected(4, 0, 0, 0, (0, 0), (41.5, 125.5)),
    "find_runs, that none matches": Expected(3, 0, 0, 0, (0, 0), (22.5, 26.5)),
    "find_runs, of an agent": Expected(3, 0, 0, 0, (0, 0), (7, 15)),
    "find_runs, of a schedule": Expected(4, 0, 0, 0, (0, 0), (27.5, 39.5)),
    "list_webhooks": Expected(1, 0, 0, 0, (0, 0), (2, 2)),
    "create_webhook": Expected(1, 0, 0, 0, (4, 4), (0, 0)),
    "create_webhook, with an idempotency key": Expected(2, 0, 0, 0, (6, 6), (1, 1)),
    "create_webhook, its repeat": Expected(2, 0, 0, 0, (0, 0), (2, 2)),
    "create_webhook, to poll": Expected(2, 0, 0, 0, (4, 4), (1, 1)),
    "get_webhook": Expected(1, 0, 0, 0, (0, 0), (1, 1)),
    "update_webhook": Expected(2, 0, 0, 0, (1, 1), (1, 1)),
    "update_webhook, nothing new": Expected(1, 0, 0, 0, (0, 0), (1, 1)),
    "delete_webhook": Expected(2, 0, 0, 0, (6, 6), (2, 2)),
    "delete_webhook, to poll": Expected(3, 0, 0, 0, (6, 6), (3, 3)),
    "rotate_webhook_secret": Expected(2, 0, 0, 0, (1, 1), (1, 1)),
    "test_webhook": Expected(2, 0, 1, 0, (5, 5), (1, 1)),
    "list_webhook_deliveries": Expected(2, 0, 0, 0, (0, 0), (3, 3)),
    "list_webhook_deliveries, that none matches": Expected(2, 0, 0, 0, (0, 0), (10, 10)),
    "get_webhook_delivery": Expected(1, 0, 0, 0, (0, 0), (2, 2)),
    "replay_webhook_delivery": Expected(2, 0, 1, 0, (5, 5), (2, 2)),
    "list_problems": Expected(6, 0, 0, 0, (0, 0), (23, 27)),
}
# fmt: on
BUDGET = {
    "get_agent_schedule": 1,
    "list_agent_schedules": 2,
    "create_agent_schedule": 2,
    "update_agent_schedule": 3,
    "pause_agent_schedule": 3,
    "resume_agent_schedule": 3,
    "delete_agent_schedule": 3,
    "list_problems": 6,  # it merges four lists
    "get_summary": 6,  # it counts four lists of problems
    "backfill_agent_schedule": 5,  # it reads the runs and the records of the range, and sends a message
    "change_schedules": 15,  # five for each of the two schedules, and five for the job
    "pause_all_schedules": 15,
    "resume_all_schedules": 15,
}  # fmt: skip
"""Calls that design asks of an operation, whatever is particular (docs/explanation/architecture.md)."""
DEARER = {
    "create_agent_schedule, first run within 2 minutes",  # an entry so near is not dependable: a message goes with it
    "create_agent_schedule, with an idempotency key",  # which is looked up
    "create_agent_schedule, its repeat",
    "find_schedules, by a filter",  # it looks at five times as many schedules as a page has
    "retry_agent_run, of a schedule",  # which is read too
    "pause_agent_schedule, for 10 minutes",  # its end is armed
    "pause_agent_schedule, for a day",
    "resume_agent_schedule, before the end of its pause",  # which is armed no more
}


def test_no_operation_is_forgotten() -> None:
    assert {operation_of(name) for name in OPERATIONS} == set(ROUTES)
    assert set(EXPECTED) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_costs_what_it_says_here(name: str) -> None:
    short, long = (measured(name, prompt) for prompt in PROMPTS.values())
    assert short.requests == long.requests
    found = Expected(
        short.dynamodb,
        short.scheduler,
        short.sqs,
        short.events,
        (short.write_units, long.write_units),
        (short.read_units, long.read_units),
    )
    assert found == EXPECTED[name]


def test_calls_keep_within_the_budget() -> None:
    for name, expected in EXPECTED.items():
        calls = expected.dynamodb + expected.scheduler + expected.sqs
        assert calls <= BUDGET.get(operation_of(name), 4) + (name in DEARER), name


def test_a_key_is_looked_up_once_and_noted_once_an_hour() -> None:
    world = World()
    _, key = world.keyring.create("local", "write")
    meter = CostMeter(world)
    used = LastUse(world.ports.store.keys.note_use)
    door = Authenticator(world.ports.store.keys.find, now=lambda: datetime(2026, 3, 2, 10, tzinfo=UTC), used=used)
    for _ in range(3):
        door.caller(f"Bearer {key}", None, "write")
    cost = meter.cost
    assert (cost.dynamodb, cost.read_units, cost.write_units) == (2, 1, 1)
