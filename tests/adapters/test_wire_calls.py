"""The fakes count what the adapters send: every operation and every occurrence on both, request by request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from agent_schedules.storage.table import Put
from moto import mock_aws

from tests.support import measured, occurrences, operations
from tests.support.api import Api
from tests.support.cost_meter import CostMeter
from tests.support.fake_table import FakeTable
from tests.support.wired_world import WiredWorld
from tests.support.world import World

pytestmark = pytest.mark.slow

PROMPT = "x" * 100
ROWS = 3  # of a page: what it is made of takes time here


@pytest.fixture
def wired() -> Iterator[Api]:
    with mock_aws():
        yield Api(WiredWorld())


@pytest.mark.parametrize("name", operations.OPERATIONS)
def test_the_fakes_count_the_requests_of_an_operation(wired: Api, name: str) -> None:
    assert isinstance(wired.world, WiredWorld)
    api = Api()
    meter = CostMeter(api.world)
    send = measured.prepared(api, name, prompt=PROMPT, page=ROWS)
    meter.reset()
    send()
    send = measured.prepared(wired, name, prompt=PROMPT, page=ROWS)
    wired.world.wire.sent.clear()
    send()
    assert wired.world.wire.calls == meter.cost.requests


@pytest.mark.parametrize("background", [False, True], ids=["synchronous", "background"])
def test_the_fakes_count_the_requests_of_an_occurrence(wired: Api, *, background: bool) -> None:
    wire = wired.world
    assert isinstance(wire, WiredWorld)
    wire.gateway.background = background
    for name, spec in occurrences.KINDS.items():
        wire.queue.messages.clear()
        wire.clock.moment = World().clock.moment
        sent, _ = occurrences.occurrence(wire, spec, PROMPT, begin=wire.wire.sent.clear, end=lambda: wire.wire.calls)
        counted, _ = occurrences.measured(name, PROMPT, background=background)
        assert sent == counted.requests, name


@pytest.mark.parametrize("skip", [0, 9])
def test_the_fake_counts_the_requests_of_a_large_query(wired: Api, skip: int) -> None:
    assert isinstance(wired.world, WiredWorld)
    fake, real = FakeTable(), wired.world.rows
    for number in range(10):
        row = Put({"pk": f"megabytes {skip}", "sk": f"R#{number}", "v": 1, "data": "x" * 240_000}, "absent")
        fake.write(row)
        real.write(row)
    fake.meter.calls.clear()
    wired.world.wire.sent.clear()
    for table in (fake, real):
        page = table.query(f"megabytes {skip}", "R#", limit=10, newest_first=True, skip=skip)
        assert len(page.items) == 10 - skip
    assert len(fake.meter.calls) == wired.world.wire.calls.dynamodb == (4 if skip else 3)
