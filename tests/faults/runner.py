"""`make test-faults`: thousands of seeds on all cores (SEEDS of them, from FIRST on), months, then every mutation.

`SEED=k` replays one, effect by effect, and `MONTH=k` a month.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import TypeVar

from agent_schedules.telemetry import logger

from tests.faults import month
from tests.faults.core import Violation
from tests.faults.mutations import MUTATIONS, caught
from tests.faults.world import Report, simulate

SEEDS = 3000
MONTHS = 100  # that the service is down for
SHOWN = 10  # failures

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """A seed that broke an invariant, or broke down."""

    seed: int
    invariant: str
    message: str


def main() -> int:
    """Run what the environment asks for; 1 if anything failed."""
    quiet()
    for name, simulated in (("SEED", one), ("MONTH", one_month)):
        if seed := os.environ.get(name):
            return replay(simulated(int(seed), trace=True))
    first, count = int(os.environ.get("FIRST") or 0), int(os.environ.get("SEEDS") or SEEDS)
    with multiprocessing.get_context("spawn").Pool(initializer=quiet) as pool:
        return int(any([many(pool, range(first, first + count)), months(pool), mutated(pool)]))


def quiet() -> None:
    """The service's own log is not what one wants to read here."""
    logger.setLevel(logging.CRITICAL)


def replay(outcome: Report | int | Failure) -> int:
    """What became of a seed whose trace was shown."""
    print(f"{outcome.invariant}: {outcome.message}" if isinstance(outcome, Failure) else outcome)
    return int(isinstance(outcome, Failure))


def one(seed: int, *, trace: bool = False) -> Report | Failure:
    """One seed."""
    return _outcome(simulate, seed, trace=trace)


def one_month(seed: int, *, trace: bool = False) -> int | Failure:
    """One seed of a month that the service is down for."""
    return _outcome(month.simulate, seed, trace=trace)


def _outcome(simulated: Callable[[int, Callable[[str], None] | None], T], seed: int, *, trace: bool) -> T | Failure:
    try:
        return simulated(seed, print if trace else None)
    except Violation as violation:
        return Failure(seed, violation.invariant, str(violation))
    except Exception as error:  # whatever it is, it is the finding
        return Failure(seed, type(error).__name__, traceback.format_exc(limit=-4))


def many(pool: Pool, seeds: range) -> bool:
    """Whether any seed failed; says what was simulated."""
    began = time.monotonic()
    faults: Counter[str] = Counter()
    occurrences = runs = 0
    failures: list[Failure] = []
    for outcome in pool.imap_unordered(one, seeds, chunksize=5):
        if isinstance(outcome, Failure):
            failures.append(outcome)
            continue
        faults += outcome.faults
        occurrences += outcome.occurrences
        runs += outcome.api_runs
    took = time.monotonic() - began
    print(f"{len(seeds)} seeds in {took:.0f} s: {occurrences} occurrences claimed, {runs} other runs")
    print("  faults: " + ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items())))
    return _told(failures, len(seeds), "SEED")


def months(pool: Pool) -> bool:
    """Whether any month failed."""
    began = time.monotonic()
    outcomes = pool.map(one_month, range(MONTHS), chunksize=2)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    occurrences = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    print(f"{MONTHS} months in {time.monotonic() - began:.0f} s: {occurrences} occurrences accounted for")
    return _told(failures, MONTHS, "MONTH")


def _told(failures: list[Failure], of: int, name: str) -> bool:
    for failure in failures[:SHOWN]:
        print(f"FAILED seed {failure.seed}: {failure.message[:2000]}")
        print(f"  replay it: make test-faults {name}={failure.seed}")
    if failures:
        print(f"{len(failures)} of {of} seeds failed: {dict(Counter(f.invariant for f in failures))}")
    return bool(failures)


def mutated(pool: Pool) -> bool:
    """Whether any mutation stayed unnoticed: then the simulation proves nothing."""
    unnoticed = False
    for mutation, (found, took) in zip(MUTATIONS, pool.imap(_mutation, range(len(MUTATIONS))), strict=True):
        if found is None:
            unnoticed = True
            print(f"FAILED mutation {mutation.name}: no seed notices it as one of {sorted(mutation.expected)}")
        else:
            print(f"  without {mutation.name}: seed {found[0]} says {found[1]} ({took:.1f} s)")
    return unnoticed


def _mutation(number: int) -> tuple[tuple[int, str] | None, float]:
    began = time.monotonic()
    return caught(MUTATIONS[number]), time.monotonic() - began
