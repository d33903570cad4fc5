"""Dollars per million events that go to a webhook: units counted on the strict fakes, times `prices.toml`.

    python -m benchmarks.cost_webhooks [--write]

Lambda's time is composed as `benchmarks.cost_model` composes it, with the receiver's answer assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_schedules.execution.publish import Outlets, publish

from benchmarks.alone import alone
from benchmarks.cost_model import FULL_CPU, GB, Deployment
from benchmarks.prices import MILLION, prices
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from benchmarks.workload import PER_ITEM
from dev.fake_aws.sorted_rows import size_of
from tests.support.fake_table import Meter
from tests.support.notifier import Delivering

EVENTS = 100  # of a workload
RECEIVER_MS = 100.0  # until a receiver has answered. ASSUMED


@dataclass(frozen=True)
class Case:
    """What is counted."""

    name: str
    together: int
    """Events of a batch of the stream, and messages of an invocation of the notifier."""
    failures: int = 0
    """Attempts that fail before the one that succeeds."""


CASES = (
    Case("one receiver, one at a time", 1),
    Case("one receiver, ten at once", 10),
    Case("one receiver, ten at once, whose first attempt fails", 10, failures=1),
)


@dataclass
class Units:
    """What AWS bills for one event."""

    invocations: float
    calls: float
    write_units: float
    read_units: float
    queue_requests: float
    requests: float
    """To the receiver."""
    stored_bytes: float
    """Of rows that live for seven days."""


def counted(case: Case) -> Units:
    """Publish and deliver events, and count."""
    one = Delivering()
    world = one.world
    outlets = Outlets(world.ports.store, None, world.ports.webhooks, world.clock, "https://console.example")
    world.table.meter = Meter()
    invocations = queue_requests = 0
    for _ in range(EVENTS // case.together):
        one.sender.answers = [*[500] * (case.failures * case.together), 200]
        events = [one.event() for _ in range(case.together)]
        publish(outlets, events)
        invocations += 1
        done = 0
        while done < case.together * (1 + case.failures):
            handled = one.work()
            done += handled
            if handled:
                batches = -(-handled // case.together)
                invocations += batches
                queue_requests += 2 * batches  # Lambda receives a batch and deletes it
            world.clock.advance(7)
    queue_requests += sum(queue.calls for queue in one.queues)
    meter = world.table.meter
    return Units(
        invocations / EVENTS,
        (len(meter.calls) + sum(queue.calls for queue in one.queues)) / EVENTS,
        meter.write_units / EVENTS,
        meter.read_units / EVENTS,
        queue_requests / EVENTS,
        len(one.sender.posts) / EVENTS,
        sum(size_of(row) + PER_ITEM for (_, sk), row in world.table.items.items() if sk.startswith("E#")) / EVENTS,
    )


def lines(units: Units, deployment: Deployment) -> dict[str, float]:
    """Return the dollars per million events, by what is billed."""
    price = {name: entry.usd for name, entry in prices().items()}
    busy = deployment.cpu_ms * (units.invocations + units.calls + units.requests) * FULL_CPU / deployment.memory
    waiting = units.calls * deployment.aws_ms + units.requests * RECEIVER_MS
    seconds = (busy + waiting) / 1000
    each = {
        "Lambda requests": units.invocations * price["lambda_request"],
        "Lambda GB-s": seconds * deployment.memory / 1024 * price["lambda_gb_second"],
        "DynamoDB writes": units.write_units * price["dynamodb_write_unit"],
        "DynamoDB reads": units.read_units * price["dynamodb_read_unit"],
        "DynamoDB storage, seven days": units.stored_bytes / GB * price["dynamodb_gb_month"] * 7 / 30,
        "SQS": units.queue_requests * price["sqs_request"],
    }
    return {name: usd * MILLION for name, usd in each.items()}


def report(deployment: Deployment) -> str:
    """The tables of docs/explanation/performance.md."""
    units = {case.name: counted(case) for case in CASES}
    costs = {name: lines(found, deployment) for name, found in units.items()}
    counts = {
        "invocations": "invocations",
        "calls to AWS": "calls",
        "write units": "write_units",
        "read units": "read_units",
        "SQS requests": "queue_requests",
        "requests to the receiver": "requests",
    }
    head = ["an event", "without webhooks", *units]
    rows = [
        [shown, "0", *(f"{getattr(found, name):.1f}" for found in units.values())] for shown, name in counts.items()
    ]
    money = [[name, "$0.00", *(f"${cost[name]:.2f}" for cost in costs.values())] for name in next(iter(costs.values()))]
    money.append(["**sum**", "**$0.00**", *(f"**${sum(cost.values()):.2f}**" for cost in costs.values())])
    return f"{table(head, rows)}\n\n{table(['a million events', *head[1:]], money)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or put them into the document too."""
    parser = parser_of("Dollars per million events that go to a webhook.", PERFORMANCE)
    given = parser.parse_args(arguments)
    alone()
    show(PERFORMANCE, "benchmarks.cost_webhooks", report(Deployment()), write=given.write)


if __name__ == "__main__":
    main()
