"""The virtual clock, its queue of events, the processes that run on it, and the dice that decide what goes wrong.

All randomness of a seed comes from one generator and all time from one counter of milliseconds, so a seed is a history.
Processes interleave by nesting: one that stalls lets the events of that time run inside it, to their end.
"""

from __future__ import annotations

import heapq
import itertools
import random
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tests.faults import weather

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEEPEST = 4  # processes inside one another
INSTANTS = (0, 0, 0, 0, 0, 0, 1, 15)  # milliseconds between two effects where processes work in the same ones
STALLS = (0.05, 0.3, 1.0, 2.5, 4.0, 9.0, 25.0, 70.0)  # seconds


class Crash(BaseException):
    """The process is gone. No code catches it."""


class Violation(AssertionError):
    """Something that must always hold does not."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


@dataclass
class Process:
    """One invocation of a function, with a clock of its own and a moment at which Lambda kills it."""

    name: str
    skew: int
    """Milliseconds by which its clock is ahead."""
    started: int
    deadline: int
    hint_read: int = -1
    """The number of the last commit that its last read of a schedule saw."""
    posting: str | None = None
    """The run that it is sending to the gateway at this moment."""
    posting_until: int = 0
    """When that call ends at the latest. A process that others made wait for longer inside its stall is dead."""
    armed: dict[str, int] = field(default_factory=dict)
    """For each schedule the latest nominal time that it has armed itself."""
    held_up: int = 0
    """Milliseconds that it lost in its stalls to others who worked for longer than those."""
    died: bool = False
    helpless: bool = False
    """It could not keep out a create that had got no answer, or could neither arm nor mark nor send what it changed."""
    created: list[str] = field(default_factory=list)
    """Schedules that it has committed."""
    posted: list[str] = field(default_factory=list)
    """Runs whose request the gateway has taken from it."""


class Simulation:
    """Time, dice and processes of one seed."""

    def __init__(
        self, seed: int, *, out: tuple[str, ...] | None = None, trace: Callable[[str], None] | None = None
    ) -> None:
        """`out`: it is a day on which these services are out."""
        self.dice = random.Random(seed)
        starts = ("2026-03-02T10:00:00Z", "2026-03-29T00:20:00Z", "2026-10-25T00:20:00Z", "2026-12-31T23:30:00Z")
        self.now = int(datetime.fromisoformat(self.dice.choice(starts)).timestamp() * 1000)
        self.weather = weather.drawn(self.dice, self.now, out)
        self.rates = self.weather.rates
        self.faults = True
        self.counts: Counter[str] = Counter()
        self.stack: list[Process] = []
        self.digest = 0
        """Of everything that was noted: two runs of a seed are the same if this is."""
        self._trace = trace
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    # ------------------------------------------------------------------------------------------------------- time

    def clock(self) -> datetime:
        """The present, as the process that asks sees it."""
        skew = self.stack[-1].skew if self.stack else 0
        return EPOCH + timedelta(milliseconds=self.now + skew)

    @property
    def true_clock(self) -> datetime:
        """The present, as AWS sees it."""
        return EPOCH + timedelta(milliseconds=self.now)

    @property
    def seconds(self) -> int:
        """The present in whole seconds."""
        return self.now // 1000

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something happen after that time."""
        heapq.heappush(self._heap, (self.now + max(int(seconds * 1000), 0), next(self._numbers), action))

    def sleep(self, seconds: float) -> None:
        """That much time passes, and nothing of what was to happen does."""
        self._heap.clear()
        self.now += int(seconds * 1000)

    def run_until(self, moment: int) -> None:
        """Let everything happen that is due until that millisecond."""
        while self._heap and self._heap[0][0] <= moment:
            due, _, action = heapq.heappop(self._heap)
            self.now = max(self.now, due)
            action()
        self.now = max(self.now, moment)

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        self.run_until(self.now + int(seconds * 1000))

    # -------------------------------------------------------------------------------------------------- processes

    def process(self, name: str, seconds: float, work: Callable[[Process], T]) -> T:
        """Run a process that may take so long."""
        skew = self.dice.randrange(-1000, 1001) if self.faults and not self.rates.at_once else 0
        process = Process(name, skew, self.now, self.now + int(seconds * 1000))
        self.stack.append(process)
        try:
            return work(process)
        except Crash:
            process.died = True
            raise
        finally:
            self.stack.pop()

    @property
    def current(self) -> Process:
        """The process that is at work."""
        return self.stack[-1]

    def boundary(self, place: str) -> None:
        """Between two effects: the process may die here, or wait while others work."""
        if not self.stack:
            return
        self.now += self.dice.choice(INSTANTS) if self.rates.at_once else self.dice.randrange(1, 20)
        if not self.faults:
            return
        drawn = self.dice.random()
        if drawn < self.rates.crash:
            self.count("crash", place)
            raise Crash
        if drawn < self.rates.crash + self.rates.stall:
            self.stall(place, min(self.dice.choice(STALLS), self.rates.longest))
        if self.now > self.current.deadline:
            self.count("timeout", place)
            raise Crash

    def stall(self, place: str, seconds: float) -> None:
        """Let others work for that long in the middle of this process."""
        if len(self.stack) < DEEPEST:
            self.count("stall", f"{place} for {seconds} s")
            until = self.now + int(seconds * 1000)
            self.run_until(until)
            self.current.held_up += self.now - until

    def pause(self, seconds: float) -> None:
        """A process waits, on purpose, and others work."""
        if len(self.stack) < DEEPEST:
            self.run(seconds)
        else:
            self.now += int(seconds * 1000)

    # ------------------------------------------------------------------------------------------------------- dice

    def chance(self, likely: float) -> bool:
        """Whether something happens that is so likely; never while nothing goes wrong."""
        return self.faults and likely > 0 and self.dice.random() < likely

    def fault(self, target: str, kinds: tuple[str, ...]) -> str | None:
        """What goes wrong with this call, if anything: one of `kinds`, the first of which is a plain refusal."""
        if not self.faults:
            return None
        if outage := self.outage(target):
            kind = kinds[0] if outage.refused >= 1 or self.dice.random() < outage.refused else None
        else:
            kind = self.dice.choice(kinds) if self.chance(self.rates.error) else None
        if kind:
            self.count(f"{target} {kind}", "")
        return kind

    def outage(self, service: str) -> weather.Outage | None:
        """The outage that a service is having."""
        if not self.faults:
            return None
        outages = (outage for outage in self.weather.outages if outage.start <= self.now < outage.end)
        return next((outage for outage in outages if service in outage.services), None)

    # ------------------------------------------------------------------------------------------------------ trace

    def count(self, kind: str, detail: str) -> None:
        """A fault that was injected."""
        self.counts[kind] += 1
        self.note(f"! {kind} {detail}")

    def note(self, text: str) -> None:
        """One line of the history."""
        self.digest = zlib.crc32(f"{self.now} {text}".encode(), self.digest)
        if self._trace is not None:
            who = self.stack[-1].name if self.stack else "-"
            moment = self.true_clock.isoformat(sep=" ", timespec="milliseconds")[5:23]
            self._trace(f"{moment}  {'  ' * len(self.stack)}{who}: {text}")
