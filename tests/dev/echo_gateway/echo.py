"""The local echo gateway as its tests use it: every answer is read by OpenAI's own types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from openai.types.responses import Response
from starlette.applications import Starlette

from dev.echo_gateway.ledger import Ledger
from tests.support.client import Client

START = datetime(2026, 3, 29, 0, 55, tzinfo=UTC)


class FakeClock:
    """A clock that stands still, or moves by `step` each time it is read."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = START
        self.step = step

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=self.step)
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def ledger_of(app: Starlette) -> Ledger:
    ledger = app.state.ledger
    assert isinstance(ledger, Ledger)
    return ledger


def checked(data: Any) -> Response:
    """`data` read by OpenAI's type, with nothing missing, mistyped, or unknown to that type."""
    response = Response.model_validate(data, strict=True)
    assert set(response.model_extra or {}) <= {"store"}  # which OpenAI answers, but has not in its type
    return response


def post(client: Client, model: str, key: str | None = None, **fields: Any) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    reply = client.post("/responses", json={"model": model, "input": "one two three", **fields}, headers=headers)
    assert reply.status_code == HTTPStatus.OK, reply.text
    checked(reply.json())
    data: dict[str, Any] = reply.json()
    return data


def get(client: Client, response_id: str) -> dict[str, Any]:
    reply = client.get(f"/responses/{response_id}")
    assert reply.status_code == HTTPStatus.OK, reply.text
    checked(reply.json())
    data: dict[str, Any] = reply.json()
    return data


def refused(reply: Any, status: int, param: str | None = None, code: str | None = None) -> str:
    """Check OpenAI's error shape and return the message."""
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error"}
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["param"], error["code"]) == (param, code)
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")
    return str(error["message"])
