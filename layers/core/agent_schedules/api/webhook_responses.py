"""Webhooks and deliveries as callers see them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.deliveries import LONGEST_BODY, Attempt, DeadReason, Delivery, DeliveryStatus
from agent_schedules.domain.event_data import DisabledReason
from agent_schedules.domain.webhooks import BOTH_SIGN, Format, Webhook
from agent_schedules.timestamps import instant_text, moment_text, text_of

HOURS = int(BOTH_SIGN.total_seconds()) // 3600


class WebhookView(View):
    """A webhook, without its secret."""

    object: Literal["webhook"] = "webhook"
    id: str
    url: Annotated[str | None, Field(description="Null for a poll webhook")]
    poll: Annotated[bool, Field(description="Whether its deliveries are only recorded")]
    description: str | None
    events: Annotated[
        list[str] | None, Field(description="The types of event that are sent; null: all but `run.started`")
    ]
    agent_id: Annotated[str | None, Field(description="If not null, only events of this agent are sent")]
    schedule_id: Annotated[str | None, Field(description="If not null, only events of this schedule are sent")]
    metadata: Annotated[dict[str, str], Field(description="What an event's schedule must have in its metadata")]
    format: Format
    include_output: bool
    all_users: bool
    enabled: bool
    disabled_reason: Annotated[
        DisabledReason | None,
        Field(description="`gone`: the receiver answered 410. `failing`: it failed for five days. Null while enabled"),
    ]
    failing_since: Annotated[
        Stamp | None, Field(description="The first failed attempt since the last one that succeeded")
    ]
    secret_rotated_at: Annotated[
        Stamp | None, Field(description=f"The last rotation. For {HOURS} hours from then on the older secrets sign too")
    ]
    created_at: Stamp
    updated_at: Stamp
    expires_at: Annotated[Stamp | None, Field(description="The end of a poll webhook")]

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookView:
        """Return the wire form of a webhook."""
        return cls(**_fields(webhook))


class WebhookSecretView(WebhookView):
    """A webhook with its secret. Only the answers to create and rotate have it."""

    secret: Annotated[
        str,
        Field(
            description="The key of the signatures, in the form of Standard Webhooks",
            examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
        ),
    ]

    @classmethod
    def with_secret(cls, webhook: Webhook, secret: str) -> WebhookSecretView:
        """Return the wire form of a webhook and its secret."""
        return cls(**_fields(webhook), secret=secret)


def _fields(webhook: Webhook) -> dict[str, Any]:
    moments = {
        "failing_since": webhook.failing_since,
        "secret_rotated_at": webhook.rotated_at,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
        "expires_at": webhook.expires_at,
    }
    same = ("url", "description", "agent_id", "schedule_id", "format", "include_output", "all_users", "enabled")
    return {
        "id": webhook.key.webhook_id,
        "poll": webhook.polled,
        "events": None if webhook.events is None else sorted(webhook.events),
        "metadata": dict(webhook.metadata),
        "disabled_reason": webhook.disabled_reason,
        **{name: getattr(webhook, name) for name in same},
        **{name: moment_text(moment) for name, moment in moments.items()},
    }


class WebhookList(Listing):
    """A page of webhooks."""

    data: list[WebhookView]


class WebhookDeleted(View):
    """The answer to a delete."""

    object: Literal["webhook.deleted"] = "webhook.deleted"
    id: str
    deleted: Literal[True] = True


class AttemptView(View):
    """One attempt of a delivery."""

    at: Stamp
    status_code: Annotated[int | None, Field(description="Null if no answer came")]
    error: Annotated[str | None, Field(description="Why it failed; null if it succeeded")]
    duration_ms: int

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptView:
        """Return the wire form of an attempt."""
        return cls(
            at=text_of(attempt.at),
            status_code=attempt.status_code,
            error=attempt.error,
            duration_ms=attempt.milliseconds,
        )


class DeliveryView(View):
    """One event on its way to one webhook."""

    object: Literal["webhook.delivery"] = "webhook.delivery"
    id: str
    webhook_id: str
    event: Annotated[
        dict[str, Any],
        Field(description="The event as it is sent: `id`, `type`, `timestamp` and `data`. Without the output of a run"),
    ]
    status: Annotated[
        DeliveryStatus,
        Field(description="`dead`: no attempt follows, see `reason`. `held`: recorded for a poll webhook"),
    ]
    reason: Annotated[
        DeadReason | None,
        Field(description="Why it is dead: its attempts were used up, or its webhook was gone, disabled or deleted"),
    ]
    attempts: Annotated[list[AttemptView], Field(description="The oldest first")]
    response_body: Annotated[str | None, Field(description=f"The first {LONGEST_BODY:,} bytes of the last answer")]
    next_attempt_at: Annotated[Stamp | None, Field(description="Null if no attempt follows")]
    replay_of: Annotated[str | None, Field(description="The delivery whose event it repeats")]
    created_at: Stamp
    updated_at: Stamp
    expires_at: Annotated[Stamp, Field(description="Until when it can be read: 7 days after its last change")]

    @classmethod
    def of(cls, delivery: Delivery) -> DeliveryView:
        """Return the wire form of a delivery."""
        return cls(
            id=delivery.key.delivery_id,
            webhook_id=delivery.key.webhook_id,
            event=json.loads(delivery.event),
            status=delivery.status,
            reason=delivery.reason,
            attempts=[AttemptView.of(attempt) for attempt in delivery.attempts],
            response_body=delivery.response_body,
            next_attempt_at=instant_text(delivery.next_attempt_at),
            replay_of=delivery.replay_of,
            created_at=text_of(delivery.created_at),
            updated_at=text_of(delivery.updated_at),
            expires_at=text_of(delivery.expires_at),
        )


class DeliveryList(Listing):
    """A page of deliveries."""

    data: list[DeliveryView]
