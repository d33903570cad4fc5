"""The publisher under changes of every kind: it never stops, and what it tells is JSON."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from agent_schedules import bootstrap
from agent_schedules.domain.events import Event
from agent_schedules.errors import Unavailable
from agent_schedules.execution.publish import Outlets
from agent_schedules.storage.events import Change, events_of
from hypothesis import strategies as st

from dev.fake_aws.lambda_runtime import Context
from tests.boundaries.hostile import EVENTS, event, hostile, is_json, mutants, odd, values
from tests.support.world import World

CHANGES = event("publisher_changes")
AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LARGEST = 8_192  # bytes of an event: ids, states and reasons

plain = st.integers() | st.text(max_size=30) | st.binary(max_size=30) | st.booleans() | st.none() | odd
ROW = {
    "pk": "local#agt_01KJPZV2800000000000000001", "sk": "S#sched_01KJPZV2800000000000000002#s", "v": 1,
    "status": "active",
    "generation": 1, "run_count": 0, "next_run_at": 1_772_445_600, "rev": 1, "run_id": "run_01KJPZV280TVTYC5Z0YHF5ZFMZ",
    "trigger": "schedule", "agent_version": 1, "scheduled_for": 1, "outcome": "missed", "reason": "late", "first": 1,
    "last": 2, "count": 1, "completed_at": "2026-03-02T10:00:03.000Z",
    "error": '{"code":"timeout"}',
    "policy_state": '{"pause":{"until":1772445600},"watch":{"seconds":60,"since":1,"silent_at":61}}',
    "disabled_reason": "gone", "tried": True,
}  # fmt: skip
sort_keys = st.sampled_from(
    [
        "S#s#s",
        "S#s",
        "S#",
        "S",
        "XS#s#s",
        "XS",
        "R#r",
        "R",
        "R#",
        "O#s#000000000001",
        "O",
        "O#",
        "W#whk_1",
        "W#",
        "W",
        "#",
        "V#000001",
        "C",
        "",
    ]
)
rows = st.none() | mutants(ROW, most=4) | st.builds(lambda row, sk: row | {"sk": sk}, mutants(ROW), sort_keys)


@hostile(rows, rows, examples=300)
def test_a_change_of_any_row_says_json_or_that_it_is_none(before: Any, after: Any) -> None:
    try:
        said = events_of(Change(before, after, AT))
    except ValueError:
        return
    for told in said:
        assert is_json(told.data)
        assert len(str(told.data)) <= LARGEST


class Heard:
    """A bus that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def publish(self, events: Any) -> None:
        """See `Bus.publish`."""
        self.told = list(events)


@pytest.fixture(scope="module")
def bus() -> Iterator[Heard]:
    heard = Heard()
    world = World()
    bootstrap.install_outlets(Outlets(world.ports.store, heard, None, world.clock))
    yield heard
    bootstrap.forget()


@pytest.fixture(scope="module")
def handler(bus: Heard) -> Any:
    path = EVENTS.parent / "functions" / "publisher" / "handler.py"
    spec = importlib.util.spec_from_file_location("publisher_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lambda_handler


@hostile(mutants(*CHANGES["Records"], most=3) | values, examples=300)
def test_what_cannot_be_read_does_not_hold_up_the_rest(handler: Any, bus: Heard, record: Any) -> None:
    batch = [CHANGES["Records"][0], record, CHANGES["Records"][-1]]
    whole = handler({"Records": [batch[0], batch[2]]}, Context("publisher", 60))["published"]
    try:
        assert handler({"Records": batch}, Context("publisher", 60))["published"] >= whole
    except Unavailable:  # a row of a newer release: it is told once that is deployed again
        return
    assert all(is_json(event.data) for event in bus.told)
