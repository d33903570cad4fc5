"""Dollars per million occurrences: units counted by running real occurrences, times the prices of `prices.toml`.

    python -m benchmarks.cost [--memory MB] [--runner-ms MS] [--worker-ms MS] [...] [--write]

`benchmarks.cost_model` says what is counted and what is assumed; the arguments replace the assumptions.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.cost_model import GATEWAY, HOURLY, SPECS, Deployment, counted, lines, monthly, total, waiting
from benchmarks.prices import MILLION, prices
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from benchmarks.workload import Counted, Workload


def _usd(value: float) -> str:
    return f"${value:,.2f}"


def by_line(deployment: Deployment) -> str:
    """The main table: hourly, by what is billed."""
    columns = {
        "background, one at a time": HOURLY,
        "background, ten at once": replace(HOURLY, together=10),
        "background, ten at once, prompts of 20 KB": replace(HOURLY, together=10, prompt=20_000),
        "synchronous": replace(HOURLY, background=False),
    }
    costs = [lines(counted(workload), deployment) for workload in columns.values()]
    rows = [[name, *(_usd(cost[name]) for cost in costs)] for name in costs[0] if name != GATEWAY]
    rows += [
        ["**without the gateway**", *(f"**{_usd(total(cost))}**" for cost in costs)],
        [GATEWAY, *(_usd(cost[GATEWAY]) for cost in costs)],
        ["**all**", *(f"**{_usd(total(cost, gateway=True))}**" for cost in costs)],
    ]
    return table(["an hourly schedule", *columns], rows)


def by_spec(deployment: Deployment) -> str:
    """Each kind of schedule."""
    rows = []
    for name, workload in SPECS.items():
        for background in (True, False):
            for together in (1, 10) if background else (1,):
                units = counted(replace(workload, background=background, together=together))
                cost = lines(units, deployment)
                mode = {1: "one at a time", 10: "ten at once"}[together]
                rows.append(
                    [
                        name,
                        f"background, {mode}" if background else "synchronous",
                        *(f"{value / units.occurrences:.1f}" for value in _shown(units)),
                        _usd(total(cost)),
                        _usd(total(cost, gateway=True)),
                    ]
                )
    head = ["schedule", "gateway", "invocations", "write units", "read units", "SQS requests", "without gateway", "all"]
    return table(head, rows)


def _shown(units: Counted) -> tuple[float, ...]:
    return (sum(units.invocations.values()), units.write_units, units.read_units, units.queue_requests)


def sensitivity(deployment: Deployment) -> str:
    """What moves the sum: hourly, background, ten at once, unless a row says otherwise."""
    base = replace(HOURLY, together=10)
    cases: dict[str, tuple[Workload, Deployment]] = {
        "as above": (base, deployment),
        "512 MB of memory": (base, replace(deployment, memory=512)),
        "1024 MB of memory": (base, replace(deployment, memory=1024)),
        "twice the processor time": (base, replace(deployment, cpu_ms=2 * deployment.cpu_ms)),
        "AWS twice as slow": (base, replace(deployment, aws_ms=2 * deployment.aws_ms)),
        "a gateway four times as slow": (
            base,
            replace(deployment, send_ms=4 * deployment.send_ms, look_ms=4 * deployment.look_ms),
        ),
        "Lambda's START, END and REPORT logged": (base, replace(deployment, system_lines=True)),
        "an answer of 1,000 characters": (replace(base, answer=1000), deployment),
        "an answer of 8,000 characters": (replace(base, answer=8000), deployment),
        "a model that works for 5 s": (replace(base, seconds=5), deployment),
        "a model that works for 20 s": (replace(base, seconds=20), deployment),
        "a model that works for 60 s": (replace(base, seconds=60), deployment),
        "a model that works for 10 minutes": (replace(base, seconds=600), deployment),
    }
    rows = []
    for name, (workload, deployed) in cases.items():
        units = counted(workload)
        cost = lines(units, deployed)
        looks = units.looked.total() / units.occurrences
        rows.append([name, f"{looks:.0f}", _usd(total(cost)), _usd(total(cost, gateway=True))])
    return table(["case", "looks", "without gateway", "all"], rows)


def others(deployment: Deployment) -> str:
    """The same million occurrences of hourly schedules elsewhere; only the fee for scheduling and running."""
    price = {name: entry.usd for name, entry in prices().items()}
    runs = 730  # of an hourly schedule in a month
    ours = lines(counted(replace(HOURLY, together=10)), deployment)
    per_million: dict[str, tuple[float, str]] = {
        "here, background, ten at once": (total(ours, gateway=True), "all of the above, Lambda included"),
        "EventBridge Scheduler and Lambda, bare": (
            (price["scheduler_invocation"] + price["lambda_request"]) * MILLION,
            "fires; keeps no record, counts nothing once",
        ),
        "Temporal Cloud": (4 * price["temporal_action"] * MILLION, "4 actions; twice as much pay-as-you-go"),
        "QStash": (
            (price["qstash_message"] + price["qstash_schedule_month"] / runs) * MILLION,
            "a message, and the schedule's monthly fee above 1,000 schedules",
        ),
        "Google Cloud Scheduler": (price["google_job_month"] / runs * MILLION, "a job's monthly fee over 730 runs"),
        "Step Functions": (4 * price["step_functions_transition"] * MILLION, "4 transitions, Lambda not included"),
        "Lambda durable functions": (3 * price["durable_operation"] * MILLION, "3 operations, Lambda not included"),
    }
    return table(
        ["service", "per million", "what that is"],
        [[name, _usd(usd), note] for name, (usd, note) in per_million.items()],
    )


def fixed(deployment: Deployment) -> str:
    """What is paid however little runs."""
    costs = monthly(deployment)
    rows = [[name, _usd(usd)] for name, usd in costs.items()]
    return table(["a month", "USD"], [*rows, ["**sum**", f"**{_usd(sum(costs.values()))}**"]])


def price_table() -> str:
    """Each price with where it is from."""
    rows = [
        [name.replace("_", " "), f"${price.usd * MILLION:,.3f}" if price.usd < 0.001 else f"${price.usd:.2f}",
         "million" if price.usd < 0.001 else "one", "secondary" if price.secondary else "vendor", price.source]
        for name, price in prices().items()
    ]  # fmt: skip
    return table(["price of", "USD", "per", "stated by", "source"], rows)


def report(deployment: Deployment) -> str:
    """Every table, as docs/explanation/performance.md has them."""
    return "\n\n".join(
        [
            textwrap.fill(
                f"Dollars per million occurrences; functions of {deployment.memory} MB, prompts of 100 bytes, "
                "answers of 300 characters that are ready at the first look.",
                120,
            ),
            by_line(deployment),
            by_spec(deployment),
            "What moves the sum of *hourly, background, ten at once*:",
            sensitivity(deployment),
            f"A synchronous function waits for its model: {_usd(waiting(deployment))} more for each second.",
            "Elsewhere:",
            others(deployment),
            "Apart from occurrences:",
            fixed(deployment),
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables, or put them into the document too."""
    parser = parser_of("Dollars per million occurrences.", PERFORMANCE)
    defaults: dict[str, Any] = vars(Deployment())
    for name in ("memory", "cpu_ms", "aws_ms", "send_ms", "look_ms", "runner_ms", "worker_ms"):
        kind = int if name == "memory" else float
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=defaults[name])
    parser.add_argument("--system-lines", action="store_true")
    given = vars(parser.parse_args(arguments))
    write = given.pop("write")
    show(PERFORMANCE, "benchmarks.cost", report(Deployment(**given)), write=write)
    show(PERFORMANCE, "benchmarks.prices", price_table(), write=write)


if __name__ == "__main__":
    main()
