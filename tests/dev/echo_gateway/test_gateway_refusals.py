"""What the local echo gateway refuses, in OpenAI's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette

from dev.echo_gateway.app import MAX_BODY_BYTES, create_gateway
from tests.dev.echo_gateway.echo import FakeClock, get, ledger_of, post, refused
from tests.support.client import Client


def test_unknown_ids_and_paths(client: Client) -> None:
    assert "resp_none" in refused(client.get("/responses/resp_none"), 404)
    refused(client.post("/responses/resp_none/cancel"), 404)
    refused(client.get("/models"), 404)
    refused(client.get("/responses"), 405)


@pytest.mark.parametrize(
    "model", ["gpt-5", "", "slow-", "slow--1", "slow-1e9", "slow-" + "9" * 400, "flaky-x", "echo\n"]
)
def test_models_not_offered(app: Starlette, client: Client, model: str) -> None:
    reply = client.post("/responses", json={"model": model, "input": "x"})
    message = refused(reply, 404, param="model", code="model_not_found")
    assert "local echo gateway" in message
    assert "slow-<seconds>" in message
    assert ledger_of(app).accepted == []


def test_reject(app: Starlette, client: Client) -> None:
    reply = client.post("/responses", json={"model": "reject", "input": "x"}, headers={"Idempotency-Key": "k"})
    refused(reply, 400, param="model", code="invalid_value")
    assert ledger_of(app).posts == {"k": 1}
    assert ledger_of(app).accepted == []


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": "x"}, "model", "missing_required_parameter"),
        ({"model": "echo"}, "input", "missing_required_parameter"),
        ({"model": "echo", "input": None}, "input", "missing_required_parameter"),
        ({"model": 1, "input": "x"}, "model", "invalid_value"),
        ({"model": "echo", "input": ["x"]}, "input", "invalid_value"),
        ({"model": "echo", "input": "x", "background": "yes"}, "background", "invalid_value"),
        ({"model": "echo", "input": "x", "conversation": {}}, "conversation", "invalid_value"),
        ({"model": "echo", "input": "x", "metadata": {"n": 1}}, "metadata", "invalid_value"),
        ({"model": "echo", "input": "x", "stream": True}, "stream", "invalid_value"),
    ],
)
def test_bodies_that_are_refused(client: Client, body: dict[str, Any], param: str, code: str) -> None:
    assert f"'{param}'" in refused(client.post("/responses", json=body), 400, param=param, code=code)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b'{"model":"echo","input":"\\ud800"}',
        b'{"model":"echo","input":"x","tools":[{"type":"x","n":1e999}]}',
    ],
)
def test_bodies_that_are_no_json_object(client: Client, raw: bytes) -> None:
    refused(client.post("/responses", content=raw), 400)


def test_the_body_is_bounded(client: Client) -> None:
    frame = len(json.dumps({"model": "echo", "input": ""}))
    for size, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
        raw = json.dumps({"model": "echo", "input": "x" * (size - frame)})
        assert client.post("/responses", content=raw).status_code == status


def test_the_api_key_is_required(clock: FakeClock) -> None:
    client = Client(create_gateway(clock, api_key="sk-local"))
    sent: list[dict[bytes, bytes]] = [{}, {b"authorization": b"Bearer n\xf6"}, {b"authorization": b"sk-local"}]
    for headers in sent:
        reply = client.post("/responses", json={"model": "echo", "input": "x"}, headers=headers)
        refused(reply, 401, code="invalid_api_key")
        refused(client.get("/responses/resp_x", headers=headers), 401, code="invalid_api_key")
        refused(client.post("/responses/resp_x/cancel", headers=headers), 401, code="invalid_api_key")
    client.headers["Authorization"] = "Bearer sk-local"
    assert get(client, post(client, "echo")["id"])["status"] == "completed"
