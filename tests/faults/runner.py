"""`make test-faults`: thousands of seeds on all cores (SEEDS of them, from FIRST on), then every mutation.

`SEED=k` replays one, effect by effect.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
import traceback
from collections import Counter
from dataclasses import dataclass

from agent_schedules.telemetry import logger

from tests.faults.core import Violation
from tests.faults.mutations import MUTATIONS, caught
from tests.faults.world import Report, simulate

SEEDS = 2500
SHOWN = 10  # failures


@dataclass(frozen=True)
class Failure:
    """A seed that broke an invariant, or broke down."""

    seed: int
    invariant: str
    message: str


def main() -> int:
    """Run what the environment asks for; 1 if anything failed."""
    quiet()
    if seed := os.environ.get("SEED"):
        return replay(int(seed))
    first, count = int(os.environ.get("FIRST") or 0), int(os.environ.get("SEEDS") or SEEDS)
    return int(any([many(range(first, first + count)), mutated()]))


def quiet() -> None:
    """The service's own log is not what one wants to read here."""
    logger.setLevel(logging.CRITICAL)


def replay(seed: int) -> int:
    """One seed with its trace."""
    outcome = one(seed, trace=True)
    print(outcome if isinstance(outcome, Report) else f"{outcome.invariant}: {outcome.message}")
    return int(isinstance(outcome, Failure))


def one(seed: int, *, trace: bool = False) -> Report | Failure:
    """One seed."""
    try:
        return simulate(seed, print if trace else None)
    except Violation as violation:
        return Failure(seed, violation.invariant, str(violation))
    except Exception as error:  # whatever it is, it is the finding
        return Failure(seed, type(error).__name__, traceback.format_exc(limit=-4))


def many(seeds: range) -> bool:
    """Whether any seed failed; says what was simulated."""
    began = time.monotonic()
    faults: Counter[str] = Counter()
    occurrences = runs = 0
    failures: list[Failure] = []
    with multiprocessing.get_context("spawn").Pool(initializer=quiet) as pool:
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
    for failure in failures[:SHOWN]:
        print(
            f"FAILED seed {failure.seed}: {failure.message[:2000]}\n  replay it: make test-faults SEED={failure.seed}"
        )
    if failures:
        print(f"{len(failures)} of {len(seeds)} seeds failed: {dict(Counter(f.invariant for f in failures))}")
    return bool(failures)


def mutated() -> bool:
    """Whether any mutation stayed unnoticed: then the simulation proves nothing."""
    unnoticed = False
    for mutation in MUTATIONS:
        began = time.monotonic()
        found = caught(mutation)
        took = time.monotonic() - began
        if found is None:
            unnoticed = True
            print(f"FAILED mutation {mutation.name}: no seed notices it as one of {sorted(mutation.expected)}")
        else:
            print(f"  without {mutation.name}: seed {found[0]} says {found[1]} ({took:.1f} s)")
    return unnoticed
