"""The echo gateway over real HTTP, as OpenAI's own client sees it, and what serves it."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus
from typing import Any

import httpx
import openai
import pytest
from starlette.applications import Starlette

from dev.echo_gateway.app import MAX_BODY_BYTES, create_gateway
from dev.server import serve
from tests.dev.echo_gateway.echo import FakeClock, checked, ledger_of
from tests.support.waiting import until


def test_the_openai_client_over_http(clock: FakeClock) -> None:
    app = create_gateway(clock, api_key="sk-local")
    with serve(app) as serving, openai.OpenAI(base_url=serving.url, api_key="sk-local", max_retries=0) as client:
        key = {"Idempotency-Key": "k"}
        queued = client.responses.create(model="slow-30", input="hello there", background=True, extra_headers=key)
        assert checked(queued.to_dict()).status == "queued"
        assert client.responses.retrieve(queued.id).status == "in_progress"
        clock.pass_(30)
        done = client.responses.retrieve(queued.id)
        assert (done.status, done.output_text) == ("completed", "hello there")

        dropped = client.responses.create(model="slow-30", input="x", background=True)
        assert client.responses.cancel(dropped.id).status == "cancelled"

        said = client.responses.create(model="echo", input=[{"role": "user", "content": "now"}])
        assert checked(said.to_dict()).output_text == "now"

        with pytest.raises(openai.NotFoundError) as missing:
            client.responses.create(model="gpt-5", input="x")
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.InternalServerError):
            client.responses.create(model="flaky-1", input="x", extra_headers={"Idempotency-Key": "f"})
        with pytest.raises(openai.APIStatusError) as large:
            client.responses.create(model="echo", input="x" * (MAX_BODY_BYTES + 1))
        assert large.value.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert ledger_of(app).posts == {"k": 1, "f": 1}
    serving.stop()


def test_stopping_drops_a_request_that_is_still_held(clock: FakeClock) -> None:
    app = create_gateway(clock)
    serving = serve(app)
    errors: list[Exception] = []

    def hold() -> None:
        try:
            httpx.post(f"{serving.url}/responses", json={"model": "slow-60", "input": "x"}).raise_for_status()
        except httpx.HTTPError as error:  # a 500 or a closed connection, whichever the server still manages
            errors.append(error)

    held = threading.Thread(target=hold)
    held.start()
    until(lambda: len(ledger_of(app).accepted) == 1, 2, every=0.005)
    began = time.monotonic()
    serving.stop()
    assert time.monotonic() - began < 1
    held.join(1)
    assert errors


def test_serving_reports_an_app_that_does_not_start() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError, match="did not start"):
        serve(broken)


def test_serving_on_a_taken_port(app: Starlette) -> None:
    with serve(app) as serving, pytest.raises(OSError, match="in use"):
        serve(app, port=int(serving.url.rpartition(":")[2]))
