"""Time, dice and processes of one seed: what happens is due at a moment, and may happen inside another process."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent_schedules.domain.deliveries import DeliveryKey
from agent_schedules.errors import Unavailable, Uncertain

from tests.support.fakes import FakeClock

CRASH, REFUSED, LOST_ANSWER, STALL = 0.012, 0.012, 0.006, 0.02
"""How likely each is between two effects."""
STALLS = (1.0, 4.0, 20.0, 70.0)  # seconds
DEEPEST = 3  # processes inside one another


class Crash(BaseException):
    """The process is gone. No code catches it."""


class Violation(AssertionError):
    """A law does not hold."""

    def __init__(self, law: str, detail: str) -> None:
        super().__init__(f"{law}: {detail}")
        self.law = law


@dataclass
class Process:
    """One invocation, and the deliveries that it is about."""

    about: set[DeliveryKey] = field(default_factory=set)
    faults: int = 0


class Simulation:
    """`run` lets time pass. `faults` says whether anything goes wrong."""

    def __init__(self, seed: int, clock: FakeClock) -> None:
        self.dice = random.Random(seed)
        self.clock = clock
        self.faults = True
        self.counts: Counter[str] = Counter()
        self.disturbed: Counter[DeliveryKey] = Counter()
        """The faults that touched each delivery."""
        self.stack: list[Process] = []
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        """The present in UTC seconds."""
        return self.clock.moment.timestamp()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something happen after that time."""
        heapq.heappush(self._heap, (self.now + seconds, next(self._numbers), action))

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            due, _, action = heapq.heappop(self._heap)
            self.clock.moment = datetime.fromtimestamp(max(self.now, due), UTC)
            action()
        self.clock.moment = datetime.fromtimestamp(max(self.now, end), UTC)

    def process(self, work: Callable[[Process], None], about: Iterable[DeliveryKey] = ()) -> bool:
        """Run an invocation. Returns whether it came to its end."""
        process = Process(set(about))
        self.stack.append(process)
        try:
            work(process)
        except Crash:
            return False
        finally:
            self.stack.pop()
            self.disturbed.update(dict.fromkeys(process.about, process.faults))
        return True

    def undisturbed(self, work: Callable[[], None]) -> None:
        """Do something without dice, whatever is going on."""
        before, self.faults = self.faults, False
        try:
            work()
        finally:
            self.faults = before

    def boundary(self, *, took_effect: bool, throttled: bool = True) -> None:
        """Between two effects of a process: it may die here, be refused, get no answer, or wait while others work."""
        if not self.stack or not self.faults:
            return
        drawn = self.dice.random()
        if drawn < CRASH:
            self.fault("crash")
            raise Crash
        drawn -= CRASH
        if throttled and not took_effect and drawn < REFUSED:
            self.fault("throttled")
            raise Unavailable("throttled; try again")
        if throttled and took_effect and drawn < LOST_ANSWER:
            self.fault("lost answer")
            raise Uncertain("no answer; try again")
        if self.chance(STALL):
            self.fault("stall")
            self.wait(self.dice.choice(STALLS))

    def fault(self, kind: str, about: DeliveryKey | None = None) -> None:
        """Count what went wrong, for the deliveries that it touches."""
        self.counts[kind] += 1
        if about is not None:
            self.disturbed[about] += 1
        elif self.stack:
            self.stack[-1].faults += 1

    def wait(self, seconds: float) -> None:
        """A process waits, and others work."""
        if len(self.stack) < DEEPEST:
            self.run(seconds)
        else:
            self.clock.advance(seconds)

    def chance(self, likely: float) -> bool:
        """Whether something happens that is so likely; never while nothing goes wrong."""
        return self.faults and self.dice.random() < likely
