"""The cost of an operation among a hundred, ten thousand and a million rows, and the time that `next_after` takes.

    python -m benchmarks.growth [--most ROWS] [--write]    a few minutes, and 4 GB of memory for a million rows

Units and calls are counted on the strict fake table. The processor time of `next_after` is measured.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterable, Sequence

from agent_schedules.timing.spec import Cron, Spec

from benchmarks.alone import alone
from benchmarks.machine import machine
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from tests.support.cost_meter import Cost
from tests.support.large_tables import cost_of_offset, costs
from tests.support.measured import PROMPTS
from tests.support.random_specs import cases
from tests.support.search_counter import counting_searches
from tests.support.times import seconds_of

ROWS = (100, 10_000, 1_000_000)
OFFSETS = (0, 100, 1_000, 10_000)
SPECS = 20_000
REPEATS = 5
SPARSEST = Cron("0 0 29 2 */7", "Europe/Riga"), seconds_of("2088-03-01T00:00:00Z")
"""29 February on a Sunday: the next one is 40 years away."""


def rows(most: int) -> str:
    """Of each operation among so many rows, and how much dearer the most are than the fewest."""
    found = {count: costs(count) for count in ROWS if count <= most}
    first, *_, last = found
    lines = []
    for name, few in found[first].items():
        many = found[last][name]
        cells = [f"{cost.calls} / {_units(cost):g}" for cost in (of_all[name] for of_all in found.values())]
        lines.append([name, *cells, f"{many.calls / few.calls:.2f} / {_units(many) / _units(few):.2f}"])
    return table(["calls / units", *(f"{count:,} rows" for count in found), "last to first"], lines)


def _units(cost: Cost) -> float:
    return cost.read_units + cost.write_units


def offsets() -> str:
    """Of a page of schedules by its offset."""
    lines = []
    for offset in OFFSETS:
        found = [cost_of_offset(offset, prompt) for prompt in PROMPTS.values()]
        lines.append([f"{offset:,}", *(f"{number:,g}" for cost in found for number in (cost.calls, cost.read_units))])
    head = [f"{what}, {prompt}" for prompt in PROMPTS for what in ("calls", "read units")]
    return table(["offset", *head], lines)


def next_times() -> str:
    """Of `next_after` over random specs: searches and processor time, and the sparsest expression by itself."""
    specs = list(cases(SPECS))
    lines = [_distribution(f"{SPECS:,} random specs", _looks(specs), _times(specs))]
    lines.append(_distribution("the sparsest expression", _looks([SPARSEST]), _times([SPARSEST])))
    head = [
        "months looked at: p50",
        "p99",
        "most",
        "microseconds: p50",
        "p99",
        "p99.9",
        "most",
        "p99 to p50",
        "most to p50",
    ]
    return table(["", *head], lines)


def _distribution(name: str, searches: list[int], times: list[float]) -> list[str]:
    middle = _percentile(times, 50)
    return [
        name,
        *(str(_percentile(searches, part)) for part in (50, 99, 100)),
        *(f"{_percentile(times, part):.0f}" for part in (50, 99, 99.9, 100)),
        *(f"{_percentile(times, part) / middle:.1f}" for part in (99, 100)),
    ]


def _percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part / 100), len(ordered) - 1)]


def _looks(specs: Iterable[tuple[Spec, int]]) -> list[int]:
    found = []
    with counting_searches() as searches:
        for spec, instant in specs:
            searches["months"] = 0
            spec.next_after(instant)
            found.append(searches["months"])
    return found


def _times(specs: Sequence[tuple[Spec, int]]) -> list[float]:
    """Microseconds of this thread for each, the median of a few rounds. Zones are loaded by the searches before."""
    rounds: list[list[float]] = []
    for _ in range(REPEATS):
        measured = []
        for spec, instant in specs:
            began = time.thread_time_ns()
            spec.next_after(instant)
            measured.append((time.thread_time_ns() - began) / 1000)
        rounds.append(measured)
    return [statistics.median(of_one) for of_one in zip(*rounds, strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or put them into the document too."""
    parser = parser_of("What operations cost among ever more rows.", PERFORMANCE)
    parser.add_argument("--most", type=int, default=ROWS[-1], help="rows at most, from 10,000")
    given = parser.parse_args(arguments)
    alone()
    gc.disable()  # nothing here is a cycle, and looking through millions of rows for one takes longer than the rest
    sections = {
        "benchmarks.growth, next times": f"{machine()}\n\n{next_times()}",
        "benchmarks.growth, offsets": offsets(),
        "benchmarks.growth, rows": rows(given.most),
    }
    for name, body in sections.items():
        show(PERFORMANCE, name, body, write=given.write)


if __name__ == "__main__":
    main()
