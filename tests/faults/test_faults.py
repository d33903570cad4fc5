"""A few seeds of the fault simulation, that a seed replays exactly, and that no mechanism can be taken away unnoticed.

Thousands of seeds, these among them, and all mechanisms: `make test-faults`.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.faults import million, month
from tests.faults.mutations import MUTATIONS, Mutation, caught
from tests.faults.world import simulate

SEEDS = 4


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_occurrence_has_one_outcome_whatever_goes_wrong(seed: int) -> None:
    # What does not hold is raised as a Violation; a history without faults would show nothing.
    assert simulate(seed).faults


@pytest.mark.parametrize("seed", range(2))
def test_a_month_that_was_missed_is_counted_at_once(seed: int) -> None:
    assert month.simulate(seed) > 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [[4], [3, 5]])
def test_a_seed_is_the_same_history_in_every_process(seeds: list[int]) -> None:
    code = f"from tests.faults.world import simulate; print([simulate(seed).digest for seed in {seeds}])"
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": ".", "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(answers) == 1


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS[:3], ids=lambda mutation: mutation.name)
def test_a_mechanism_cannot_be_taken_away_unnoticed(mutation: Mutation) -> None:
    assert caught(mutation) is not None


@pytest.mark.slow
def test_repeated_hints_leave_exact_counters() -> None:
    world, table, made, hints = million.history(5_000, schedules=50)
    million.check(world, table, made, 100)
    assert hints > 5_000
