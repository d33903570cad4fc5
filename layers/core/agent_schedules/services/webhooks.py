"""The use cases of webhooks (decision 19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from agent_schedules import ids
from agent_schedules.domain.caller import Caller
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.domain.webhook_signatures import secret_of
from agent_schedules.domain.webhook_urls import url_problem
from agent_schedules.domain.webhooks import MOST_POLLED, MOST_SECRETS, POLLED_FOR, Webhook, WebhookKey
from agent_schedules.errors import Conflict, Forbidden, InvalidRequest, NotFound, QuotaExceeded
from agent_schedules.ports import Ports, Webhooks
from agent_schedules.schemas.webhooks import CreateWebhookBody, UpdateWebhookBody
from agent_schedules.services.checks import now_ms, require_id
from agent_schedules.services.idempotency import run_idempotently, undo_if_client_gone
from agent_schedules.telemetry import about, logger
from agent_schedules.timestamps import floor_seconds

OF_RECEIVER = ("url", "format", "include_output")
"""The fields that say how a receiver gets events. A poll webhook has no receiver."""


def webhooks_of(ports: Ports) -> Webhooks:
    """Return what webhooks need. Raises Conflict in a deployment that has none."""
    if ports.webhooks is None:
        raise Conflict(
            "webhooks_off: this deployment has no webhooks; its operator turns them on with the parameter Webhooks=on"
        )
    return ports.webhooks


def secret(ports: Ports, webhook: Webhook) -> str:
    """Return the current secret of a webhook, for the answers of create and rotate."""
    return secret_of(webhooks_of(ports).master(), webhook.key.webhook_id, webhook.secret_version)


def create_webhook(ports: Ports, call: RequestContext, body: CreateWebhookBody) -> Webhook:
    """Save a new webhook. Raises InvalidRequest at a limit."""
    setup = webhooks_of(ports)
    _check_receiver(setup, body)
    if body.all_users:
        _check_users(call.caller)

    def perform() -> Webhook:
        now = now_ms(ports)
        webhook = Webhook(
            key=WebhookKey(call.caller.owner, ids.new_id("whk", now, ports.entropy)),
            created_at=now,
            updated_at=now,
            slow=not body.poll,
            expires_at=now + POLLED_FOR if body.poll else None,
            **_values(body.model_dump(exclude={"poll"})),
        )
        try:
            ports.store.webhooks.create(call, webhook, at_most=ports.limits.quotas.webhooks)
        except QuotaExceeded:
            _refuse_if_full(ports, webhook)
            raise
        undo_if_client_gone(call, lambda: ports.store.webhooks.undo_create(call, webhook))
        logger.info("webhook created", extra=about(webhook.key))
        return webhook

    return run_idempotently(ports, call, perform, lambda made: get_webhook(ports, call.caller, made))


def _check_receiver(setup: Webhooks, body: CreateWebhookBody) -> None:
    if body.poll:
        for name in OF_RECEIVER:
            if name in body.model_fields_set and getattr(body, name) is not None:
                raise InvalidRequest(f"{name}: a poll webhook has no receiver; leave `{name}` or `poll` out")
    elif body.url is None:
        raise InvalidRequest("url: is required; send the URL of the receiver, or `poll` to read the events yourself")
    else:
        _check_url(setup, body.url)


def _check_url(setup: Webhooks, url: str) -> None:
    problem = url_problem(url, high_ports=setup.high_ports, local=setup.local)
    if problem is not None:
        raise InvalidRequest(f"url: {problem}")


def _check_users(caller: Caller) -> None:
    """Raise InvalidRequest or Forbidden if the caller may not have the events of all users."""
    if caller.on_behalf_of is not None:
        raise InvalidRequest("all_users: cannot be combined with `X-On-Behalf-Of`; remove one of them")
    if caller.scope != "admin":  # as it takes to act for a user: its runs' outputs are among what is sent
        raise Forbidden("all_users: the events of all users require the scope `admin`; use a key that has it")


def permitted(webhook: Webhook, caller: Caller) -> Webhook:
    """Return a webhook whose events the caller may have. Raises Forbidden.

    Whether it has the events of all users never changes, so this holds for its earlier deliveries too.
    """
    if webhook.all_users:
        _check_users(caller)
    return webhook


def _values(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a body as those of a webhook."""
    if "events" in sent and sent["events"] is not None:
        sent["events"] = frozenset(sent["events"])
    if "metadata" in sent:
        sent["metadata"] = tuple(sorted(sent["metadata"].items()))
    return sent


