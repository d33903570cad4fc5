"""The secrets of webhooks and the signatures of deliveries, as Standard Webhooks says. Pure (decision 19).

A secret is derived from the deployment's master secret and is never stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from agent_schedules.domain.webhooks import Webhook
from agent_schedules.timestamps import floor_seconds

PREFIX = "whsec_"


def secret_of(master: bytes, webhook_id: str, version: int) -> str:
    """Return one version of a webhook's secret, as its receiver gets it."""
    return PREFIX + base64.b64encode(_key(master, webhook_id, version)).decode()


def signed_headers(webhook: Webhook, master: bytes, *, event_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """Return the headers of an attempt that starts now, signed with each secret that is in force, the newest first."""
    keys = [_key(master, webhook.key.webhook_id, version) for version in reversed(webhook.signing_versions(now))]
    return _headers(keys, event_id, body, now)


def headers_with(secret: str, *, event_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    """Return the headers of a request that starts now, signed with a secret as its receiver has it."""
    return _headers([base64.b64decode(secret.removeprefix(PREFIX))], event_id, body, now)


def _headers(keys: Sequence[bytes], event_id: str, body: bytes, now: datetime) -> Mapping[str, str]:
    sent_at = str(floor_seconds(now))
    signed = b".".join((event_id.encode(), sent_at.encode(), body))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _key(master: bytes, webhook_id: str, version: int) -> bytes:
    return hmac.digest(master, f"{webhook_id}:{version}".encode(), hashlib.sha256)


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
