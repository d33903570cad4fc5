"""The law of the dead man's switch: a schedule is silent exactly when it is active and no run of it completed for that
long, once for each silence. Random lives of a schedule in the real use cases, against a clock that knows no row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_schedules.errors import Conflict
from agent_schedules.schemas.requests import UpdateAgentBody, UpdateScheduleBody
from agent_schedules.services import agents, schedules
from hypothesis import strategies as st

from tests.support.pauses import pause
from tests.support.publishing import Publisher
from tests.support.times import law
from tests.support.triggers import trigger
from tests.support.watched import Watched

SWEEP = 300
YEARLY = {"type": "interval", "interval_seconds": 365 * 86_400}
ALERTS = (60, 600, 1_000, 7_200)
MOVES = (
    *("run",) * 4, "fail", "pause", "pause for a while", "resume", "rename", "alert", "no alert", "delete agent",
    "restore agent", "delete", *("nothing",) * 4,
)  # fmt: skip


@dataclass
class Oracle:
    """What is told, by the rules alone. Times are UTC seconds."""

    seconds: int | None
    since: int
    active: bool = True
    silent: bool = False
    troubled: bool = False
    """It was silent, or a run failed, and none completed since."""

    def begin(self, now: int) -> None:
        """It becomes active, or its policy is another."""
        self.since, self.silent = now, False

    def swept(self, now: int) -> list[str]:
        """The events of a sweep."""
        if not self.active or self.silent or self.seconds is None or now < self.since + self.seconds:
            return []
        self.silent = self.troubled = True
        return ["schedule.silent"]

    def ran(self, now: int, *, completed: bool) -> list[str]:
        """The events of a run that ended at `now`."""
        if not completed:
            self.troubled = True
            return []
        if self.active:
            self.begin(now)
        recovered, self.troubled = self.troubled, False
        return ["schedule.recovered"] if recovered else []


class Life:
    """A schedule of which nothing but these moves happens."""

    def __init__(self, alert: int | None) -> None:
        self.watched = Watched()
        self.world = self.watched.world
        self.world.gateway.background = False
        self.publisher = Publisher(webhooks=False)
        self.schedule = self.world.create(YEARLY, policies={"alert_after_seconds": alert})
        self.oracle = Oracle(alert, self.world.now)
        self.agent_live = self.there = True
        self.until: int | None = None

    @property
    def at(self) -> tuple[Any, Any, str, str]:
        """The arguments of a call about the schedule."""
        return self.world.ports, self.world.call, self.schedule.key.agent_id, self.schedule.key.schedule_id

    def told(self) -> list[str]:
        """The events about silence since the last time."""
        self.publisher.bus.heard.clear()
        self.publisher.publish(self.watched.changes)
        self.watched.changes.clear()
        kinds = [event.kind for event in self.publisher.bus.heard]
        return [kind for kind in kinds if kind in {"schedule.silent", "schedule.recovered"}]

    def pass_time(self, seconds: int) -> None:
        """Let time pass with a worker and a sweep at work."""
        end = self.world.now + seconds
        while self.world.now < end:
            step = min(SWEEP - self.world.now % SWEEP, end - self.world.now)
            if self.until is not None and self.until > self.world.now:
                step = min(step, self.until - self.world.now)
            self.world.clock.advance(step)
            self.world.work()
            self._wake()
            expected = []
            if self.world.now % SWEEP == 0:
                expected = self.oracle.swept(self.world.now)
                self.world.sweep()
            assert self.told() == expected

    def _wake(self) -> None:
        if self.until is not None and self.world.now >= self.until:
            self.until, self.oracle.active = None, True
            self.oracle.begin(self.world.now)

    def move(self, name: str, number: int) -> None:
        """One move, and what it means by the rules."""
        if not self.agent_live and name != "restore agent":
            return
        try:
            expected = self._moved(name, number)
        except Conflict:
            expected = []
        assert self.told() == expected

    def _moved(self, name: str, number: int) -> list[str]:
        world, oracle, agent_id = self.world, self.oracle, self.schedule.key.agent_id
        match name:
            case "run" | "fail" if self.there:
                model = UpdateAgentBody(model="echo" if name == "run" else "fail")
                agents.update_agent(world.ports, world.call, agent_id, model)
                world.clock.advance(1)
                trigger(world, self.schedule)
                world.work()
                return oracle.ran(world.now, completed=name == "run")
            case "pause" | "pause for a while" if self.there:
                body: dict[str, Any] = {}  # which leaves the end of a pause as it is
                if name == "pause for a while":
                    self.until = world.now + 60 + number % 800
                    body["until"] = datetime.fromtimestamp(self.until, UTC).isoformat()
                pause(world, self.schedule, **body)
                oracle.active = False
            case "resume" if self.there:
                schedules.resume_schedule(*self.at)
                if not oracle.active:
                    oracle.begin(world.now)
                oracle.active, self.until = True, None
            case "rename" if self.there:
                schedules.update_schedule(*self.at, UpdateScheduleBody(name=f"n{number}"))
            case "alert" | "no alert" if self.there:
                seconds = ALERTS[number % len(ALERTS)] if name == "alert" else None
                change = UpdateScheduleBody.model_validate({"policies": {"alert_after_seconds": seconds}})
                schedules.update_schedule(*self.at, change)
                if seconds != oracle.seconds:
                    oracle.begin(world.now)
                oracle.seconds = seconds
            case "delete agent":
                agents.delete_agent(world.ports, world.call, agent_id)
                self.agent_live = oracle.active = False
                self.until = None
            case "restore agent" if not self.agent_live:
                agents.restore_agent(world.ports, world.call, agent_id)
                self.agent_live = True
            case "delete" if self.there:
                schedules.delete_schedule(*self.at)
                self.there = oracle.active = False
                self.until = None
        return []


moves = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 1_000), st.integers(0, 4_000)), max_size=14)


@law(st.sampled_from((*ALERTS, None)), moves, examples=120)
def test_silent_exactly_when_active_and_without_a_completed_run(alert: int | None, moves: Any) -> None:
    life = Life(alert)
    life.told()
    for name, number, seconds in moves:
        life.move(name, number)
        life.pass_time(seconds)
    life.pass_time(2 * max(ALERTS))
