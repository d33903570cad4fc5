"""A simulation of one greedy tenant and twenty modest ones on the delay queue: how late the modest ones are claimed.

    python -m benchmarks.neighbours [--write]

The simulation is deterministic. Each schedule has one hint in flight, as deployed: the worker that handles it claims
the due occurrences, sends the next hint for its time and a poll of each run's response, and a second poll after the
first. Workers take up to ten messages at once and handle them one after the other. A plain queue delivers the oldest
message first. A fair one follows AWS's documentation of `MessageGroupId`: a tenant is noisy while it has more than a
tenth of the messages in flight, and at least thirty, or had more than a tenth of the workers' recent time. Its messages
wait for the others'. Nothing is measured, and SQS applies its thresholds only approximately.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agent_schedules.domain.quotas import Quotas
from agent_schedules.execution.verdicts import POLL_DELAYS

from benchmarks.sections import SCALE, parser_of, show, table

GREEDY = 0  # the number of the greedy tenant; the modest ones have those after it
MODEST = 20
EVERY = 10  # seconds between two occurrences of a modest tenant's schedule
BATCH = 10  # messages that a worker takes at once (template.yaml)
SECONDS = 60  # that are simulated
MESSAGE = 0.17  # seconds that a message takes a worker. ASSUMED: the gateway's answer is most of it
RUNS = 25  # occurrences that one message claims at most; the rest is left to another, sent at once
SHARE, IN_FLIGHT, RECENT = 0.1, 30, 60.0  # when a tenant is noisy; RECENT (seconds) is ASSUMED


@dataclass(frozen=True)
class Neighbours:
    """What is simulated."""

    name: str
    greedy: int
    """One-second schedules of the greedy tenant."""
    fair: bool
    workers: int = 50


@dataclass(frozen=True)
class Message:
    """What is sent: a hint for a nominal time, or a look at a response."""

    tenant: int
    visible: float
    nominal: int | None = None
    every: int = 1
    looks: int = 0
    """More looks that follow this one."""


@dataclass
class Result:
    """What became of it; times in seconds."""

    modest: list[float] = field(default_factory=list)
    """How late each of their occurrences was claimed."""
    greedy: list[float] = field(default_factory=list)
    sent: int = 0
    handled: int = 0
    left: int = 0
    """Messages that are delayed, waiting or in flight at the end."""


class Queue:
    """The messages that are visible, and who gets which."""

    def __init__(self, fair: bool) -> None:
        self._fair = fair
        self._waiting: dict[int, deque[Message]] = {}
        self._in_flight: Counter[int] = Counter()
        self._used: Counter[int] = Counter()
        self._recent: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values())) + self._in_flight.total()

    def put(self, message: Message) -> None:
        """It is visible now."""
        self._waiting.setdefault(message.tenant, deque()).append(message)

    def take(self, now: float) -> list[Message]:
        """Up to ten messages, which are in flight then."""
        while self._recent and self._recent[0][0] <= now - RECENT:
            self._used[self._recent.popleft()[1]] -= 1
        taken: list[Message] = []
        noisy = {tenant for tenant in self._waiting if self._fair and self._is_noisy(tenant)}
        while len(taken) < BATCH and (full := [tenant for tenant, waiting in self._waiting.items() if waiting]):
            tenant = min(full, key=lambda one: (one in noisy, self._waiting[one][0].visible))
            taken.append(self._waiting[tenant].popleft())
            self._in_flight[tenant] += 1
        return taken

    def done(self, message: Message, now: float) -> None:
        """It was handled, at that time."""
        self._in_flight[message.tenant] -= 1
        self._recent.append((now, message.tenant))
        self._used[message.tenant] += 1

    def _is_noisy(self, tenant: int) -> bool:
        flying = self._in_flight[tenant]
        crowd = flying >= IN_FLIGHT and flying > SHARE * self._in_flight.total()
        return crowd or self._used[tenant] > SHARE * max(self._used.total(), IN_FLIGHT)


def simulate(case: Neighbours, seconds: int = SECONDS) -> Result:
    """All of it, message by message."""
    result, queue, numbers = Result(), Queue(case.fair), itertools.count()
    events: list[tuple[float, int, Message | list[Message]]] = []

    def send(message: Message) -> None:
        result.sent += 1
        heapq.heappush(events, (message.visible, next(numbers), message))

    for tenant in range(1, MODEST + 1):  # their grids are spread, because an interval's grid starts at its creation
        send(Message(tenant, tenant % EVERY, tenant % EVERY, EVERY))
    for _ in range(case.greedy):
        send(Message(GREEDY, 0, 0))
    idle = case.workers
    while events and events[0][0] < seconds:
        now, _, event = heapq.heappop(events)
        if isinstance(event, Message):
            queue.put(event)
        else:
            idle += 1
            for message in event:
                queue.done(message, now)
        while idle and (batch := queue.take(now)):
            idle -= 1
            for place, message in enumerate(batch):
                for following in _handled(message, now + place * MESSAGE, result):
                    send(following)
            heapq.heappush(events, (now + len(batch) * MESSAGE, next(numbers), batch))
    result.left = len(queue) + sum(isinstance(event, Message) for _, _, event in events)
    result.handled = result.sent - result.left
    return result


def _handled(message: Message, now: float, result: Result) -> list[Message]:
    """What a worker sends who handles a message at that time."""
    if message.nominal is None:
        return [replace(message, visible=now + POLL_DELAYS[1], looks=message.looks - 1)] if message.looks else []
    due = min(int((now - message.nominal) // message.every) + 1, RUNS)
    late = result.greedy if message.tenant == GREEDY else result.modest
    late += [now - message.nominal - number * message.every for number in range(due)]
    nominal = message.nominal + due * message.every
    look = Message(message.tenant, now + POLL_DELAYS[0], looks=1)
    return [replace(message, nominal=nominal, visible=max(nominal, now)), *itertools.repeat(look, due)]


AT_LIMIT = Quotas().hourly // 3600
CASES = (
    Neighbours("no greedy tenant", 0, fair=False),
    Neighbours("10,000 one-second schedules", 10_000, fair=False),
    Neighbours("10,000 one-second schedules, fair queue", 10_000, fair=True),
    Neighbours(f"held to its limit ({AT_LIMIT} of them)", AT_LIMIT, fair=False),
    Neighbours("held to its limit, fair queue", AT_LIMIT, fair=True),
    Neighbours("2 workers, held to its limit", AT_LIMIT, fair=False, workers=2),
    Neighbours("2 workers, held to its limit, fair queue", AT_LIMIT, fair=True, workers=2),
)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many are not above; 0 of none."""
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def report() -> str:
    """The table of docs/explanation/scale.md."""
    head = ["one tenant has", "modest late p50", "p99", "most", "its own late p50", "messages left"]
    rows = []
    for case in CASES:
        result = simulate(case)
        shown = [percentile(result.modest, share) for share in (0.5, 0.99, 1)]
        own = f"{percentile(result.greedy, 0.5):.1f} s" if result.greedy else "none"
        rows.append([case.name, *(f"{value:.1f} s" for value in shown), own, f"{result.left:,}"])
    return table(head, rows)


def main() -> None:
    """Print the table, or put it into the document too."""
    parser = parser_of("One greedy tenant and twenty modest ones on one queue, simulated.", SCALE)
    show(SCALE, "benchmarks.neighbours", report(), write=parser.parse_args().write)


if __name__ == "__main__":
    main()
