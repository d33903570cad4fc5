"""The local stack: the deployed app, adapters and handlers over fakes of AWS and a gateway.

One process on 127.0.0.1; no AWS account, Docker or network. The fakes check few of AWS's rules. The service keeps those
itself, and its tests prove it (docs/explanation/architecture.md).
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from agent_schedules import bootstrap
from agent_schedules.adapters.dynamodb import marshalled, unmarshalled
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.domain.messages import Hint, message_of
from agent_schedules.execution import reconcile
from agent_schedules.execution.publish import Outlets
from agent_schedules.services.api_keys import Keyring
from agent_schedules.services.key_usage import LastUse
from agent_schedules.storage.items import run_of
from agent_schedules.storage.table import Item

from dev.admin_api import with_admin_api
from dev.clock import ClockFile, StackClock
from dev.credentials import pretend_credentials
from dev.delivery_lines import line_of
from dev.echo_gateway.app import create_gateway
from dev.event_log import EventLog
from dev.fake_aws.clients import clients
from dev.fake_aws.dynamodb import Change, LocalDynamoDB
from dev.fake_aws.lambda_runtime import DELIVERIES, LambdaRuntime, function_limits
from dev.fake_aws.sqs import sqs_operations
from dev.file_errors import explained
from dev.http_date import dated
from dev.journal import Journal
from dev.kept_messages import KeptMessages
from dev.local_settings import REGION, local_settings
from dev.scheduler.dispatcher import Dispatcher
from dev.scheduler.entries import Entries
from dev.server import RunningServer, serve
from dev.table_stream import TableStream
from dev.template import table_definition
from dev.waiting_gateway import WaitingGateway

KEYS = {"local": "local", "local-2": "local-2"}
"""API keys that only the local stack knows, and their tenants."""
TICK = 0.02  # real seconds between two looks at what is due
SYNC = 1.0  # real seconds between two syncs of the journal
SWEEP = timedelta(seconds=300)  # of stack time between two sweeps of the reconciler, as in template.yaml


@dataclass(frozen=True)
class Options:
    """The options of `make run`."""

    port: int = 8000
    start: datetime | None = None
    """Where the stack's clock begins, None for the present. It never begins before it stopped in this directory."""
    speed: float = 1.0
    late: float = 0.0
    """EventBridge delivers up to this many stack seconds late, at random (AWS promises 60)."""
    directory: Path = Path(".local")
    gateway_url: str | None = None
    """A real Responses-compatible gateway; the local echo gateway if None."""
    gateway_api_key: str | None = None
    gateway_mode: str = "background"
    gateway_dialect: str = "openai"


