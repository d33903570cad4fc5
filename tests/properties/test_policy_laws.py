"""Laws of policies, against brute force: nominal times by seconds and dates, outcomes by counting them all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, get_args

from agent_schedules.domain.policies import MOST_WAITING, DateRange, Misfire, Overlap, Policies
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import MOST_WRITES, Settlement, decide, settled
from agent_schedules.domain.timetable import Timetable
from agent_schedules.ids import run_id
from agent_schedules.timing.spec import Cron, Interval, Once, Spec
from agent_schedules.timing.zones import zone
from hypothesis import strategies as st

from tests.support.schedules import KEY, schedule_of
from tests.support.times import law

DAY = 86_400
GRACE = 600
LONGEST = 20_100  # seconds of a history
ZONES = ("UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Pacific/Apia")
STARTS = tuple(
    int(datetime.fromisoformat(text).timestamp())
    for text in (
        "2026-03-02T10:00:00Z",
        "2026-03-08T04:30:00Z",  # Havana's midnight does not exist
        "2026-03-28T21:30:00Z",  # nor does Beirut's
        "2026-10-24T20:30:00Z",
        "2026-12-31T23:30:00Z",
    )
)


@st.composite
def specs(draw: st.DrawFn, start: int) -> Spec:
    """A timing that has a few occurrences an hour or a few a minute."""
    name = draw(st.sampled_from(ZONES))
    match draw(st.sampled_from(("interval", "cron", "once"))):
        case "interval":
            seconds = draw(st.sampled_from((7, 45, 60, 90, 300, 1800)))
            return Interval(seconds, start + draw(st.integers(-100, 400)), timezone=name)
        case "cron":
            return Cron(draw(st.sampled_from(("* * * * *", "*/7 * * * *", "0,30 * * * *", "5 0-3 * * *"))), name)
        case _:
            return Once(datetime.fromtimestamp(start + draw(st.integers(1, 2_000)), UTC), timezone=name)


@st.composite
def policies(draw: st.DrawFn, start: int) -> Policies:
    """Policies whose every field matters within an hour or two."""
    near = st.one_of(st.none(), st.integers(-60_000, 5_000_000))  # milliseconds from the start
    today = datetime.fromtimestamp(start, UTC).date()
    days = st.builds(
        lambda first, more: DateRange(today + timedelta(first), today + timedelta(first + more)),
        st.integers(-1, 2),
        st.integers(0, 1),
    )
    bounds = [
        None if found is None else datetime.fromtimestamp(start, UTC) + timedelta(milliseconds=found)
        for found in (draw(near), draw(near))
    ]
    return Policies(
        start_at=bounds[0],
        end_at=bounds[1],
        exclude=tuple(draw(st.lists(days, max_size=2))),
        max_runs=draw(st.one_of(st.none(), st.integers(1, 8))),
        spread_seconds=draw(st.sampled_from((0, 0, 1, 20, 200, 900))),
        overlap=draw(st.sampled_from(get_args(Overlap))),
        misfire=draw(st.sampled_from(get_args(Misfire))),
        misfire_grace_seconds=draw(st.sampled_from((None, None, 0, 100, 300))),
    )


@dataclass(frozen=True)
class Case:
    """A schedule, from the moment of its creation on."""

    start: int
    table: Timetable

    def nominal(self, length: int) -> list[int]:
        """Its nominal times of the first so many seconds, by asking for each second."""
        return [time for time in self.times if time <= self.start + length]

    @cached_property
    def times(self) -> list[int]:
        """Those of the longest history."""
        spec, known, length = self.table.timing, self.table.policies, LONGEST
        begin = known.start_at.timestamp() if known.start_at else 0
        end = known.end_at.timestamp() if known.end_at else float("inf")
        step = 60 if isinstance(spec, Cron) else 1
        first = (self.start + step) // step * step
        seconds = range(first, self.start + length + 1, step)
        if isinstance(spec, Once):
            seconds = range(spec.at, spec.at + 1)
        return [s for s in seconds if self.start < s <= self.start + length and begin <= s <= end and spec.matches(s)]

    def hidden(self, nominal: int) -> str | None:
        """Why a time makes no run, by the date on the clocks of its zone."""
        if nominal in self.table.skips:
            return "skip_requested"
        day: date = datetime.fromtimestamp(nominal, zone(self.table.timing.timezone)).date()
        return "excluded" if any(found.first <= day <= found.last for found in self.table.policies.exclude) else None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A random timetable, some of whose times are skipped."""
    start = draw(st.sampled_from(STARTS)) + draw(st.integers(0, 90))
    spec, known = draw(specs(start)), draw(policies(start))
    case = Case(start, Timetable(spec, known, seed=KEY.schedule_id))
    times = case.nominal(3_600)
    skips = draw(st.lists(st.sampled_from(times), max_size=4)) if times else []
    return Case(start, replace(case.table, skips=frozenset(skips)))


