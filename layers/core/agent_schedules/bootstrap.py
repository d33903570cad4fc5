"""Wiring: the only place that makes clients. Handlers ask it for what they need, once per execution environment."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import boto3
from aws_lambda_powertools.utilities import parameters

from agent_schedules.api_keys import Grant
from agent_schedules.auth import Authenticator
from agent_schedules.aws import CONFIG
from agent_schedules.counters import Most
from agent_schedules.delayqueue import SqsQueue
from agent_schedules.dynamo import DynamoTable
from agent_schedules.eventbridge import Destination, EventBridgeScheduler
from agent_schedules.eventbus import EventBus
from agent_schedules.gateway import ResponsesGateway
from agent_schedules.key_service import Keyring
from agent_schedules.key_store import KeyStore
from agent_schedules.last_use import LastUse
from agent_schedules.paging import Cursors
from agent_schedules.ports import Bus, Limits, Ports
from agent_schedules.settings import Settings
from agent_schedules.store import Store

SECRET_AGE = 300  # seconds that a secret is kept before it is read again


@dataclass(frozen=True)
class Wiring:
    """What the functions work with."""

    ports: Ports
    authenticator: Authenticator


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _secret(name: str) -> str:
    return str(parameters.get_secret(name, max_age=SECRET_AGE))


def wire(
    settings: Settings,
    *,
    now: Callable[[], datetime] = _utc_now,
    secret: Callable[[str], str] = _secret,
) -> Wiring:
    """Clients and ports from settings. The local stack brings its own clock and secrets.

    Secrets are read when they are first needed, and kept for some minutes.
    """

    def gateway_key() -> str | None:
        return secret(settings.gateway_secret_id) if settings.gateway_secret_id else None

    store = Store(DynamoTable(boto3.client("dynamodb", config=CONFIG), settings.table_name))
    ports = Ports(
        store=store,
        scheduler=EventBridgeScheduler(
            boto3.client("scheduler", config=CONFIG),
            Destination(
                group=settings.schedule_group,
                runner_arn=settings.runner_arn,
                role_arn=settings.scheduler_role_arn,
                dead_letter_arn=settings.scheduler_dlq_arn,
            ),
        ),
        queue=SqsQueue(boto3.client("sqs", config=CONFIG), settings.queue_url),
        gateway=ResponsesGateway(
            settings.gateway_url,
            api_key=gateway_key,
            background=settings.gateway_mode == "background",
            extensions=settings.gateway_dialect == "mka1",
            connect_seconds=settings.gateway_connect_seconds,
            read_seconds=settings.gateway_read_seconds,
        ),
        now=now,
        pause=time.sleep,
        entropy=secrets.token_bytes,
        cursors=Cursors(lambda: secret(settings.cursor_secret_id).encode()),
        limits=Limits(
            minimum_interval=settings.minimum_interval_seconds,
            misfire_grace=settings.misfire_grace_seconds,
            run_timeout=settings.run_timeout_seconds,
            agent_retention_days=settings.agent_retention_days,
            most=Most(
                schedules=settings.maximum_schedules_per_tenant,
                active=settings.maximum_active_schedules_per_agent,
            ),
        ),
    )
    authenticator = Authenticator(
        store.keys.find, now=now, verify=_verifier(settings), used=LastUse(store.keys.note_use)
    )
    return Wiring(ports, authenticator)


def _verifier(settings: Settings) -> Callable[[str], Grant | None] | None:
    """What reads tokens, if there is an issuer. Its libraries are in the layer of the api function only, and are loaded
    with the first token."""
    if not settings.jwt_issuer:
        return None

    @cache
    def loaded() -> Callable[[str], Grant | None]:
        from agent_schedules.issuer_keys import IssuerKeys  # noqa: PLC0415
        from agent_schedules.tokens import TokenVerifier  # noqa: PLC0415

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
    """The API keys of a deployed stack, for its operator."""
    table = DynamoTable(boto3.client("dynamodb", config=CONFIG), table_name)
    return Keyring(KeyStore(table), now=_utc_now, entropy=secrets.token_bytes)


def event_bus() -> Bus:
    """The bus that the announcer tells."""
    if _buses:
        return _buses[0]
    return EventBus(boto3.client("events", config=CONFIG), Settings.from_env(os.environ).event_bus_name)


_installed: list[Wiring] = []
_buses: list[Bus] = []


def install(wiring: Wiring) -> None:
    """Let `get` answer this wiring: the local stack and tests put their own world under the real handlers."""
    _installed[:] = [wiring]


def install_bus(bus: Bus) -> None:
    """Let `event_bus` answer this one."""
    _buses[:] = [bus]


def forget() -> None:
    """Undo `install` and `install_bus`."""
    _installed.clear()
    _buses.clear()


def _trace_calls() -> None:
    """Let X-Ray see each call to AWS and to the gateway, where the deployment asks for it.

    Importing its SDK takes longer than anything else at a cold start, so that nobody else imports it.
    """
    if os.environ.get("POWERTOOLS_TRACE_DISABLED", "true") == "false":
        from aws_lambda_powertools import Tracer  # noqa: PLC0415

        Tracer(patch_modules=("botocore", "httpx"))


def get() -> Wiring:
    """The wiring of this execution environment, built from its environment variables at the first call."""
    if not _installed:
        _trace_calls()
        install(wire(Settings.from_env(os.environ)))
    return _installed[0]
