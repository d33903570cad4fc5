"""The cost of the service's own code: processor time and memory of one operation inside its handler, from AWS's event
to the answer, compared with the same AWS calls made by their clients alone.

    python -m benchmarks.warm [--rounds N] [--write]  the table
    python -m benchmarks.warm --profile OPERATION     where the time goes

AWS and the gateway answer from memory. Time is the processor time of all threads of the process.
"""

from __future__ import annotations

import cProfile
import gc
import importlib.util
import io
import json
import os
import pstats
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

from agent_schedules import bootstrap
from agent_schedules.adapters.errors import CONFIG
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.schemas.requests import CreateAgentBody, CreateScheduleBody
from agent_schedules.services import agents
from agent_schedules.services import schedules as schedule_service
from agent_schedules.services.api_keys import Keyring
from agent_schedules.settings import Settings
from moto import mock_aws
from urllib3 import HTTPResponse, PoolManager

from benchmarks.canned import CannedAws, Exchange
from benchmarks.machine import machine
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from dev.fake_aws.lambda_runtime import Context
from dev.template import table_definition
from tools.build.sam_build import ROOT

EVENTS = ROOT / "events"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
AGO = timedelta(seconds=5400)
PROMPT = "Sum up what happened in the market since yesterday, in five sentences."
HOURLY = {"type": "interval", "interval_seconds": 3600}
VARIABLES = {
    "TABLE_NAME": "bench",
    "SCHEDULE_GROUP": "bench",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/bench",
    "RUNNER_ARN": "arn:aws:lambda:eu-central-1:123456789012:function:bench",
    "SCHEDULER_DLQ_ARN": "arn:aws:sqs:eu-central-1:123456789012:dead",
    "GATEWAY_URL": "https://gateway.test/v1",
    "GATEWAY_MODE": "background",
    "CURSOR_SECRET_ID": "cursors",
}
CREDENTIALS = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
SCHEDULES = 20
"""How many a list shows."""
LIMITS = {"create": 2, "get": 1, "fire": 1}
"""Milliseconds of our own."""
WARMING = 20  # rounds that are not counted


@dataclass
class Operation:
    """Something a handler does, and what it cost, in milliseconds and in bytes."""

    name: str
    invoke: Callable[[], Any]
    exchanges: list[Exchange] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)


