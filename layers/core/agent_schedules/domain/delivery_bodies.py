"""The body of a delivery's request. Pure."""

from __future__ import annotations

import json
from typing import Any

from agent_schedules.domain.chat_text import chat_text
from agent_schedules.domain.deliveries import Delivery
from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.webhooks import Webhook

LONGEST_OUTPUT = 32 * 1024  # bytes
WITH_OUTPUT = frozenset({"run.completed", "run.failed", "run.incomplete", "run.cancelled"})
"""The events of runs that may have an output."""


def run_of(webhook: Webhook, delivery: Delivery) -> RunKey | None:
    """Return the run whose output goes with an event, if the webhook asks for outputs."""
    if not webhook.include_output or delivery.event_type not in WITH_OUTPUT:
        return None
    data: dict[str, Any] = json.loads(delivery.event)["data"]
    user = data["user_sha256"]
    owner = f"{data['tenant']}:{user}" if user else str(data["tenant"])
    return RunKey(owner, str(data["agent_id"]), str(data["run_id"]))


def body_of(webhook: Webhook, delivery: Delivery, output: str | None) -> bytes:
    """Return the body in the webhook's format. `output` is the run's text, for a webhook that asks for outputs."""
    if webhook.format == "slack":
        return _json({"text": chat_text(delivery.event_type, json.loads(delivery.event)["data"], output)})
    if output is None:
        return delivery.event.encode()
    told = json.loads(delivery.event)
    cut = output.encode("utf-8", "replace")[:LONGEST_OUTPUT].decode("utf-8", "ignore")
    told["data"] |= {"output": cut, "output_truncated": len(cut) < len(output)}
    return _json(told)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
