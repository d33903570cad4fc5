"""The local echo gateway: its models, its states, and that what it says is what OpenAI's own types and client read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from openai.types.responses import Response
from pydantic import ValidationError
from starlette.applications import Starlette

from dev.gateway import MAX_BODY_BYTES, Ledger, create_gateway
from dev.serving import serve
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


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(clock: FakeClock) -> Starlette:
    return create_gateway(clock)


@pytest.fixture
def client(app: Starlette) -> Client:
    return Client(app)


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


def test_the_check_itself_is_strict(client: Client) -> None:
    data = post(client, "echo")
    for broken in ({"tools": None}, {"status": "done"}, {"created_at": "1"}, {"output": [{"type": "message"}]}):
        with pytest.raises(ValidationError):
            checked({**data, **broken})
    del data["parallel_tool_calls"]
    with pytest.raises(ValidationError):
        checked(data)


@pytest.mark.parametrize(
    ("model", "status", "text"),
    [
        ("echo", "completed", "one two three"),
        ("slow-0", "completed", "one two three"),
        ("flaky-0", "completed", "one two three"),
        ("fail", "failed", ""),
        ("incomplete", "incomplete", "one two"),
    ],
)
@pytest.mark.parametrize("background", [True, False])
def test_models_that_end_at_once(client: Client, model: str, status: str, text: str, background: bool) -> None:
    posted = post(client, model, background=background)
    assert posted["status"] == ("queued" if background else status)
    ended = checked(get(client, posted["id"]))
    assert ended.id == posted["id"]
    assert (ended.status, ended.output_text, ended.background) == (status, text, background)
    assert (ended.error is not None) == (status == "failed")
    assert (ended.usage is not None) == (status != "failed")
    assert (ended.completed_at is not None) == (status == "completed")
    if ended.error is not None:
        assert ended.error.code == "server_error"
    reason = ended.incomplete_details and ended.incomplete_details.reason
    assert reason == ("max_output_tokens" if status == "incomplete" else None)


def test_a_slow_background_response_follows_the_stack_clock(client: Client, clock: FakeClock) -> None:
    posted = post(client, "slow-90.5", background=True)
    assert posted["status"] == "queued"
    assert posted["id"].startswith("resp_")
    assert len(bytes.fromhex(posted["id"].removeprefix("resp_"))) == 16
    clock.pass_(90.4)
    pending = get(client, posted["id"])
    assert (pending["status"], pending["output"], pending["usage"]) == ("in_progress", [], None)
    clock.pass_(0.1)
    done = get(client, posted["id"])
    assert done["status"] == "completed"
    assert done["created_at"] == START.timestamp()
    assert done["completed_at"] == int((START + timedelta(seconds=90.5)).timestamp())
    assert done["usage"]["total_tokens"] == 6
    clock.pass_(1000)
    assert get(client, posted["id"]) == done


def test_a_synchronous_request_is_held_for_its_stack_seconds() -> None:
    clock = FakeClock(step=20)
    done = post(Client(create_gateway(clock)), "slow-60")
    assert done["status"] == "completed"
    assert clock.now >= START + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("", ""),
        ("ü 🙂", "ü 🙂"),
        ([], ""),
        ([{"role": "user", "content": "plain"}], "plain"),
        (
            [
                {"role": "system", "content": "not this"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a "}]},
                {"role": "assistant", "content": "nor this"},
                {"role": "user", "content": [{"type": "input_image"}, {"type": "input_text", "text": "b"}, 7]},
                {"role": "user"},
                {"type": "function_call_output", "call_id": "c", "output": "x"},
            ],
            "a b",
        ),
    ],
)
def test_input_text(client: Client, sent: Any, text: str) -> None:
    assert checked(post(client, "echo", input=sent)).output_text == text


def test_the_request_is_echoed_and_the_unknown_ignored(client: Client) -> None:
    function = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    response = post(
        client,
        "echo",
        conversation="conv_1",
        instructions="be brief",
        max_output_tokens=50,
        metadata={"schedule": "s1"},
        previous_response_id="resp_before",
        reasoning={"effort": "low"},
        temperature=0,
        text={"format": {"type": "json_object"}},
        tool_choice={"type": "function", "name": "look"},
        tools=[function, {"type": "web_search"}],
        top_p=None,
        truncation="auto",
        something_new={"x": [1]},
    )
    assert response["conversation"] == {"id": "conv_1"}
    assert response["instructions"] == "be brief"
    assert response["metadata"] == {"schedule": "s1"}
    assert response["previous_response_id"] == "resp_before"
    assert response["reasoning"] == {"effort": "low", "summary": None}
    assert response["text"] == {"format": {"type": "json_object"}, "verbosity": "medium"}
    assert response["tools"] == [{**function, "description": None, "strict": True}, {"type": "web_search"}]
    assert (response["temperature"], response["top_p"]) == (0, 1)
    assert "something_new" not in response
    assert post(client, "echo", conversation={"id": "conv_2"})["conversation"] == {"id": "conv_2"}
    assert post(client, "echo")["conversation"] is None


def test_one_key_makes_one_response(app: Starlette, client: Client, clock: FakeClock) -> None:
    first = post(client, "slow-10", key="k", background=True)
    again = post(client, "slow-10", key="k", background=True)
    assert (again["id"], again["status"]) == (first["id"], "in_progress")
    clock.pass_(10)
    assert post(client, "slow-10", key="k", background=True) == get(client, first["id"])
    assert post(client, "slow-10", key="other", background=True)["id"] != first["id"]
    assert post(client, "echo")["id"] != post(client, "echo")["id"]
    assert ledger_of(app).posts == {"k": 3, "other": 1}
    assert len(ledger_of(app).accepted) == 4


def test_the_ledger_holds_what_was_sent_but_no_secret(clock: FakeClock) -> None:
    app = create_gateway(clock, api_key="sk-local")
    body = {"model": "echo", "input": "x", "unknown": 1}
    headers = {"Authorization": "Bearer sk-local", "X-On-Behalf-Of": "user-1", "Idempotency-Key": "k"}
    reply = Client(app).post("/responses", json=body, headers=headers)
    [accepted] = ledger_of(app).accepted
    assert (accepted.id, accepted.key, accepted.at, accepted.body) == (reply.json()["id"], "k", START, body)
    assert accepted.headers["x-on-behalf-of"] == "user-1"
    assert "sk-local" not in str(accepted)


def test_flaky_counts_per_key(app: Starlette, client: Client) -> None:
    body = {"model": "flaky-2", "input": "x", "background": True}
    for key in ("a", "b"):
        for _ in range(2):
            reply = client.post("/responses", json=body, headers={"Idempotency-Key": key})
            refused(reply, 503, code="server_error")
            assert reply.headers["retry-after"] == "0"
        first = post(client, "flaky-2", key=key, background=True)
        assert post(client, "flaky-2", key=key, background=True)["id"] == first["id"]
    assert ledger_of(app).posts == {"a": 4, "b": 4}
    assert len(ledger_of(app).accepted) == 2
    for _ in range(4):
        refused(client.post("/responses", json=body), 503, code="server_error")


def test_cancel(client: Client, clock: FakeClock) -> None:
    posted = post(client, "slow-10", background=True)
    cancelled = client.post(f"/responses/{posted['id']}/cancel").json()
    assert checked(cancelled).status == "cancelled"
    clock.pass_(60)
    assert get(client, posted["id"]) == cancelled
    assert client.post(f"/responses/{posted['id']}/cancel").json() == cancelled


@pytest.mark.parametrize("model", ["echo", "fail", "incomplete"])
def test_cancel_leaves_an_ended_response_as_it_is(client: Client, model: str) -> None:
    posted = post(client, model, background=True)
    ended = get(client, posted["id"])
    assert client.post(f"/responses/{posted['id']}/cancel").json() == ended


def test_cancel_is_for_background_responses(client: Client) -> None:
    posted = post(client, "echo")
    assert "synchronous" in refused(client.post(f"/responses/{posted['id']}/cancel"), 400)


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


def test_the_longest_duration_is_still_a_date(client: Client) -> None:
    posted = post(client, "slow-999999999.999999", background=True)
    assert get(client, posted["id"])["status"] == "in_progress"


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


def test_the_journal_outlives_the_process(clock: FakeClock, tmp_path: Path) -> None:
    journal = tmp_path / "new" / "journal.jsonl"
    app = create_gateway(clock, journal, api_key="sk-local")
    before = Client(app, headers={"Authorization": "Bearer sk-local"})
    slow = post(before, "slow-10", key="k", background=True)
    dropped = post(before, "slow-10", background=True)
    before.post(f"/responses/{dropped['id']}/cancel")
    body = {"model": "flaky-2", "input": "x"}
    before.post("/responses", json=body, headers={"Idempotency-Key": "f"})

    with journal.open("ab") as file:
        file.write(b'{"accepted": {"id": "resp_to')  # the process stopped in mid-write
    clock.pass_(10)
    restarted = create_gateway(clock, journal)
    after = Client(restarted)
    assert get(after, slow["id"])["status"] == "completed"
    assert get(after, dropped["id"])["status"] == "cancelled"
    assert post(after, "slow-10", key="k", background=True)["id"] == slow["id"]
    refused(after.post("/responses", json=body, headers={"Idempotency-Key": "f"}), 503, code="server_error")
    flaky = post(after, "flaky-2", key="f")

    ledger = ledger_of(create_gateway(clock, journal))
    assert ledger.posts == {"k": 2, "f": 3}
    assert ledger.accepted == ledger_of(restarted).accepted
    assert [entry.id for entry in ledger.accepted] == [slow["id"], dropped["id"], flaky["id"]]
    assert "sk-local" not in journal.read_text()


def test_a_journal_that_is_one_torn_line(clock: FakeClock, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b'{"posted"')
    posted = post(Client(create_gateway(clock, journal)), "echo")
    assert get(Client(create_gateway(clock, journal)), posted["id"])["status"] == "completed"


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
    wait_until(lambda: len(ledger_of(app).accepted) == 1)
    began = time.monotonic()
    serving.stop()
    assert time.monotonic() - began < 1
    held.join(1)
    assert errors


def wait_until(true: Callable[[], bool], seconds: float = 2.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_serving_reports_an_app_that_does_not_start() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(RuntimeError, match="did not start"):
        serve(broken)


def test_serving_on_a_taken_port(app: Starlette) -> None:
    with serve(app) as serving, pytest.raises(OSError, match="in use"):
        serve(app, port=int(serving.url.rpartition(":")[2]))
