"""Wiring: the only module that makes clients. Each handler gets its ports here, once per execution environment."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from botocore.session import get_session
from urllib3 import PoolManager

from agent_schedules.adapters.dynamodb import DynamoTable
from agent_schedules.adapters.errors import CONFIG
from agent_schedules.adapters.event_bus import EventBus
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.adapters.scheduler import Destination, EventBridgeScheduler
from agent_schedules.adapters.secrets import SecretCache
from agent_schedules.adapters.sqs import SqsQueue
from agent_schedules.api.auth import Authenticator
from agent_schedules.domain.api_keys import Grant
from agent_schedules.domain.paging import Cursors
from agent_schedules.domain.quotas import Quotas
from agent_schedules.execution.deliver import Notifier
from agent_schedules.execution.lanes import Lanes
from agent_schedules.execution.publish import Outlets
from agent_schedules.ports import Limits, Ports, Webhooks
from agent_schedules.services.api_keys import Keyring
from agent_schedules.services.key_usage import LastUse
from agent_schedules.settings import Settings
from agent_schedules.storage.api_keys import KeyStore
from agent_schedules.storage.store import Store


@dataclass(frozen=True)
class Wiring:
    """The ports and helpers that the functions use."""

    ports: Ports
    authenticator: Authenticator
    retry: Callable[[Mapping[str, int]], None] = lambda _: None
    """Makes failed messages visible again after the given seconds, by receipt handle, on the queue that this function
    reads."""
    console: bool = True
    """Whether to serve the console."""
    retry_deliveries: Mapping[bool, Callable[[Mapping[str, int]], None]] = field(default_factory=dict)
    """As `retry`, for the notifier's two queues. `True`: that of first attempts."""
    delivery_queue: str = ""
    """The name of the queue of first attempts."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


Clients = Callable[[str], Any]
"""Makes the client of an AWS service, given the service's name."""


def _clients() -> Clients:
    """Return a maker of clients from one botocore session. boto3 would make the same clients, and takes long to
    import."""
    return partial(get_session().create_client, config=CONFIG)


def wire(
    settings: Settings,
    *,
    now: Callable[[], datetime] = _utc_now,
    pause: Callable[[float], None] = time.sleep,
    secret: Callable[[str], str] | None = None,
    client: Clients | None = None,
    pool: PoolManager | None = None,
    local: bool = False,
) -> Wiring:
    """Make clients and ports from settings. The local stack passes its own clock, secrets and clients.

    `local`: webhooks may name this machine, without TLS, and their tests and replays have no limit.
    """
    client = client or _clients()
    cache = SecretCache(lambda: client("secretsmanager"))
    secret = secret or cache.read

    def gateway_key() -> str | None:
        return secret(settings.gateway_secret_id) if settings.gateway_secret_id else None

    sqs = client("sqs")
    queues = _delivery_queues(settings, sqs)
    store = Store(DynamoTable(client("dynamodb"), settings.table_name))
    ports = Ports(
        store=store,
        scheduler=EventBridgeScheduler(
            client("scheduler"),
            Destination(
                group=settings.schedule_group,
                runner_arn=settings.runner_arn,
                role_arn=settings.scheduler_role_arn,
                dead_letter_arn=settings.scheduler_dlq_arn,
            ),
        ),
        queue=SqsQueue(sqs, settings.queue_url),
        gateway=ResponsesGateway(
            settings.gateway_url,
            api_key=gateway_key,
            forget_key=lambda: cache.forget(settings.gateway_secret_id),
            background=settings.gateway_mode == "background",
            extensions=settings.gateway_dialect == "mka1",
            connect_seconds=settings.gateway_connect_seconds,
            read_seconds=settings.gateway_read_seconds,
            pool=pool,
        ),
        now=now,
        pause=pause,
        entropy=secrets.token_bytes,
        cursors=Cursors(lambda: secret(settings.cursor_secret_id).encode()),
        limits=Limits(
            minimum_interval=settings.minimum_interval_seconds,
            misfire_grace=settings.misfire_grace_seconds,
            run_timeout=settings.run_timeout_seconds,
            agent_retention_days=settings.agent_retention_days,
            run_retention_days=settings.run_retention_days,
            quotas=Quotas(
                schedules=settings.maximum_schedules_per_tenant,
                per_agent=settings.maximum_schedules_per_agent,
                hourly=settings.maximum_occurrences_per_hour,
                runs=settings.maximum_runs_per_minute,
                webhooks=settings.maximum_webhooks_per_tenant,
            ),
        ),
        webhooks=_webhooks(settings, queues, secret, local=local),
    )
    authenticator = Authenticator(
        store.keys.find, now=now, verify=_verifier(settings), used=LastUse(store.keys.note_use)
    )
    return Wiring(
        ports,
        authenticator,
        retry=SqsQueue(sqs, settings.source_queue_url).retry,
        console=settings.console == "on",
        retry_deliveries={True: queues[0].retry, False: queues[1].retry},
        delivery_queue=settings.delivery_queue_url.rpartition("/")[2],
    )