class LocalStack:
    """The whole service in this process. Use as a context manager, or `start` and `stop`."""

    def __init__(
        self, options: Options, failed: Callable[[], None] = lambda: None, told: Callable[[str], None] = lambda _: None
    ) -> None:
        """`failed` is called when the stack cannot go on, for example because it cannot write to the disk.

        `told` gets a line for each attempt of a delivery.
        """
        self.options = options
        self._told = told
        self._failed = failed
        self._clock_file = ClockFile(options.directory / "clock")
        self.clock = StackClock(self._clock_file.start(options.start), options.speed)
        self.url = ""
        self._stopping = threading.Event()
        self._stream = TableStream(self.clock.now, self._announce)
        self._closers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bring everything up; when this returns, `/healthz` answers at `url`."""
        pretend_credentials(REGION)
        self._journal = Journal(self.options.directory / "table.db")
        self._clock_file.note(self.clock.now())
        self._closers.append(lambda: self._clock_file.note(self.clock.now()))
        self._kept = KeptMessages(self.options.directory / "deliveries.db")
        self._closers.append(self._kept.close)
        gateway_url = self._gateway_url()
        # The journal closes before the gateway: otherwise the gateway's end would be noted as the failure of a run.
        # Changes that were noted by then are still published: before it, because the publisher may write, and after it.
        self._table = database = self._database()
        self._closers += [self._stream.announce, lambda: database.closing(self._journal.close), self._stream.announce]
        entries = Entries(self.clock.now)
        queue = sqs_operations(self._send, self._hide)
        played = {"dynamodb": database.operations, "scheduler": entries.operations, "sqs": queue}
        wiring = self._wire(gateway_url, clients(played))
        self._find = wiring.ports.store.webhooks.get
        bootstrap.install(wiring)
        log = EventLog(self.options.directory / "events.jsonl")
        bootstrap.install_outlets(self._outlets(wiring, log))
        self.functions = self._functions()
        self.dispatcher = Dispatcher(
            entries=entries.snapshot,
            delete=entries.remove,
            invoke=lambda _arn, event: self.functions.run_async(event),
            dead_letter=lambda _arn, event, _attributes: self.functions.dead_letter(json.dumps(event)),
            clock=self.clock.now,
            late_by=lambda: random.uniform(0, self.options.late),  # noqa: S311 - no secret
        )
        self._recover(wiring)
        driver = threading.Thread(target=self._drive, name="driver", daemon=True)
        driver.start()
        self._closers.append(lambda: driver.join(1))
        keyring = Keyring(wiring.ports.store.keys, self.clock.now, secrets.token_bytes)
        service = create_app(wiring.ports, wiring.authenticator, local_key=next(iter(KEYS)))
        for route in service.routes:  # these two call the gateway, and no other request may wait for that
            if isinstance(route, LazyRoute) and route.path.endswith(("/cancel", "/events")):
                route.inline = False
        front = with_admin_api(service, keyring)
        app: RunningServer = serve(dated(front, self.clock.now), port=self.options.port, dates=False)
        self._closers.append(app.stop)
        self.url = app.url

    def stop(self) -> None:
        """Stop answering, give running work a moment to end, and close the journal."""
        self._stopping.set()
        while self._closers:
            try:
                self._closers.pop()()
            except Exception as error:  # the rest must close too, and a handler of the service may raise anything
                _tell(f"while stopping: {explained(error)}")

    def _database(self) -> LocalDynamoDB:
        local: list[Item] = [
            {"pk": f"K#{hashlib.sha256(key.encode()).hexdigest()}", "sk": "K", "v": 1, "tenant": tenant}
            for key, tenant in KEYS.items()
        ]
        items = [*self._journal.items.values(), *map(marshalled, local)]
        return LocalDynamoDB(table_definition(), self._note, items)

    def _hide(self, receipt: str, seconds: int) -> None:
        self.functions.hide(receipt, seconds)

    def _send(self, queue: str, body: str, delay: float) -> None:
        if queue in DELIVERIES:
            self.functions.send_delivery(queue, body, delay)
            return
        self.functions.send(body, delay, hint=isinstance(message_of(json.loads(body)), Hint))

    def _note(self, changes: Sequence[Change]) -> None:
        """Write a transaction to the journal, and put it on the table's stream."""
        try:
            self._journal.note(changes)
        except sqlite3.OperationalError as error:
            _tell(f"a write is refused: {explained(error)}")  # the service's log has only the error's type
            raise
        self._stream.note(changes)

    def _announce(self, changes: Sequence[dict[str, Any]]) -> None:
        self.functions.announce(changes)
        for change in changes:
            if (line := line_of(change, self._find)) is not None:
                self._told(line)

    def _gateway_url(self) -> str:
        if self.options.gateway_url is not None:
            return self.options.gateway_url
        gateway = serve(create_gateway(self.clock.now, self.options.directory / "gateway.jsonl"))
        self._closers.append(gateway.stop)
        return gateway.url

    def _wire(self, gateway_url: str, client: bootstrap.Clients) -> bootstrap.Wiring:
        """Return the deployed wiring on the stack's clock, with keys that only the local stack knows."""
        given = self.options
        settings, held = local_settings(
            given.port,
            url=gateway_url,
            mode=given.gateway_mode,
            dialect=given.gateway_dialect,
            key=given.gateway_api_key,
        )
        wiring = bootstrap.wire(
            settings, now=self.clock.now, pause=self.clock.pause, secret=held.__getitem__, client=client, local=True
        )
        keys = wiring.ports.store.keys
        authenticator = Authenticator(keys.find, now=self.clock.now, used=LastUse(keys.note_use), also=KEYS)
        gateway = WaitingGateway(wiring.ports.gateway, self._waiting, self.options.speed)
        return replace(wiring, ports=replace(wiring.ports, gateway=gateway), authenticator=authenticator)

    def _waiting(self) -> AbstractContextManager[None]:
        return self.functions.waiting()

    def _outlets(self, wiring: bootstrap.Wiring, log: EventLog) -> Outlets:
        assert wiring.ports.webhooks is not None
        return Outlets(wiring.ports.store, log, wiring.ports.webhooks, self.clock.now, wiring.ports.webhooks.public_url)

    def _functions(self) -> LambdaRuntime:
        from functions.notifier import handler as notifier_function  # noqa: PLC0415 - takes the wiring on import
        from functions.publisher import handler as publisher_function  # noqa: PLC0415 - likewise
        from functions.reconciler import handler as reconciler_function  # noqa: PLC0415 - likewise
        from functions.runner import handler as runner_function  # noqa: PLC0415 - likewise
        from functions.worker import handler as worker_function  # noqa: PLC0415 - likewise

        functions = LambdaRuntime(
            runner=runner_function.lambda_handler,
            worker=worker_function.lambda_handler,
            reconciler=reconciler_function.lambda_handler,
            publisher=publisher_function.lambda_handler,
            notifier=notifier_function.lambda_handler,
            limits=function_limits(self.options.gateway_mode),
            clock=self.clock.now,
            speed=self.options.speed,
            kept=self._kept,
        )
        self._closers.append(functions.stop)
        return functions

    def _recover(self, wiring: bootstrap.Wiring) -> None:
        """Rebuild EventBridge's entries and the queue, which a restart loses, through the reconciler's own repair.

        Runs that were held when the stack stopped do not wait for their leases, because their holders are gone.
        """
        if not self._journal.items:
            return
        for (pk, sk), item in self._journal.items.items():
            if sk.startswith("R#") and item["status"] == {"S": "submitting"}:
                owner, _, agent_id = pk.rpartition("#")
                run = run_of(owner, agent_id, unmarshalled(item))
                wiring.ports.store.runs.save(replace(run, lease_until=self.clock.now(), rev=run.rev + 1))
        reconcile.recover(wiring.ports)

    def _drive(self) -> None:
        """Run the heartbeat. If it fails the stack stops, because it would accept schedules that never run."""
        try:
            self._beat()
        except Exception as error:  # the thread ends here whatever was raised, so it must stop the stack
            _tell(f"the local stack stops: {explained(error)}")
            self._failed()

    def _beat(self) -> None:
        """Drive EventBridge, the queues, the reconciler's sweeps, the expiry of rows and the journal's syncs."""
        synced = time.monotonic()
        swept = self.clock.now()
        while not self._stopping.wait(TICK):
            self._stream.announce()
            self.dispatcher.tick()
            self.functions.pump()
            if self.clock.now() - swept >= SWEEP:
                swept = self.clock.now()
                self.functions.sweep()
                with suppress(sqlite3.OperationalError):  # `_note` has said why; the rows stay until the next time
                    self._table.expire(swept.timestamp())
            if time.monotonic() - synced >= SYNC:
                synced = time.monotonic()
                self._journal.sync()
                self._clock_file.note(self.clock.now())


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
