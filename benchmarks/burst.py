"""A simulated top of the hour: many schedules are due in the same second, and AWS's quotas limit their rate.

    python -m benchmarks.burst [--write]

The simulation is deterministic, with steps of a second. Each quota is a gate with a queue in front of it; calls that
pass one gate reach the next. A throttled call waits and is retried, so a queue models a throttle. Nothing is measured:
the quotas are the published defaults of a large region, and other benchmarks count what an occurrence needs.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from agent_schedules.domain.policies import ON_TIME
from agent_schedules.storage.keys import SHARDS

from benchmarks.sections import SCALE, parser_of, show, table

HOUR = 3600
LONGEST = 6 * HOUR  # simulated seconds
API = 100  # requests a second that the stack's HTTP API lets through (template.yaml)
WRITE_UNITS, READ_UNITS, SQS_REQUESTS = 10.0, 5.0, 1.2  # of an hourly occurrence, ten at once (`benchmarks.cost`)
PARTITION = 1000  # write units a second of one DynamoDB partition


@dataclass(frozen=True)
class Quotas:
    """What AWS lets through, and what one occurrence takes. Times in seconds, rates a second."""

    eventbridge: float = 1000.0
    """Invocations a second; 500 outside the large regions. More are delayed, not lost."""
    concurrency: float = 1000.0
    """Concurrent executions of the account that the runner may have."""
    scaling: float = 100.0
    """Environments a function gains a second (1,000 every 10 s), after a first 1,000."""
    runner: float = 0.4
    """An invocation of the runner, with a gateway that accepts a run in 250 ms. ASSUMED."""
    agent_units: float = 5.0
    """Write units that an occurrence takes of its agent's partition: claim 4, end 1."""
    attention_units: float = 4.0
    """Write units that it takes of a shard of the attention index, if it is hourly: the run's 2 and its own."""


@dataclass(frozen=True)
class Burst:
    """Schedules that are due, evenly over `spread` seconds (0: all at once), evenly over `agents`."""

    name: str
    schedules: int
    spread: int = 0
    agents: int = 1000
    quotas: Quotas = Quotas()


@dataclass(frozen=True)
class Result:
    """How late the occurrences were claimed, in seconds."""

    claimed_after: int
    """Seconds from the hour to the last claim."""
    p50: int
    p99: int
    late: float
    """The share that was later than two minutes."""


class Gate:
    """Lets so many through a second, first come first served."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._queue: deque[tuple[int, float]] = deque()
        self._left = 0.0

    def step(self, arrivals: list[tuple[int, float]], *, rate: float | None = None) -> list[tuple[int, float]]:
        """A second: what arrives and what leaves, both as nominal times with how many are due then."""
        self._queue.extend(arrivals)
        room = self._rate if rate is None else rate
        leaving: list[tuple[int, float]] = []
        while self._queue and room > 0:
            nominal, number = self._queue.popleft()
            passed = min(number, room)
            room -= passed
            leaving.append((nominal, passed))
            if passed < number:
                self._queue.appendleft((nominal, number - passed))
        return leaving


def gates(burst: Burst) -> dict[str, float]:
    """Occurrences a second that each quota lets through in the end."""
    quotas = burst.quotas
    return {
        "EventBridge invocations": quotas.eventbridge,
        "Lambda concurrency": quotas.concurrency / quotas.runner,
        "DynamoDB, partitions of the agents": burst.agents * PARTITION / quotas.agent_units,
        "DynamoDB, shards of the attention index": SHARDS * PARTITION / quotas.attention_units,
    }


def binding(burst: Burst) -> str:
    """The quota that decides: the narrowest gate, if more is due than it lets through."""
    limits = gates(burst)
    name = min(limits, key=lambda gate: limits[gate])
    return name if burst.schedules / max(burst.spread, 1) > limits[name] else "none"


def simulate(burst: Burst, *, only: str | None = None) -> Result:
    """The burst through every gate, or through one alone."""
    limits = {name: rate for name, rate in gates(burst).items() if only in (None, name)}
    passing = {name: Gate(rate) for name, rate in limits.items()}
    claims: list[tuple[int, int, float]] = []  # nominal, claimed, how many
    waiting = float(burst.schedules)
    for second in range(LONGEST):
        moving = list(_due(burst, second))
        for name, gate in passing.items():
            rate = limits[name]
            if name == "Lambda concurrency":
                rate = min(rate, (1000 + burst.quotas.scaling * second) / burst.quotas.runner)
            moving = gate.step(moving, rate=rate)
        claims += [(nominal, second, number) for nominal, number in moving]
        waiting -= sum(number for _, number in moving)
        if waiting < 0.5:
            break
    return _result(claims, burst.schedules)


def _due(burst: Burst, second: int) -> Iterator[tuple[int, float]]:
    if burst.spread == 0:
        if second == 0:
            yield 0, float(burst.schedules)
    elif second < burst.spread:
        yield second, burst.schedules / burst.spread


def _result(claims: list[tuple[int, int, float]], schedules: int) -> Result:
    lateness = sorted((claimed - nominal, number) for nominal, claimed, number in claims)

    def quantile(share: float) -> int:
        passed = 0.0
        for late, number in lateness:
            passed += number
            if passed >= share * schedules:
                return late
        return LONGEST  # that many were not claimed in the time that is simulated

    late = schedules - sum(number for seconds, number in lateness if seconds <= ON_TIME)
    last = max((claimed for _, claimed, _ in claims), default=0)
    return Result(last, quantile(0.5), quantile(0.99), max(late, 0) / schedules)


RAISED = Quotas(eventbridge=5000, concurrency=10_000)
BURSTS = (
    Burst("10,000 at :00", 10_000),
    Burst("100,000 at :00", 100_000),
    Burst("1 M at :00", 1_000_000),
    Burst("1 M at :00, quotas raised to 5,000/s and 10,000", 1_000_000, quotas=RAISED),
    Burst("1 M at :00 in 10 cells (one of them)", 100_000),
    Burst("1 M spread over the hour", 1_000_000, spread=HOUR),
    Burst("3 M at :00", 3_000_000),
    Burst("10 M at :00", 10_000_000, agents=10_000),
    Burst("10 M in 10 cells, spread over the hour (one of them)", 1_000_000, spread=HOUR),
    Burst("100,000 at :00, all of one agent", 100_000, agents=1),
    Burst("100,000 spread over the hour, all of one agent", 100_000, spread=HOUR, agents=1),
    Burst("100,000 at :00, small region", 100_000, quotas=Quotas(eventbridge=500)),
)


def duration(seconds: float) -> str:
    """As people read it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.1f} h"