@law(cases(), st.integers(0, 7_000), st.integers(1, 4_000), examples=60)
def test_a_timetable_is_what_brute_force_finds(case: Case, offset: int, length: int) -> None:
    table, after, until = case.table, case.start + offset, case.start + offset + length
    times = [time for time in case.nominal(12_000) if time > after]
    within = [time for time in times if time <= until]
    runs = [time for time in times if case.hidden(time) is None]
    if times:
        assert table.next_after(after) == times[0]
    if runs:
        assert table.next_run(after) == runs[0]
    assert table.count_in(after, until) == len(within)
    assert table.last_in(after, until) == (within[-1] if within else None)
    assert table.last_run(after, until) == max((time for time in runs if time <= until), default=None)
    assert [table.hidden(time) for time in within] == [case.hidden(time) for time in within]
    assert all(table.matches(time) for time in within)
    for time in within[:40]:
        end = table.same_until(time, until)
        assert time <= end <= until
        assert {case.hidden(other) for other in within if time <= other <= end} == {case.hidden(time)}


@law(cases(), examples=60)
def test_spread_keeps_the_order_within_its_bound(case: Case) -> None:
    times = case.nominal(3_600)
    dues = [case.table.due_at(time) for time in times]
    assert dues == [replace(case.table).due_at(time) for time in times]
    for time, due, following in zip(times, dues, [*times, None][1:], strict=True):
        assert time <= due <= time + case.table.policies.spread_seconds
        assert following is None or due < following
    for instant in range(case.start, case.start + 3_700, 97):
        mark = case.table.due_by(instant)
        assert [time <= mark for time in times] == [due <= instant for due in dues]


@dataclass
class History:
    """What became of a schedule whose hints come at any time, and whose runs end at any time."""

    case: Case
    schedule: Schedule
    grace: int
    open_run: str | None = None
    outcomes: Counter[int] = field(default_factory=Counter)
    started: list[int] = field(default_factory=list)

    def settle(self, now: int) -> None:
        """A hint comes."""
        while (
            self.schedule.state.status == "active"
            and (found := decide(self.schedule, now=now, grace=GRACE, open_run_id=self._open())) is not None
        ):
            self._check(found, now)
            state = settled(self.schedule, found, open_run_id=self._open(), now=datetime.fromtimestamp(now, UTC))
            if self.schedule.definition.policies.serial:
                fresh = [run_id(KEY.schedule_id, time) for time in found.runs if time not in found.waiting]
                assert len(fresh) + (self._open() is not None) <= 1
                self.open_run = fresh[0] if fresh else self.open_run
                assert state.open_run_id == self.open_run
                assert len(state.waiting) <= MOST_WAITING
                assert not state.waiting or self.open_run is not None
            self.schedule = replace(self.schedule, state=state)
            assert found.more == (
                state.next_run_at is not None and self.schedule.timetable.due_at(state.next_run_at) <= now
            )
            if not found.more:
                break

    def _open(self) -> str | None:
        return self.open_run if self.schedule.definition.policies.serial else None

    def end(self) -> None:
        """The open run ends, and the next one in line starts."""
        state = self.schedule.state
        self.open_run = state.waiting[0] if state.waiting else None
        state = replace(state, open_run_id=self.open_run, waiting=state.waiting[1:])
        self.schedule = replace(self.schedule, state=state)

    def _check(self, found: Settlement, now: int) -> None:
        table = self.schedule.timetable
        assert len(found.runs) + len(found.records) <= MOST_WRITES
        assert found.runs or found.records
        for time in found.runs:
            assert self.case.hidden(time) is None
            assert table.due_at(time) <= now
            assert now - table.due_at(time) <= max(self.grace, 120)
        times = self.case.times
        for record in found.records:
            meant = [time for time in times if record.first <= time <= record.last]
            assert (len(meant), meant[0], meant[-1]) == (record.count, record.first, record.last)
            reasons = {self.case.hidden(time) or record.reason for time in meant}
            assert reasons == {record.reason}
            assert record.outcome == ("missed" if record.reason == "late" else "skipped")
            if record.reason == "late":
                assert all(now - table.due_at(time) > 120 for time in meant)
            self.outcomes.update(meant)
        self.outcomes.update(found.runs)
        self.started += found.runs


