"""After any mix of settlements, skips and backfills every nominal time has at most one run and a readable outcome."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agent_schedules.domain.backfill import fits, without
from agent_schedules.domain.paging import Paging
from agent_schedules.domain.policies import Overlap, Policies
from agent_schedules.domain.runs import Run
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import Record
from agent_schedules.errors import Conflict, InvalidRequest
from agent_schedules.schemas.occurrences import SkipBody
from agent_schedules.services import backfills, occurrences, skips
from agent_schedules.services import schedules as schedule_service
from agent_schedules.storage.occurrences import Outcome
from hypothesis import strategies as st

from tests.support.backfills import backfill
from tests.support.lines import redefine, with_policies
from tests.support.times import law, moments, text_of
from tests.support.world import World

SPECS: dict[str, tuple[dict[str, Any], int]] = {
    "interval": ({"type": "interval", "interval_seconds": 600}, 600),
    "messages": ({"type": "interval", "interval_seconds": 45}, 45),
    "cron": ({"type": "cron", "cron_expression": "*/7 * * * *", "timezone": "Europe/Berlin"}, 420),
}
OVERLAPS: list[Overlap] = ["allow", "skip", "queue_one", "queue_all", "cancel_previous"]


class History:
    """A schedule, and the moves of its users and of the time."""

    def __init__(self, name: str, overlap: Overlap, polls: int) -> None:
        spec, self.step = SPECS[name]
        self.world = World()
        self.world.gateway.polls = polls
        self.schedule = with_policies(self.world, Policies(overlap=overlap), spec)
        self.begun = self.world.now
        self.at = (self.schedule.key.agent_id, self.schedule.key.schedule_id)

    def stored(self) -> Schedule:
        """The schedule as it is now."""
        return schedule_service.get_schedule(self.world.ports, self.world.caller, *self.at)

    def live(self, number: int) -> None:
        """Let time pass with hints that come."""
        for _ in range(number):
            self.world.clock.advance(self.step)
            self.world.hint(self.schedule, self.world.now)
            self.world.pass_time(10, step=5)

    def miss(self, number: int) -> None:
        """Let time pass without hints, until a late one."""
        self.world.clock.advance(number * self.step * 3)
        self.live(1)

    def pause(self, number: int) -> None:
        """Pause the schedule for a while."""
        schedule_service.pause_schedule(self.world.ports, self.world.call, *self.at)
        self.world.pass_time(number * self.step, step=30)
        schedule_service.resume_schedule(self.world.ports, self.world.call, *self.at)

    def lose(self, _: int) -> None:
        """Lose all messages."""
        self.world.queue.messages.clear()

    def skip(self, number: int) -> None:
        """Skip an occurrence to come."""
        self._about(skips.skip_occurrence, number)

    def unskip(self, number: int) -> None:
        """Take a skip back."""
        self._about(skips.unskip_occurrence, number)

    def _about(self, change: Callable[..., Schedule], number: int) -> None:
        schedule, nominal = self.stored(), self.world.now - self.step
        for _ in range(number):
            nominal = schedule.timetable.next_after(nominal) or nominal
        with suppress(Conflict):  # it is settled
            change(self.world.ports, self.world.call, *self.at, SkipBody(scheduled_for=text_of(nominal)))

    def backfill(self, number: int) -> None:
        """Ask for a range of the past. The longest begin before the schedule."""
        first = max(self.world.now - number * number * self.step, 0)
        with suppress(Conflict, InvalidRequest):  # one is under way, or not all is settled
            backfill(self.world, self.schedule, first, first + number * self.step)

    def stop(self, _: int) -> None:
        """Stop a backfill."""
        backfills.stop_backfill(self.world.ports, self.world.call, *self.at)

    def redefine(self, number: int) -> None:
        """Change the overlap policy."""
        overlap = OVERLAPS[number % len(OVERLAPS)]
        if overlap != self.stored().definition.policies.overlap:
            redefine(self.world, self.schedule, Policies(overlap=overlap))

    def quiet(self) -> None:
        """Let everything that is under way end. The schedule is paused meanwhile."""
        schedule_service.pause_schedule(self.world.ports, self.world.call, *self.at)
        for _ in range(40):
            self.world.sweep()
            self.world.pass_time(300, step=60)
            if not self.world.queue.messages and self.stored().state.backfill is None and not self._open():
                return
        raise AssertionError("it does not end")

    def _open(self) -> bool:
        return any(not run.terminal for run in self.world.runs(self.schedule))

    def listed(self) -> list[Outcome]:
        """All outcomes, page by page."""
        found: list[Outcome] = []
        more, after = True, None
        while more:
            paging = Paging(limit=7, newest_first=False, after=after)
            page = occurrences.list_occurrences(self.world.ports, self.world.caller, *self.at, paging)
            found += page.items
            more, after = page.more, found[-1].id if found else None
        return found


MOVES = ["live", "miss", "pause", "lose", "skip", "unskip", "backfill", "backfill", "stop", "redefine"]
histories = st.tuples(
    st.sampled_from(sorted(SPECS)),
    st.sampled_from(OVERLAPS),
    st.integers(0, 3),
    st.lists(st.tuples(st.sampled_from(MOVES), st.integers(1, 6)), max_size=14),
)


@law(histories, examples=30)
def test_each_time_has_one_outcome_and_at_most_one_run(drawn: tuple[str, Overlap, int, list[tuple[str, int]]]) -> None:
    name, overlap, polls, moves = drawn
    history = History(name, overlap, polls)
    for move, number in moves:
        getattr(history, move)(number)
    history.quiet()
    schedule, runs = history.stored(), history.world.runs(history.schedule)
    outcomes: dict[int, Outcome] = {}
    for outcome in history.listed():
        times = times_of(schedule, outcome)
        assert not set(times) & set(outcomes)
        outcomes |= dict.fromkeys(times, outcome)
    assert list(outcomes) == sorted(outcomes)
    nominal, table = schedule.timetable.next_after(history.begun), schedule.timetable
    while nominal is not None and nominal <= schedule.state.settled_until:
        assert nominal in outcomes
        nominal = table.next_after(nominal)
    for at, outcome in outcomes.items():
        found = occurrences.get_occurrence(history.world.ports, history.world.caller, *history.at, at)
        assert (found.first, found.of) == (outcome.first, outcome.of)
        if isinstance(outcome.of, Run):
            assert (outcome.of.reason is not None) == (outcome.of.trigger == "backfill")
    assert len({run.scheduled_for for run in runs}) == len(runs) == schedule.state.run_count
    assert all(run.terminal for run in runs)


def times_of(schedule: Schedule, outcome: Outcome) -> list[int]:
    """The nominal times of an outcome, as many as it says."""
    times, of = [outcome.first], outcome.of
    if isinstance(of, Record):
        while (following := schedule.timetable.next_after(times[-1])) is not None and following <= of.last:
            times.append(following)
        assert (len(times), times[-1]) == (of.count, of.last)
    return times


@law(moments(), st.integers(1, 40), st.data(), examples=60)
def test_a_record_loses_one_time_and_keeps_the_others(drawn: Any, length: int, data: st.DataObject) -> None:
    spec, instant = drawn
    times: list[int] = []
    while len(times) < length and (following := spec.next_after(times[-1] if times else instant)) is not None:
        times.append(following)
    if not times:
        return
    record = Record("skipped", "paused", times[0], times[-1], len(times))
    assert fits(record, spec)
    gone = data.draw(st.sampled_from(times))
    left = without(record, gone, spec)
    assert all(fits(one, spec) for one in left)
    assert sum(one.count for one in left) == len(times) - 1
    assert not any(one.first <= gone <= one.last for one in left)
    assert all(spec.count_in(one.first - 1, one.last) == one.count for one in left)
    kept = [at for one in left for at in times if one.first <= at <= one.last]
    assert kept == [at for at in times if at != gone]
