"""What an operation costs does not depend on how many rows there are, nor on how far away the next time is. Counted,
never timed; benchmarks/growth.py goes on to a million."""

from __future__ import annotations

import pytest
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.services import occurrences, schedules

from tests.support.cost_meter import Calls, CostMeter
from tests.support.large_tables import OVERDUE, cost_of_offset, costs, of_runs, of_schedules, with_overdue
from tests.support.random_specs import cases
from tests.support.search_counter import counting_searches

NOTE = 2  # calls of a sweep that read and write its note


@pytest.mark.slow
def test_a_hundred_rows_and_ten_thousand_cost_the_same() -> None:
    assert costs(100) == costs(10_000)


def test_a_sweep_costs_what_is_overdue() -> None:
    large = of_schedules(100)
    world, late = large.world, with_overdue(large)
    world.ports.store.sweeps.save(SweepNote(world.now))  # the sweep before was complete
    meter = CostMeter(world)
    assert world.sweep() == OVERDUE
    # One query and one batch of hints a shard; each row is read and moved forward. The note is read and written.
    assert meter.cost.requests == Calls(dynamodb=8 + 2 * OVERDUE + NOTE, scheduler=0, sqs=8)
    assert meter.cost.read_units == 4 + OVERDUE + 1
    meter.reset()
    assert world.work() == 3 * OVERDUE  # each is settled, its entry is rewritten, and its two newest runs start
    assert meter.cost.calls == 12 * OVERDUE
    assert all(world.state(schedule).next_run_at == world.now + 600 for schedule in late)
    meter.reset()
    assert world.sweep() == 0
    assert meter.cost.calls == 8 + NOTE
    assert (meter.cost.read_units, meter.cost.write_units) == (4 + 1, 1)


@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_of_a_schedules_runs_takes_four_calls(limit: int) -> None:
    large = of_runs(150)
    at = (large.world.ports, large.world.caller, large.agent.id, large.schedule.key.schedule_id)
    for listed in (schedules.list_schedule_runs, occurrences.list_occurrences):
        meter = CostMeter(large.world)
        found = listed(*at, Paging(limit))
        assert (len(found.items), found.more) == (limit, True)
        assert meter.cost.calls == 4


def test_what_is_skipped_is_paid_for() -> None:
    # The two small rows of a thousand schedules come to 200 units; `after` skips for nothing.
    assert [cost_of_offset(offset, "x" * 100).read_units for offset in (0, 1_000)] == [6, 6 + 200]


def test_the_next_time_of_random_schedules_is_found_in_few_looks() -> None:
    most = {"months": 0, "times": 0}
    specs = list(cases(2_000))
    with counting_searches() as searches:
        for spec, instant in specs:
            searches |= {"months": 0, "times": 0}
            spec.next_after(instant)
            most = {name: max(most[name], searches[name]) for name in most}
    assert most == {"months": 13, "times": 1}  # a year's months; the sparsest there is takes 40 (test_cron.py)
