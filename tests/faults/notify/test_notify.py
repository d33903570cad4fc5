"""Deliveries under faults: what a webhook wanted is received or recorded, in time, and by nothing else."""

from __future__ import annotations

import pytest

from tests.faults.notify.without import MUTATIONS, Mutation, caught
from tests.faults.notify.world import simulate

SEEDS, MORE_SEEDS = 1, 200


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_wanted_event_is_received_or_recorded(seed: int) -> None:
    # A law that does not hold is raised as a Violation.
    report = simulate(seed)
    assert report.requests
    assert report.deliveries["delivered"]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(SEEDS, MORE_SEEDS, 10))
def test_more_histories_keep_the_laws(first: int) -> None:
    for seed in range(first, first + 10):
        assert simulate(seed).faults


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_no_mechanism_can_be_taken_away_unnoticed(mutation: Mutation) -> None:
    assert caught(mutation) is not None
