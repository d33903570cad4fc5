"""A simulation of one good receiver of webhooks among a thousand that hang: how late the good one gets its events.

    python -m benchmarks.receivers [--write]

The simulation is deterministic, and its seconds are not real. Its rules are the notifier's own: which queue an event
goes to, when a receiver counts as slow, when a failed delivery is tried again, and how many deliveries to a receiver an
invocation makes at once. An invocation takes the messages that are there, makes all deliveries at once, and ends with
the slowest of them. Nothing is measured.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent_schedules.domain.deliveries import next_attempt
from agent_schedules.domain.webhooks import Webhook, WebhookKey
from agent_schedules.execution.deliver import SECONDS, SLOW
from agent_schedules.execution.lanes import MOST, WAIT

from benchmarks.neighbours import percentile
from benchmarks.sections import SCALE, parser_of, show, table

START = datetime(2026, 3, 2, tzinfo=UTC)
ANSWER = 0.05  # seconds that the good receiver takes. ASSUMED
MOVE = 0.01  # seconds that it takes to move a message to the second queue. ASSUMED
GOOD_EVERY, BAD_EVERY = 1.0, 600.0  # seconds between two events of a webhook
BATCH = {True: 10, False: 100}  # messages of an invocation, on the first queue and on the second (template.yaml)
WINDOW = {True: 0.0, False: 1.0}  # seconds for which a batch is gathered (template.yaml)
LONG = 3600  # seconds that are simulated


@dataclass(frozen=True)
class Receivers:
    """What is simulated."""

    name: str
    failing: int
    """Receivers that accept the connection and say nothing."""
    known: bool = False
    """Whether they have answered well until now; otherwise they never have."""
    queues: int = 2
    concurrency: int = 2
    """Invocations at once, on each queue (`NotifierMaximumConcurrency`)."""


@dataclass(frozen=True)
class Message:
    """An attempt that is due."""

    webhook: int
    """0 is the good one."""
    since: float
    """When its event was published."""
    attempt: int = 1


@dataclass
class Result:
    """What became of it."""

    late: list[float] = field(default_factory=list)
    """Seconds from each event of the good receiver to its answer."""
    attempts: int = 0
    """Of the others."""


class Simulation:
    """One run."""

    def __init__(self, case: Receivers) -> None:
        self.case = case
        self.result = Result()
        self._webhooks = [
            Webhook(WebhookKey("t", str(number)), "https://r/", START, START, slow=number > 0 and not case.known)
            for number in range(case.failing + 1)
        ]
        self._queues: dict[bool, deque[Message]] = {True: deque(), False: deque()}
        self._idle = {True: case.concurrency, False: case.concurrency}
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, str, object]] = []

    def run(self, seconds: float = LONG) -> Result:
        """Play it."""
        for number in range(self.case.failing + 1):  # spread over the time between two of their events
            self._at(number * BAD_EVERY / (self.case.failing + 1) if number else 0.0, "event", number)
        while self._events and self._events[0][0] < seconds:
            now, _, kind, what = heapq.heappop(self._events)
            match what:
                case int(number) if kind == "event":
                    self._publish(number, now)
                case Message() if kind == "first":
                    self._queues[self.case.queues == 2].append(what)
                case Message():
                    self._queues[False].append(what)
                case bool(first):
                    self._idle[first] += 1
            for first in (True, False):
                while self._idle[first] and self._queues[first]:
                    self._invoke(first, now)
        return self.result

    def _at(self, when: float, kind: str, what: object) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), kind, what))

    def _publish(self, number: int, now: float) -> None:
        first = self.case.queues == 2 and not self._webhooks[number].slow
        self._at(now, "first" if first else "later", Message(number, now))
        self._at(now + (BAD_EVERY if number else GOOD_EVERY), "event", number)

    def _invoke(self, first: bool, now: float) -> None:
        self._idle[first] -= 1
        queue, places, began = self._queues[first], Counter[int](), now + WINDOW[first]
        longest = 0.0
        for _ in range(min(BATCH[first], len(queue))):
            message = queue.popleft()
            if first and self._webhooks[message.webhook].slow:
                self._at(began + MOVE, "later", message)
                longest = max(longest, MOVE)
            elif places[message.webhook] == MOST:
                self._at(began + WAIT, "later", message)
            else:
                places[message.webhook] += 1
                longest = max(longest, self._deliver(message, began))
        self._at(began + longest, "idle", first)

    def _deliver(self, message: Message, began: float) -> float:
        webhook = self._webhooks[message.webhook]
        if message.webhook == 0:
            self.result.late.append(began + ANSWER - message.since)
            self._webhooks[0] = webhook.healthy(slow=SLOW.total_seconds() < ANSWER)
            return ANSWER
        self.result.attempts += 1
        ended = START + timedelta(seconds=began + SECONDS)
        self._webhooks[message.webhook] = webhook.failing(ended)
        due = next_attempt(message.attempt, ended, jitter=0.5)
        if due is not None:
            again = Message(message.webhook, message.since, message.attempt + 1)
            self._at(due - START.timestamp(), "later", again)
        return SECONDS


THOUSAND = 1_000
CASES = (
    Receivers("the good one alone", 0),
    Receivers("1,000 that hang, one queue", THOUSAND, queues=1),
    Receivers("1,000 that hang", THOUSAND),
    Receivers("1,000 that answered until now, and hang from now on", THOUSAND, known=True),
    Receivers("the same, `NotifierMaximumConcurrency` 50", THOUSAND, known=True, concurrency=50),
)


def simulate(case: Receivers, seconds: float = LONG) -> Result:
    """All of it, message by message."""
    return Simulation(case).run(seconds)


def report() -> str:
    """The table of docs/explanation/scale.md."""
    head = ["receivers", "the good one's events", "late p50", "p99", "most", "attempts to the others"]
    rows = []
    for case in CASES:
        result = simulate(case)
        shown = [f"{percentile(result.late, share):.2f} s" for share in (0.5, 0.99, 1)]
        rows.append([case.name, f"{len(result.late):,}", *shown, f"{result.attempts:,}"])
    return table(head, rows)


def main() -> None:
    """Print the table, or put it into the document too."""
    parser = parser_of("One good receiver of webhooks among a thousand that hang, simulated.", SCALE)
    show(SCALE, "benchmarks.receivers", report(), write=parser.parse_args().write)


if __name__ == "__main__":
    main()
