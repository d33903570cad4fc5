"""`python -m benchmarks.throughput`: schedules made per second, a burst in one second, and intervals of a second, by
the local stack and its peers in turn. Prints the tables of docs/explanation/performance.md.

All contenders take turns in the same run. Each number is followed by its ratio to ours.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from benchmarks.contender_process import Contender, Occurrence, Running, post, running
from benchmarks.contenders import APScheduler, Mastra, Ours, Prefect
from benchmarks.machine import machine
from benchmarks.sections import DOCS, table, write_section

WARM = 100  # schedules made before it counts, or fewer
LOOK = 2.0  # seconds between two polls of a burst; a poll takes time from the measured process
CONTENDERS: dict[str, Callable[[], Contender]] = {
    "ours": Ours,
    "mastra": Mastra,
    "apscheduler": APScheduler,
    "prefect": Prefect,
}
Numbers = dict[str, float]
Request = Callable[[int], tuple[str, Any]]


def make(stack: Running, count: int, request: Request, within: float = math.inf) -> tuple[int, float]:
    """Make `count` schedules over its connections, or as many as get through; how many, and the seconds."""
    began = time.monotonic()
    connections = stack.contender.connections

    def some(first: int) -> int:
        made = 0
        with stack.client as client:
            for number in range(first, count, connections):
                path, body = request(number)
                if not _made(client, path, body, began + within):
                    break
                made += 1
                if time.monotonic() - began > within:
                    break
        return made

    with ThreadPoolExecutor(connections) as pool:
        made = sum(pool.map(some, range(connections)))
    return made, time.monotonic() - began


def _made(client: httpx.Client, path: str, body: Any, until: float) -> bool:
    """Whether it was made in time."""
    try:
        answer = post(client, path, body, until)
    except httpx.TimeoutException:
        return False
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        return False
    answer.raise_for_status()
    return True


def creates(stack: Running, arguments: argparse.Namespace) -> Numbers:
    """How many schedules are made in a second."""
    make(stack, min(WARM, arguments.creates), stack.contender.daily)
    made, seconds = make(stack, arguments.creates, stack.contender.daily)
    return {"created/s": made / seconds}


def seconds_each(contender: Contender) -> float:
    """How long it takes to make a schedule, told by a few on data of their own: a tenant of ours may have 10,000."""
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    another = type(contender)()
    with tempfile.TemporaryDirectory() as directory, running(another, Path(directory) / "data") as stack:
        made, seconds = make(stack, WARM, lambda number: another.once(number, tomorrow))
    return seconds / made


def burst(stack: Running, arguments: argparse.Namespace) -> Numbers:
    """How long it takes to claim, and to finish, what is due in one second."""
    ahead = timedelta(seconds=arguments.slack * arguments.burst * seconds_each(stack.contender) + 3)
    at = (datetime.now(UTC) + ahead).replace(microsecond=0)
    make(stack, arguments.burst, lambda number: stack.contender.once(number, at))
    if datetime.now(UTC) > at:
        print(f"{stack.contender.name} was not ready in time: give more --slack", file=sys.stderr)
        return dict.fromkeys(("half claimed after s", "all claimed after s", "all answered after s"), math.inf)
    found: list[Occurrence] = []
    answered = float("inf")
    while time.time() < at.timestamp() + arguments.patience:
        time.sleep(LOOK)
        found = [each for each in stack.contender.occurrences(stack.directory) if each.nominal == at.timestamp()]
        if sum(each.done for each in found) == arguments.burst:
            answered = time.time() - at.timestamp()
            break
    claims = sorted(each.claimed - at.timestamp() for each in found)
    return {
        "half claimed after s": claims[arguments.burst // 2] if len(claims) > arguments.burst // 2 else float("inf"),
        "all claimed after s": claims[-1] if len(claims) == arguments.burst else float("inf"),
        "all answered after s": answered,
    }


def intervals(stack: Running, arguments: argparse.Namespace) -> Numbers:
    """Measure how late one-second intervals are claimed, and how many occurrences are never claimed."""
    made, _ = make(stack, arguments.intervals, stack.contender.every_second, within=60)
    begin = int(time.time()) + 2
    end = begin + arguments.seconds
    time.sleep(end + arguments.grace - time.time())
    seen = stack.contender.occurrences(stack.directory)
    found = {(each.schedule, each.nominal): each for each in seen if begin <= each.nominal < end}
    late = sorted(max(each.claimed - each.nominal, 0) for each in found.values())
    due = made * arguments.seconds
    return {
        "made": float(made),
        "not claimed": float(due - len(found)),
        "not claimed %": 100 * (due - len(found)) / due if due else math.inf,
        "lateness p50 s": late[len(late) // 2] if late else float("inf"),
        "lateness p99 s": late[len(late) * 99 // 100] if late else float("inf"),
    }


EXPERIMENTS = {"creates": creates, "burst": burst, "intervals": intervals}


def measured(name: str, experiments: Sequence[str], arguments: argparse.Namespace) -> list[Numbers]:
    """One turn of one contender, on fresh data."""
    with tempfile.TemporaryDirectory() as directory, running(CONTENDERS[name](), Path(directory) / "data") as stack:
        return [EXPERIMENTS[experiment](stack, arguments) for experiment in experiments]


def shown(value: float) -> str:
    """A number in three digits or more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def results(experiment: str, turns: dict[str, list[Numbers]]) -> str:
    """The medians as a table, with the ratio to ours where there is one."""
    columns = list(next(iter(turns.values()))[0])
    medians = {
        name: {column: statistics.median(turn[column] for turn in found) for column in columns}
        for name, found in turns.items()
    }
    rows = []
    for name, numbers in medians.items():
        cells = []
        for column in columns:
            ours = medians.get("ours", {}).get(column)
            compared = ours and name != "ours" and math.isfinite(numbers[column])
            ratio = f" ({shown(numbers[column] / ours)} x)" if ours and compared else ""
            cells.append(f"{shown(numbers[column])}{ratio}" if math.isfinite(numbers[column]) else "never")
        rows.append([CONTENDERS[name]().name, *cells])
    return table([experiment, *columns], rows)


