"""What an operation costs does not depend on how many rows there are, nor on how far away the next time is. Counted,
never timed; benchmarks/growth.py goes on to a million."""

from __future__ import annotations

from agent_schedules.timetable import next_after

from tests.support.crowd import costs
from tests.support.looks import looking
from tests.support.random_specs import cases


def test_a_hundred_rows_and_ten_thousand_cost_the_same() -> None:
    assert costs(100) == costs(10_000)


def test_the_next_time_of_random_schedules_is_found_in_few_looks() -> None:
    most = {"months": 0, "times": 0}
    specs = list(cases(2_000))
    with looking() as looks:
        for spec, instant in specs:
            looks |= {"months": 0, "times": 0}
            next_after(spec, instant)
            most = {name: max(most[name], looks[name]) for name in most}
    assert 1 < most["months"] <= 41  # the sparsest expression there is takes as many (test_cron.py)
    assert 1 <= most["times"] <= 3
