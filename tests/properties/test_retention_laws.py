"""Whatever expires, and however the retention changes: no nominal time runs twice, and no run loses its work."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from agent_schedules.domain.expiry import LONGEST_RUN, SLACK, Kept
from agent_schedules.domain.runs import DAY, RunKey
from agent_schedules.errors import Conflict, InvalidRequest, NotFound
from agent_schedules.ids import nominal_of
from agent_schedules.schemas.requests import UpdateScheduleBody
from agent_schedules.services import runs as run_service
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.table import Put, Write
from hypothesis import strategies as st

from tests.properties.test_backfill_laws import OVERLAPS, History
from tests.support.backfills import backfill
from tests.support.times import law
from tests.support.triggers import retry, trigger
from tests.support.world import World

SPECS: dict[str, tuple[dict[str, Any], int]] = {
    "interval": ({"type": "interval", "interval_seconds": 21_600}, 21_600),
    "cron": ({"type": "cron", "cron_expression": "0 */5 * * *", "timezone": "Europe/Berlin"}, 18_000),
}
RETENTIONS = (None, 0, 1, 2, 1, 3, 8)
MOVES = [
    "live", "miss", "pause", "lose", "backfill", "again", "again", "again", "stop", "keep", "keep",
    "keep_by_deployment", "remove", "remove", "trigger", "retry", "wait", "wait",
]  # fmt: skip


class Expiring(History):
    """A history whose rows expire, and are removed some time after."""

    def __init__(self, name: str, overlap: str, polls: int, retention: int | None) -> None:
        spec, self.step = SPECS[name]
        self.world = World()
        self.world.gateway.polls = polls
        self.made: Counter[str] = Counter()
        self.world.table.after_write = self._note
        self.schedule = self.world.create(spec, policies={"overlap": overlap, "run_retention_days": retention})
        self.at = (self.schedule.key.agent_id, self.schedule.key.schedule_id)

    def _note(self, writes: Sequence[Write]) -> None:
        for write in writes:
            if isinstance(write, Put) and write.expect == "absent" and str(write.item["sk"]).startswith("R#"):
                self.made[str(write.item["sk"])] += 1

    def keep(self, number: int) -> None:
        """Give the schedule another retention, which makes a new definition."""
        policies = {"overlap": OVERLAPS[number % len(OVERLAPS)], "run_retention_days": RETENTIONS[number]}
        body = UpdateScheduleBody.model_validate({"policies": policies, "input": f"about {number}"})
        schedule_service.update_schedule(self.world.ports, self.world.call, *self.at, body)

    def keep_by_deployment(self, number: int) -> None:
        """Give the deployment another retention."""
        self.world.with_limits(run_retention_days=RETENTIONS[number] or 0)

    def remove(self, number: int) -> None:
        """Let the table remove what has expired, up to a time before now or, by its own clock, somewhat after."""
        self.world.table.expire(self.world.now + SLACK // 2 if number % 2 else self.world.now - number * DAY // 4)

    def wait(self, number: int) -> None:
        """Let days pass, after which the table removes what has expired, more often than not."""
        self.world.clock.advance(number * DAY // 2)
        self.live(1)
        if number > 2:
            self.remove(1)

    def again(self, number: int) -> None:
        """Ask for a backfill of times that ran."""
        runs = list(self.made)
        nominal = nominal_of(self.at[1], runs[number % len(runs)].removeprefix("R#")) if runs else None
        if nominal is not None:
            with suppress(Conflict):
                backfill(self.world, self.schedule, nominal - number // 3 * self.step, nominal + 1)

    def trigger(self, _: int) -> None:
        """Start a run by hand."""
        with suppress(Conflict):
            trigger(self.world, self.schedule)

    def retry(self, number: int) -> None:
        """Repeat one of the runs that are still listed."""
        with suppress(Conflict, NotFound):
            runs = self.world.runs(self.schedule)
            if runs:
                retry(self.world, runs[number % len(runs)])

    def check(self) -> None:
        """Hold the history to the two laws."""
        assert not [run for run, times in self.made.items() if times > 1]
        now = self.world.clock()
        for run in self.world.runs(self.schedule):
            key = RunKey(run.key.owner, run.key.agent_id, run.key.run_id)
            # No sweep happens here: one would have ended an open run whose message was lost, before its work expires.
            forgotten = not run.terminal and run.timed_out(now, LONGEST_RUN)
            if not run.expired(now) and not forgotten:
                assert run_service.get_run(self.world.ports, self.world.caller, key.agent_id, key.run_id).work
            assert (run.error or {}).get("code") != "definition_lost"


@law(st.integers(0, 2**32), examples=20)
def test_no_time_runs_twice_and_no_run_loses_its_work(seed: int) -> None:
    dice = random.Random(seed)
    history = Expiring(dice.choice(sorted(SPECS)), dice.choice(OVERLAPS), dice.randint(0, 2), dice.choice(RETENTIONS))
    for _ in range(dice.randint(8, 20)):
        move, number = dice.choice(MOVES), dice.randint(1, 6)
        with suppress(InvalidRequest):
            getattr(history, move)(number)
        history.check()
    history.quiet()
    history.remove(1)
    history.check()


WRITES = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6 * DAY)), max_size=12)


@law(WRITES, st.integers(0, 6 * DAY), examples=100)
def test_a_time_that_is_not_gone_has_its_outcome(writes: list[tuple[int, int]], later: int) -> None:
    now, kept, ends = 1_800_000_000, Kept(), {}
    for days, gap in writes:
        before, now = now, now + gap
        kept = kept.wrote(days, before)
        ends[now] = now + days * DAY if days else None
        gone_before = kept.gone_before(now + later)
        lost = [nominal for nominal, end in ends.items() if end is not None and end <= now + later + SLACK // 2]
        assert all(nominal < gone_before for nominal in lost)