@law(cases(), st.data(), examples=50)
def test_every_time_in_bounds_has_exactly_one_outcome(case: Case, data: st.DataObject) -> None:
    schedule = schedule_of(case.table.timing, case.start, case.table.policies, skips=tuple(sorted(case.table.skips)))
    if schedule.state.next_run_at is None:
        return
    own = case.table.policies.misfire_grace_seconds
    history = History(case, schedule, GRACE if own is None else own)
    now = case.start
    for _ in range(data.draw(st.integers(1, 8))):
        now += data.draw(st.sampled_from((1, 30, 45, 60, 61, 119, 121, 200, 700, 2_500)))
        if data.draw(st.booleans()):
            history.end()
        history.settle(now)
    _settled_in_full(history, now)


def _settled_in_full(history: History, now: int) -> None:
    case, state, known = history.case, history.schedule.state, history.case.table.policies
    times = case.times
    assert set(history.outcomes.values()) <= {1}
    assert set(history.outcomes) <= set(times)
    assert len(history.started) == state.run_count <= (known.max_runs or state.run_count)
    due = [time for time in times if case.table.due_at(time) <= now]
    if state.status == "completed":
        exhausted = known.max_runs is not None and len(history.started) == known.max_runs
        left = [time for time in times if time > state.settled_until and case.hidden(time) is None]
        assert exhausted or not left
        due = [time for time in due if time <= state.settled_until]
    runs = [time for time in due if case.hidden(time) is None]
    assert all(history.outcomes[time] == 1 for time in due if time <= (runs[-1] if runs else 0))
    following = [time for time in times if time > state.settled_until and case.hidden(time) is None]
    if state.status == "active" and following:
        assert state.next_run_at == following[0]


@law(cases(), st.integers(100, 9_000), examples=50)
def test_so_many_late_ones_run_as_the_policy_says(case: Case, late: int) -> None:
    known = replace(case.table.policies, overlap="allow", max_runs=None)
    schedule = schedule_of(case.table.timing, case.start, known, skips=tuple(sorted(case.table.skips)))
    if schedule.state.next_run_at is None:
        return
    now, started = case.start + late, list[int]()
    history = History(replace(case, table=schedule.timetable), schedule, known.misfire_grace_seconds or GRACE)
    history.settle(now)
    started = history.started
    due = [time for time in case.times if schedule.timetable.due_at(time) <= now]
    due = [time for time in due if case.hidden(time) is None]
    grace = GRACE if known.misfire_grace_seconds is None else known.misfire_grace_seconds
    on_time = [time for time in due if now - schedule.timetable.due_at(time) <= 120]
    kept = [time for time in due if 120 < now - schedule.timetable.due_at(time) <= grace]
    most: dict[Any, int] = {"skip": 0, "run_latest": 1, "run_all": 100}
    assert started == (kept[-most[known.misfire] :] if most[known.misfire] else []) + on_time
