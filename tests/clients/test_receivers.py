"""Receivers that others wrote verify the signatures of deliveries: those of the guide, in Python and under
Node.js, with the published packages of Standard Webhooks."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import standardwebhooks
from agent_schedules.domain.webhook_signatures import secret_of, signed_headers
from agent_schedules.domain.webhooks import BOTH_SIGN, Webhook, WebhookKey

from tests.clients.test_clients import INSTALLED, MODULES, ROOT

MASTER = b"a master secret of 32 bytes at least"
NOW = datetime.now(UTC)
BODY = '{"id":"evt_1","type":"run.failed","timestamp":"2026-03-02T10:00:00.000Z","data":{"name":"Büro ☂"}}'
PLAIN = Webhook(WebhookKey("acme", "whk_1"), "https://example.com/", NOW, NOW)


def request(webhook: Webhook, *, secret: int, at: datetime = NOW, body: str = BODY) -> dict[str, Any]:
    """A request of a webhook, as a receiver with that version of the secret gets it."""
    headers = signed_headers(webhook, MASTER, event_id="evt_1", body=BODY.encode(), now=at)
    return {"secret": secret_of(MASTER, "whk_1", secret), "headers": dict(headers), "body": body}


REQUESTS: dict[str, tuple[dict[str, Any], bool]] = {
    "as it is sent": (request(PLAIN, secret=1), True),
    "with another body": (request(PLAIN, secret=1, body=BODY + " "), False),
    "with another secret": (request(PLAIN, secret=2), False),
    "from an hour ago": (request(PLAIN, secret=1, at=NOW - timedelta(hours=1)), False),
    "to the old secret after a rotation": (request(PLAIN.rotated(NOW), secret=1), True),
    "to the new secret after a rotation": (request(PLAIN.rotated(NOW), secret=2), True),
    "to the old secret a day later": (request(PLAIN.rotated(NOW - BOTH_SIGN), secret=1), False),
    "to the new secret a day later": (request(PLAIN.rotated(NOW - BOTH_SIGN), secret=2), True),
}


def code(language: str) -> str:
    """The receiver in that language that the guide shows."""
    guide = (ROOT / "docs" / "how-to" / "webhooks.md").read_text("utf-8")
    (found,) = re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)
    return str(found)


@contextmanager
def receiver(folder: Path, secret: str) -> Iterator[str]:
    """The guide's receiver under Node.js, with a secret: its URL."""
    (folder / "receiver.mjs").write_text(code("javascript"), "utf-8")
    (folder / "node_modules").symlink_to(MODULES)
    environ = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": "0"}
    command = [str(INSTALLED / "node"), "receiver.mjs"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().rpartition(' ')[2].strip()}/"
        finally:
            process.terminate()


@pytest.mark.parametrize("version", [1, 2])
def test_the_guides_receiver_under_node_verifies_them(tmp_path: Path, version: int) -> None:
    secret = secret_of(MASTER, "whk_1", version)
    with receiver(tmp_path, secret) as url:
        for name, (sent, good) in REQUESTS.items():
            if sent["secret"] == secret:
                answer = httpx.post(url, content=sent["body"].encode(), headers=sent["headers"])
                assert answer.status_code == (204 if good else 401), name


@pytest.mark.parametrize("name", REQUESTS)
def test_the_guides_receiver_in_python_verifies_them(name: str) -> None:
    names: dict[str, Any] = {}
    exec(code("python"), names)
    received: Callable[[str, bytes, dict[str, str]], dict[str, Any]] = names["received"]
    sent, good = REQUESTS[name]
    if good:
        assert received(sent["secret"], sent["body"].encode(), sent["headers"])["type"] == "run.failed"
    else:
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            received(sent["secret"], sent["body"].encode(), sent["headers"])