def _delivery_queues(settings: Settings, sqs: Any) -> tuple[SqsQueue, SqsQueue]:
    """Return the queue of first attempts, and that of later ones."""
    return SqsQueue(sqs, settings.delivery_queue_url), SqsQueue(sqs, settings.redelivery_queue_url)


def _webhooks(
    settings: Settings, queues: tuple[SqsQueue, SqsQueue], secret: Callable[[str], str], *, local: bool
) -> Webhooks | None:
    """Return what webhooks need, if the deployment has them."""
    if settings.webhooks == "off":
        return None
    return Webhooks(
        deliveries=queues[0],
        redeliveries=queues[1],
        master=lambda: secret(settings.webhook_secret_id).encode(),
        public_url=settings.public_url,
        high_ports=settings.webhook_high_ports == "on",
        local=local,
    )


def _verifier(settings: Settings) -> Callable[[str], Grant | None] | None:
    """Return the verifier of tokens, if there is an issuer. Its libraries are only in the layer of the api function,
    and are imported with the first token."""
    if not settings.jwt_issuer:
        return None

    @cache
    def loaded() -> Callable[[str], Grant | None]:
        from agent_schedules.adapters.issuer_keys import IssuerKeys  # noqa: PLC0415 - only with tokens
        from agent_schedules.adapters.jwt import TokenVerifier  # noqa: PLC0415 - only with tokens

        return TokenVerifier(
            IssuerKeys(settings.jwt_keys_url or settings.jwt_issuer.rstrip("/") + "/.well-known/jwks.json"),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            tenant_claim=settings.jwt_tenant_claim,
            scope_claim=settings.jwt_scope_claim,
        )

    def verify(token: str) -> Grant | None:
        return loaded()(token)

    return verify


def keyring(table_name: str) -> Keyring:
    """Return the API keys of a deployed stack, for its operator."""
    table = DynamoTable(_clients()("dynamodb"), table_name)
    return Keyring(KeyStore(table), now=_utc_now, entropy=secrets.token_bytes)


def notifier() -> Notifier:
    """Return what makes deliveries, once per execution environment."""
    if _notifiers:
        return _notifiers[0]
    from agent_schedules.adapters.webhook_sender import WebhookSender  # noqa: PLC0415 - only the notifier sends

    ports = get().ports
    assert ports.webhooks is not None, "the notifier runs only in deployments with webhooks"
    sender = WebhookSender(high_ports=ports.webhooks.high_ports, local=ports.webhooks.local)
    _notifiers.append(Notifier(ports, ports.webhooks, sender, Lanes()))
    return _notifiers[0]


def outlets() -> Outlets:
    """Return what the publisher publishes to, once per execution environment."""
    if _outlets:
        return _outlets[0]
    settings, client = Settings.from_env(os.environ), _clients()
    secret = SecretCache(lambda: client("secretsmanager")).read  # not called: the publisher signs nothing
    queues = _delivery_queues(settings, client("sqs")) if settings.webhooks == "on" else None
    install_outlets(
        Outlets(
            store=Store(DynamoTable(client("dynamodb"), settings.table_name)),
            bus=EventBus(client("events"), settings.event_bus_name) if settings.event_bus_name else None,
            webhooks=_webhooks(settings, queues, secret, local=False) if queues is not None else None,
            now=_utc_now,
            public_url=settings.public_url,
        )
    )
    return _outlets[0]


_installed: list[Wiring] = []
_outlets: list[Outlets] = []
_notifiers: list[Notifier] = []


def install(wiring: Wiring) -> None:
    """Make `get` return this wiring, so that the local stack and tests run the real handlers on their own ports."""
    _installed[:] = [wiring]
    _notifiers.clear()


def install_outlets(these: Outlets) -> None:
    """Make `outlets` return these."""
    _outlets[:] = [these]


def forget() -> None:
    """Undo `install` and `install_outlets`."""
    _installed.clear()
    _outlets.clear()
    _notifiers.clear()


def _traced() -> PoolManager | None:
    """Trace calls to AWS, and return traced connections for the gateway, if the deployment enables tracing."""
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "true") != "false":
        return None
    from agent_schedules.adapters import tracing  # noqa: PLC0415 - its SDK is slow to import

    tracing.trace_aws()
    return tracing.TracedPool()


def get() -> Wiring:
    """Return the wiring of this execution environment. The first call builds it from the environment variables."""
    if not _installed:
        install(wire(Settings.from_env(os.environ), pool=_traced()))
    return _installed[0]