def _refuse_if_full(ports: Ports, webhook: Webhook) -> None:
    """Raise InvalidRequest that names the limit. Returns if there is room by now."""
    if webhook.polled:
        raise InvalidRequest(f"poll: there are {MOST_POLLED} poll webhooks already; delete one, or wait for its end")
    used, most = ports.store.webhooks.count(webhook.key.owner).webhooks, ports.limits.quotas.webhooks
    if used >= most:
        raise InvalidRequest(
            f"webhooks: your account has {used} webhooks and may have {most}; delete some that you do not need"
        )


def get_webhook(ports: Ports, caller: Caller, webhook_id: str) -> Webhook:
    """Return a webhook. Raises NotFound."""
    webhooks_of(ports)
    key = WebhookKey(caller.owner, require_id(webhook_id, "whk", "webhook"))
    return existing(ports.store.webhooks.get(key), webhook_id, now=ports.now())


def existing(webhook: Webhook | None, webhook_id: str, *, now: datetime) -> Webhook:
    """Return a webhook that was read. Raises NotFound if there is none, or if it has expired."""
    if webhook is None or webhook.expired(now):
        raise NotFound(f"webhook_id: no webhook {webhook_id}; it may have been deleted or have expired")
    return webhook


def list_webhooks(ports: Ports, caller: Caller, paging: Paging) -> Slice[Webhook]:
    """Return a page of the owner's webhooks."""
    webhooks_of(ports)
    return ports.store.webhooks.page(caller.owner, paging, now=ports.now())


def update_webhook(ports: Ports, call: RequestContext, webhook_id: str, body: UpdateWebhookBody) -> Webhook:
    """Change the fields that the body has. Raises NotFound."""
    setup, values = webhooks_of(ports), _values(body.model_dump(exclude_unset=True))
    if "url" in values:
        _check_url(setup, values["url"])

    def wanted(webhook: Webhook) -> Webhook:
        fields = {name: value for name, value in values.items() if name != "enabled"}
        for name in OF_RECEIVER if webhook.polled else ():
            if name in fields:
                raise InvalidRequest(f"{name}: a poll webhook has no receiver; leave it out")
        if "enabled" in values and values["enabled"] != webhook.enabled:
            fields["disabled_reason"] = None if values["enabled"] else "caller"
        return replace(webhook, **fields)

    def change(webhook: Webhook, now: datetime) -> Webhook | None:
        after = wanted(webhook)
        return webhook.updated(after, now) if after != webhook else None

    return _changed(ports, call, webhook_id, change)


def rotate_webhook(ports: Ports, call: RequestContext, webhook_id: str) -> Webhook:
    """Give a webhook its next secret. Raises Conflict for too many within a day, NotFound."""
    made: list[Webhook] = []

    def change(webhook: Webhook, now: datetime) -> Webhook | None:
        if webhook in made:  # the write whose answer was lost
            return None
        if len(webhook.signing_versions(now)) >= MOST_SECRETS:
            raise Conflict(
                f"The webhook was rotated {MOST_SECRETS - 1} times within a day, and all those secrets still sign; "
                "rotate it tomorrow, or make another webhook"
            )
        made.append(webhook.rotated(now))
        return made[-1]

    return _changed(ports, call, webhook_id, change)


Changing = Callable[[Webhook, datetime], Webhook | None]
"""Returns the webhook after a change, or None if there is nothing to change."""


def _changed(ports: Ports, call: RequestContext, webhook_id: str, change: Changing) -> Webhook:
    def read() -> Webhook:
        return permitted(get_webhook(ports, call.caller, webhook_id), call.caller)

    def perform() -> Webhook:
        webhook, now = read(), now_ms(ports)
        after = change(webhook, now)
        if after is None:
            ports.store.note(call, webhook_id, now=floor_seconds(now))
            return webhook
        call.must_match(webhook.etag)
        ports.store.webhooks.change(call, after)
        return after

    return run_idempotently(ports, call, perform, lambda _: read())


def delete_webhook(ports: Ports, call: RequestContext, webhook_id: str) -> None:
    """Delete a webhook. Its pending deliveries are not sent. Raises NotFound, but not for a repeat within a day."""
    webhooks_of(ports)
    key = WebhookKey(call.caller.owner, require_id(webhook_id, "whk", "webhook"))

    def perform() -> None:
        found, deleted = ports.store.webhooks.get_to_delete(key)
        if deleted:
            return
        webhook = permitted(existing(found, webhook_id, now=ports.now()), call.caller)
        call.must_match(webhook.etag)
        ports.store.webhooks.delete(call, webhook, now=floor_seconds(ports.now()))
        logger.info("webhook deleted", extra=about(webhook.key))

    run_idempotently(ports, call, perform, lambda _: None)