def turns_of(asked: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Each experiment's results, when all contenders have had their turns."""
    for together in [asked.experiments] if asked.quick else [[each] for each in asked.experiments]:
        found: dict[str, dict[str, list[Numbers]]] = {each: {name: [] for name in asked.only} for each in together}
        for _ in range(asked.rounds if together == ["creates"] else 1):
            for name in asked.only:
                for experiment, numbers in zip(together, measured(name, together, asked), strict=True):
                    found[experiment][name].append(numbers)
                    load = os.getloadavg()[0]
                    print(f"{experiment} {name}, load {load:.1f}: {json.dumps(numbers)}", file=sys.stderr, flush=True)
        for experiment in together:
            yield experiment, results(experiment, found[experiment])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender at making schedules")
    parser.add_argument("--only", nargs="*", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--experiments", nargs="*", choices=list(EXPERIMENTS), default=list(EXPERIMENTS))
    parser.add_argument("--creates", type=int, default=2000)
    parser.add_argument("--burst", type=int, default=10_000, help="schedules due in the same second")
    parser.add_argument("--slack", type=float, default=4, help="times as long as making the burst should take")
    parser.add_argument("--patience", type=float, default=600, help="seconds to wait for the burst")
    parser.add_argument("--intervals", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--grace", type=float, default=30, help="seconds given to what is behind")
    parser.add_argument("--quick", action="store_true", help="small sizes in one go, to see that all of it works")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/explanation/performance.md")
    asked = parser.parse_args(arguments)
    if asked.quick:
        parser.set_defaults(rounds=1, creates=30, burst=30, intervals=10, seconds=4, grace=2)
        asked = parser.parse_args(arguments)
    # Ends the running contender, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    captions = {
        "creates": f"Medians of {asked.rounds} turns each:",
        "burst": f"{asked.burst:,} schedules due in the same second, one turn each:",
        "intervals": f"{asked.intervals:,} one-second intervals for {asked.seconds} s, and {asked.grace:g} s more for "
        "what is behind, one turn each:",
    }
    parts = [f"{machine()}. Ratios are to the local stack."]
    for experiment, text in turns_of(asked):
        parts += [captions[experiment], text]
        print(f"{captions[experiment]}\n\n{text}\n", flush=True)
    if asked.write:
        write_section(DOCS / "explanation" / "performance.md", "benchmarks.throughput", "\n\n".join(parts))


if __name__ == "__main__":
    threading.stack_size(256 * 1024)
    main()