class Gateway(PoolManager):
    """Takes every request, and says of each that it is under way."""

    def urlopen(self, method: str, *_: Any, **__: Any) -> Any:
        """One call."""
        status = "queued" if method == "POST" else "in_progress"
        answer = {"id": "resp_1", "object": "response", "status": status, "output": []}
        return HTTPResponse(io.BytesIO(json.dumps(answer).encode()), status=200, preload_content=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all and print the table, or profile one."""
    parser = parser_of("What our own code costs in each operation.", PERFORMANCE)
    parser.add_argument("--rounds", type=int, default=300, help="repeats of each")
    parser.add_argument("--profile", choices=["create", "get", "list", "fire", "poll"], help="where its time goes")
    given = parser.parse_args(arguments)
    rounds = given.rounds
    with unheard(), furnished_operations() as (aws, operations):
        if given.profile:
            [chosen] = [one for one in operations if one.name.split()[0] == given.profile]
            _profile(aws, chosen)
            return
        for number in range(rounds + WARMING):
            for one in operations:
                aws.replay(one.exchanges)
                own = _milliseconds(one.invoke)
                aws.replay(one.exchanges)
                bare = _milliseconds(partial(aws.bare, one.exchanges))
                if number >= WARMING:
                    one.own.append(own)
                    one.bare.append(bare)
        for one in operations:
            aws.replay(one.exchanges)
            one.memory["own"] = _bytes(one.invoke)
            aws.replay(one.exchanges)
            one.memory["bare"] = _bytes(partial(aws.bare, one.exchanges))
    text = f"{machine()}. {rounds} rounds, medians of processor time.\n\n{_table(operations)}"
    show(PERFORMANCE, "benchmarks.warm", text, write=given.write)


@contextmanager
def unheard() -> Iterator[None]:
    """Lines of the log are written, as they would be, but to nowhere."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


@contextmanager
def furnished_operations() -> Iterator[tuple[CannedAws, list[Operation]]]:
    """Every operation with what AWS answers to it, furnished on moto."""
    environment = {**CREDENTIALS, "POWERTOOLS_SERVICE_NAME": "bench", "POWERTOOLS_METRICS_DISABLED": "true"}
    with mock.patch.dict(os.environ, environment):
        aws = CannedAws(CONFIG)
        with mock_aws():
            aws.client("dynamodb").create_table(TableName="bench", **table_definition())
            aws.client("scheduler").create_schedule_group(Name="bench")
            queue = aws.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
            settings = Settings.from_env({**VARIABLES, "QUEUE_URL": queue})
            operations = _furnished(aws, settings)
        yield aws, operations
        bootstrap.forget()


def _furnished(aws: CannedAws, settings: Settings) -> list[Operation]:
    event = json.loads((EVENTS / "api_create_agent.json").read_text(encoding="utf-8"))
    before = bootstrap.wire(settings, now=lambda: NOW - AGO, secret=lambda _: "secret", client=aws.client).ports
    _, key = Keyring(before.store.keys, now=before.now, entropy=before.entropy).create("local", "admin")
    event["headers"]["authorization"] = f"Bearer {key}"
    call = RequestContext(Caller("local"))
    agent = agents.create_agent(before, call, CreateAgentBody(name="a", model="m", instructions=PROMPT))
    body = {"schedule": HOURLY, "input": PROMPT}
    schedules = [
        schedule_service.create_schedule(before, call, agent.id, CreateScheduleBody.model_validate(body))
        for _ in range(SCHEDULES)
    ]
    path = f"/api/v1/agents/{agent.id}/schedules"
    one = schedules[0]
    wiring = bootstrap.wire(settings, now=lambda: NOW, secret=lambda _: "secret", client=aws.client, pool=Gateway())
    bootstrap.install(wiring)
    api, runner, worker = _handler("api"), _handler("runner"), _handler("worker")

    def asked(method: str, path: str, body: Any = None) -> Callable[[], Any]:
        sent = json.loads(json.dumps(event))
        sent |= {"rawPath": path, "body": json.dumps(body) if body else None, "isBase64Encoded": False}
        sent["requestContext"]["http"] |= {"method": method, "path": path}
        sent["headers"]["content-length"] = str(len(sent["body"] or ""))

        def invoke() -> None:
            answer = api(sent, Context("api", 29))
            assert answer["statusCode"] < 300, answer

        return invoke

    nominal = one.state.next_run_at
    assert nominal is not None
    fired = json.loads((EVENTS / "runner_hint.json").read_text(encoding="utf-8"))
    fired |= {
        "agent_id": agent.id,
        "schedule_id": one.key.schedule_id,
        "scheduled_time": datetime.fromtimestamp(nominal, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    operations = [
        Operation("create", asked("POST", path, body)),
        Operation("get", asked("GET", f"{path}/{one.key.schedule_id}")),
        Operation(f"list {SCHEDULES}", asked("GET", path)),
        Operation("fire", lambda: runner(fired, Context("runner", 60))),
    ]
    operations[1].invoke()  # reads the API key, which is kept from then on
    for operation in operations:
        operation.exchanges = aws.record(operation.invoke)
    [sent] = [exchange.arguments for exchange in operations[-1].exchanges if exchange.service == "sqs"]
    batch = json.loads((EVENTS / "worker_run.json").read_text(encoding="utf-8"))
    batch["Records"][0]["body"] = sent["MessageBody"] if "MessageBody" in sent else sent["Entries"][0]["MessageBody"]

    def poll() -> None:
        assert worker(batch, Context("worker", 60)) == {"batchItemFailures": []}

    operations.append(Operation("poll", poll))
    operations[-1].exchanges = aws.record(poll)
    return operations


def _handler(name: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The handler of functions/, loaded as Lambda does."""
    spec = importlib.util.spec_from_file_location(f"{name}_handler", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = module.lambda_handler
    return handler


def _milliseconds(work: Callable[[], Any]) -> float:
    began = time.process_time_ns()
    work()
    return (time.process_time_ns() - began) / 1e6


def _bytes(work: Callable[[], Any]) -> int:
    """The most memory that it holds at once above what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _table(operations: list[Operation]) -> str:
    head = ["", "AWS calls", "in all, ms", "calls alone, ms", "our own, ms", "limit", "in all / calls", "memory, KB",
            "calls alone, KB"]  # fmt: skip
    rows = []
    for one in operations:
        own, bare = statistics.median(one.own), statistics.median(one.bare)
        numbers = [
            f"{own:.2f}",
            f"{bare:.2f}",
            f"**{own - bare:.2f}**",
            str(LIMITS.get(one.name, "")),
            f"{own / bare:.2f}",
        ]
        memory = [f"{one.memory[name] / 1024:.0f}" for name in ("own", "bare")]
        rows.append([one.name, str(len(one.exchanges)), *numbers, *memory])
    return table(head, rows)


def _profile(aws: CannedAws, operation: Operation) -> None:
    profile = cProfile.Profile(time.process_time)
    for number in range(300):
        aws.replay(operation.exchanges)
        if number == 100:
            profile.enable()
        operation.invoke()
    profile.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile, stream=sys.stderr).sort_stats(order).print_stats(70)


if __name__ == "__main__":
    main()