def bursts() -> str:
    """Each burst through all gates."""
    rows = []
    for burst in BURSTS:
        result = simulate(burst)
        over = result.claimed_after >= LONGEST - 1
        rows.append(
            [
                burst.name,
                "not in 6 h" if over else duration(result.claimed_after),
                duration(result.p50),
                duration(result.p99),
                f"{result.late:.0%}",
                binding(burst),
            ]
        )
    return table(["due", "all claimed after", "late p50", "late p99", "over 2 min late", "what binds"], rows)


def each_quota(burst: Burst) -> str:
    """One burst through each gate alone."""
    rows = []
    for name, rate in gates(burst).items():
        result = simulate(burst, only=name)
        rows.append([name, f"{rate:,.0f}", duration(result.claimed_after), duration(result.p50), duration(result.p99)])
    return table(["quota alone", "occurrences/s", "all claimed after", "late p50", "late p99"], rows)


def report() -> str:
    """Every table, as docs/explanation/scale.md has them."""
    return "\n\n".join([bursts(), "A million at :00, with each quota alone:", each_quota(BURSTS[2])])


def fleet(schedules: int) -> list[str]:
    """A row of arithmetic: so many hourly schedules, spread over the hour."""
    rate = schedules / HOUR
    cells = max(1, math.ceil(schedules / 1_000_000))
    quotas = Quotas()
    return [
        f"{schedules:,}",
        f"{rate:,.0f}",
        f"{rate * quotas.runner:,.0f}",
        f"{rate * WRITE_UNITS:,.0f}",
        f"{rate * READ_UNITS:,.0f}",
        f"{rate * SQS_REQUESTS:,.0f}",
        f"{schedules / 10_000_000:,.1f}",
        f"{schedules / API / HOUR:,.1f} h",
        f"{cells:,}",
    ]


def arithmetic() -> str:
    """What fleets of three sizes need a second."""
    head = [
        "hourly schedules", "occurrences/s", "runners at once", "write units/s", "read units/s", "SQS requests/s",
        "of EventBridge's 10 M entries", "to create them at 100/s", "cells of 1 M",
    ]  # fmt: skip
    return table(head, [fleet(number) for number in (1_000_000, 10_000_000, 1_000_000_000)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or put them into the document too."""
    parser = parser_of("A top of the hour under the published quotas.", SCALE)
    parser.add_argument("--schedules", type=int, help="one burst of so many instead of the table")
    parser.add_argument("--spread", type=int, default=0, help="seconds over which they are due")
    parser.add_argument("--agents", type=int, default=1000)
    for quota in fields(Quotas):
        parser.add_argument(f"--{quota.name.replace('_', '-')}", type=float, default=quota.default)
    given = parser.parse_args(arguments)
    if given.schedules:
        quotas = replace(Quotas(), **{quota.name: getattr(given, quota.name) for quota in fields(Quotas)})
        burst = Burst("given", given.schedules, given.spread, given.agents, quotas)
        print(simulate(burst), "binds:", binding(burst))
        print(each_quota(burst))
        return
    show(SCALE, "benchmarks.burst fleet", arithmetic(), write=given.write)
    show(SCALE, "benchmarks.burst", report(), write=given.write)


if __name__ == "__main__":
    main()
