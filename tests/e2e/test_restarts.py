"""The local stack stopped and killed again and again in a busy minute: nothing is lost, nothing comes twice."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Stack, seconds
from tests.support.retrying_clients import Owned, RetryingClient

STOPS = 20
KILLS = 4
LINES = ("gateway.jsonl", "events.jsonl")
FRAME = 24 + 4096  # bytes of a page in the write-ahead log of SQLite, with its header


@pytest.fixture
def seed() -> str:
    """SEED, or a new one. It decides what is done; the moments still depend on the machine."""
    found = os.environ.get("SEED") or str(random.randrange(10**6))
    print(f"SEED={found}")  # noqa: T201  # pytest shows it with a failure
    return found


@pytest.fixture
def restarted(stack_at: Callable[..., Stack], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stack]:
    """Starts stacks that are compiled once, also where Python was told to keep no bytecode."""
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}
    return lambda **environ: stack_at(**kept, **environ)


@contextmanager
def busy(stack: Stack, seed: str) -> Iterator[list[RetryingClient]]:
    """Three clients at work while the block goes on; every call of theirs is answered when it is left."""
    clients = [
        RetryingClient(stack, f"{seed}-{number}", model) for number, model in enumerate(["echo", "echo", "slow-3"])
    ]
    over = threading.Event()
    with ThreadPoolExecutor(len(clients)) as pool:
        working = [pool.submit(client.work, over) for client in clients]
        try:
            yield clients
        finally:
            over.set()
        for work in working:
            work.result()


def test_twenty_stops_lose_nothing_and_double_nothing(restarted: Callable[..., Stack], seed: str) -> None:
    moments = random.Random(seed)
    began = time.monotonic()
    stack = restarted()
    starting = time.monotonic() - began
    with busy(stack, seed) as clients:
        stopped(stack, 0)
        for _ in range(STOPS - 1):
            if moments.random() < 0.75:
                stack.start()
                time.sleep(moments.uniform(0, 1))  # no wait for anything: it is the moment that is random
                stopped(stack, 0)
            else:  # while it comes up, maybe before anybody listens for the signal
                stack.spawn()
                time.sleep(moments.uniform(0, starting))  # likewise
                stopped(stack, -signal.SIGTERM)
        stack.start()
    check(stack, clients)
    paths = [f"/api/v1/agents/{client.agent}/runs" for client in clients]
    runs = {run["id"] for path in paths for run in listed(stack, path)}
    stack.wait(lambda: told_of(stack, "run.completed") >= runs)  # what ended a moment ago is told a moment later
    assert told_of(stack, "run.started") == told_of(stack, "run.completed") == runs


def test_a_stack_killed_again_and_again_heals_itself(restarted: Callable[..., Stack], seed: str) -> None:
    moments = random.Random(seed)
    stack = restarted(GATEWAY_MODE="synchronous")
    with busy(stack, seed) as clients:
        for _ in range(KILLS):
            time.sleep(moments.uniform(0, 2))  # no wait for anything: it is the moment that is random
            stack.stop(signal.SIGKILL)
            for name in LINES:  # what a kill in mid-write leaves
                path = stack.directory / name
                torn(path, (path.read_bytes().splitlines() or [b'{"nothing": "yet"}'])[-1], moments)
            log = stack.directory / "table.db-wal"
            torn(log, log.read_bytes()[-FRAME:] or b"nothing yet", moments)
            stack.start()
    # What a killed process had written the kernel still has, so that here, too, nothing at all is gone.
    check(stack, clients)
    assert events(stack)


def test_only_the_last_second_before_a_power_cut_is_gone(restarted: Callable[..., Stack]) -> None:
    stack = restarted()
    agent = stack.agent()
    each_second = {"type": "interval", "interval_seconds": 1}
    every = Owned.created(stack.schedule(agent, each_second), each_second)
    database = stack.directory / "table.db"  # which is written once a second, after the log was forced to the disk
    made: list[tuple[float, float, str]] = []
    began = time.monotonic()
    while True:
        sent = time.time()
        later = stack.schedule(agent, {"type": "interval", "interval_seconds": 3600}, f"number {len(made)}")
        made.append((sent, time.time(), later["id"]))
        if time.monotonic() > began + 3 and len(made) >= 10:
            assert stack.process is not None
            stack.process.send_signal(signal.SIGSTOP)
            if sent > database.stat().st_mtime:  # there is something to lose
                break
            stack.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)  # an agent may have 5,000
    stack.stop(signal.SIGKILL)
    synced = database.stat().st_mtime
    os.truncate(stack.directory / "table.db-wal", 0)  # the most that a power cut takes

    stack.start()
    kept = {schedule["id"] for schedule in listed(stack, f"/api/v1/agents/{agent}/schedules")}
    assert kept >= {every.view["id"]} | {later for _, answered, later in made if answered <= synced}
    assert kept.isdisjoint(later for sent, _, later in made if sent > synced)
    assert len(kept) > 1
    check_schedules(stack, [every])
    check_runs(stack, agent)


def torn(path: Path, last: bytes, moments: random.Random) -> None:
    """Append the beginning of what was written last, as if its writer had been killed while it wrote it again."""
    with path.open("ab") as file:
        file.write(last[: moments.randrange(1, len(last))])


def told_of(stack: Stack, kind: str) -> set[str]:
    """The runs of which there is such an event."""
    return {event["detail"]["run_id"] for event in events(stack) if event["detail-type"] == kind}


def stopped(stack: Stack, number: int) -> None:
    """Stop it with SIGTERM; it may end as it should, or with that exit code."""
    stack.stop(signal.SIGTERM)
    assert stack.process is not None
    assert stack.process.returncode in {0, number}, stack.said


def listed(stack: Stack, path: str) -> list[dict[str, Any]]:
    """Everything in a list, the oldest first."""
    found: list[dict[str, Any]] = []
    separator, cursor = "&" if "?" in path else "?", ""
    while True:
        page = stack.get(f"{path}{separator}limit=100&order=asc{cursor}")
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&after={page['next_cursor']}"


def events(stack: Stack) -> list[dict[str, Any]]:
    """What was announced; each line is whole, but for the one that is being written."""
    lines = (stack.directory / "events.jsonl").read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def check(stack: Stack, clients: Sequence[RetryingClient]) -> None:
    """Wait until all that is due is settled and over, and hold it against what the clients were answered."""
    check_schedules(stack, [owned for client in clients for owned in client.schedules])
    for client in clients:
        path = f"/api/v1/agents/{client.agent}/schedules"
        there = [schedule["id"] for schedule in listed(stack, path) + listed(stack, f"{path}?status=deleted")]
        assert sorted(there) == sorted(owned.view["id"] for owned in client.schedules)
        runs = check_runs(stack, client.agent)
        assert {run["id"]: run["input"] for run in runs if run["trigger"] == "api"} == client.runs


def check_schedules(stack: Stack, schedules: Sequence[Owned]) -> None:
    """Wait until what is due is settled, pause, and hold each schedule against its timings."""
    now = max([time.time(), *(owned.last_moment for owned in schedules)])

    def settled() -> bool:
        following = [stack.get(owned.path)["next_run_at"] for owned in schedules]
        return all(moment is None or seconds(moment) > now for moment in following)

    stack.wait(settled)
    for owned in schedules:
        if owned.status == "active" and not owned.once:
            owned.paused(stack.client.post(f"{owned.path}/pause").raise_for_status().json())
    for owned in schedules:
        view, outcomes = stack.get(owned.path), listed(stack, f"{owned.path}/occurrences")
        hold(owned, int(now), view, outcomes)
        ran = [outcome["run_id"] for outcome in outcomes if outcome["outcome"] == "ran"]
        assert ran == [run["id"] for run in listed(stack, f"{owned.path}/runs")]
        assert view["run_count"] == len(ran)


def hold(owned: Owned, now: int, view: dict[str, Any], outcomes: Sequence[dict[str, Any]]) -> None:
    """The schedule is as its client left it, and each of its nominal times has one outcome."""
    expected = owned.view | ({"status": "completed"} if owned.once and owned.status == "active" else {})
    for name in ("status", "schedule", "input", "deleted_at"):
        assert view[name] == expected[name], owned
    assert view["generation"] == owned.generation, owned
    must, may = owned.due(now)
    covered: Counter[int] = Counter()
    for outcome in outcomes:
        first, last = int(seconds(outcome["scheduled_for"])), int(seconds(outcome["until"]))
        if outcome["outcome"] == "ran":
            covered[first] += 1
            continue
        assert outcome["reason"] in {"paused", "schedule_paused", "schedule_updated", "schedule_deleted"}, outcome
        skipped = [nominal for nominal in must if first <= nominal <= last]
        assert outcome["count"] == len(skipped), (outcome, owned)
        covered.update(skipped)
    assert set(covered.values()) <= {1}, (covered, owned)
    assert must <= set(covered) <= must | may, (sorted(must ^ set(covered)), owned)


def check_runs(stack: Stack, agent: str) -> list[dict[str, Any]]:
    """Wait until all runs of an agent are over; each has ended well, once."""

    def over() -> bool:
        return all(run["completed_at"] for run in listed(stack, f"/api/v1/agents/{agent}/runs"))

    stack.wait(over)
    runs = listed(stack, f"/api/v1/agents/{agent}/runs")
    assert len({run["id"] for run in runs}) == len(runs)
    for run in runs:
        assert run["status"] == "completed", run
        assert run["gateway_response"]["output"][0]["content"][0]["text"] == run["input"]
    return runs
