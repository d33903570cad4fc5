"""The api function behind API Gateway: HTTP API events of version 2.0 in, envelopes and views out."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_schedules import bootstrap

from dev.fake_aws.lambda_runtime import Context
from tests.support.world import World

ROOT = Path(__file__).parent.parent.parent


class Function:
    """The handler, and the world that it is wired to."""

    def __init__(self, handler: Callable[[dict[str, Any], Any], dict[str, Any]], world: World) -> None:
        self.world = world
        self._handler = handler

    def __call__(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Invoke it."""
        return self._handler(sent, Context("api", 29))


def event(name: str, **changes: Any) -> dict[str, Any]:
    """One of the event files, changed."""
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded | changes


def call(method: str, path: str, headers: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """An event that creates an agent, changed; a GET has no body."""
    if method == "GET":
        changes["body"] = None
    sent = event("api_create_agent", rawPath=path, **changes)
    sent["requestContext"]["http"] |= {"path": path, "method": method}
    sent["headers"] |= headers or {}
    return sent


@pytest.fixture(scope="module")
def invoke(own_loop: None) -> Iterator[Function]:
    """Import the handler again: as in Lambda, the import wires it."""
    world = World()
    bootstrap.install(bootstrap.Wiring(world.ports, world.authenticator))
    spec = importlib.util.spec_from_file_location("api_handler", ROOT / "functions" / "api" / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield Function(module.lambda_handler, world)
    bootstrap.forget()


def test_the_event_files_are_answered_as_expected(invoke: Function) -> None:
    expected = json.loads((ROOT / "events" / "expected.json").read_text())
    for path in sorted((ROOT / "events").glob("api_*.json")):
        answer = invoke(json.loads(path.read_text()))
        assert answer["statusCode"] == expected[path.name]["statusCode"], answer
        assert answer["headers"]["content-type"] == "application/json"


def test_a_base64_body_creates_what_it_says(invoke: Function) -> None:
    body = base64.b64encode(json.dumps({"name": "é", "model": "echo"}).encode()).decode()
    answer = invoke(event("api_create_agent", body=body, isBase64Encoded=True))
    assert (answer["statusCode"], json.loads(answer["body"])["name"]) == (201, "é")


def test_the_console_is_served_compressed_through_the_gateway(invoke: Function) -> None:
    page = invoke(call("GET", "/console/schedules", {"accept-encoding": "gzip, br"}))
    assert (page["statusCode"], page["headers"]["content-encoding"], page["isBase64Encoded"]) == (200, "gzip", True)
    shown = gzip.decompress(base64.b64decode(page["body"])).decode()
    for path in re.findall(r'"(/console/assets/[^"]+)"', shown):
        asset = invoke(call("GET", path, {"accept-encoding": "gzip"}))
        assert asset["headers"]["cache-control"].endswith("immutable")
        assert (
            gzip.decompress(base64.b64decode(asset["body"]))
            == invoke(call("GET", path, {"accept-encoding": "identity"}))["body"].encode()
        )


@pytest.mark.parametrize("path", ["/api/v1/agents/a%2Fb", "/api/v1/nope", "/", "/api/v1/agents/%F0%9F%92%A9"])
def test_odd_paths_are_404_in_the_envelope(invoke: Function, path: str) -> None:
    sent = event("api_unauthorized", rawPath=path, rawQueryString="")
    sent["headers"] = sent["headers"] | {"authorization": "Bearer local"}
    sent["requestContext"]["http"] |= {"path": path, "method": "GET"}
    answer = invoke(sent)
    assert (answer["statusCode"], list(json.loads(answer["body"]))) == (404, ["error"])


AGENTS = "/api/v1/agents"


def encoded(body: bytes) -> dict[str, Any]:
    """A body as API Gateway hands it over when it may be binary."""
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


ODD: dict[str, tuple[dict[str, Any], int, str]] = {
    "not UTF-8": (call("POST", AGENTS, **encoded(b'{"name":"\xff"}')), 400, "body: is not valid JSON"),
    "too large": (call("POST", AGENTS, **encoded(b" " * 300_000)), 400, "body: must be at most"),
    "nested without end": (call("POST", AGENTS, **encoded(b"[" * 200_000)), 400, "body: is not valid JSON"),
    "no body": (call("POST", AGENTS, body=None), 400, "body: is required"),
    "no type": (call("POST", AGENTS, {"content-type": ""}), 400, "Content-Type: "),
    "endless length": (call("POST", AGENTS, {"content-length": "9" * 5_000}), 400, "body: must be at most"),
    "two kinds of length": (call("POST", AGENTS, {"transfer-encoding": "chunked"}), 400, "Content-Length: "),
    "line break in a key": (call("POST", AGENTS, {"idempotency-key": "a\r\nX: y"}), 400, "Idempotency-Key: "),
    "line break in a user": (call("POST", AGENTS, {"x-on-behalf-of": "a\r\nX: y"}), 400, "X-On-Behalf-Of: "),
    "unicode in a user": (call("POST", AGENTS, {"x-on-behalf-of": "日本"}), 400, "X-On-Behalf-Of: "),
    "unicode in an API key": (call("POST", AGENTS, {"authorization": "Bearer 日本"}), 401, "The API key or token"),
    "long id": (call("GET", f"{AGENTS}/{'x' * 100_000}"), 404, "agent_id: no agent 'xxx"),
    "NUL in an id": (call("GET", f"{AGENTS}/\x00"), 404, "agent_id: "),
    "line break in an id": (call("GET", f"{AGENTS}/a\r\nX: y"), 404, r"agent_id: no agent 'a\r\nX: y'"),
    "dots": (call("GET", f"{AGENTS}/../../etc"), 404, "No such route: "),
    "half an escape": (call("GET", AGENTS, rawQueryString="limit=%"), 400, "limit: "),
    "half a character": (call("GET", AGENTS, rawQueryString="limit=%ff"), 400, "limit: "),
    "strange host": (call("GET", "/nope", {"host": "[/?#"}), 404, "No such route: GET /nope;"),
    "unknown method": (call("BREW", AGENTS), 405, "BREW is not allowed here"),
}


@pytest.mark.parametrize(("sent", "status", "starts"), ODD.values(), ids=ODD)
def test_odd_events_get_the_envelope_and_write_nothing(
    invoke: Function, sent: dict[str, Any], status: int, starts: str
) -> None:
    before = dict(invoke.world.table.items)
    answer = invoke(sent)
    assert answer["statusCode"] == status, answer
    assert answer["headers"]["content-type"] == "application/json"
    message = json.loads(answer["body"])["error"]["message"]
    assert message.startswith(starts), message
    assert invoke.world.table.items == before


@pytest.mark.parametrize("length", ["\u00b2", "-1", "x", "", "1e9"])
def test_a_length_that_is_no_number_is_not_believed(invoke: Function, length: str) -> None:
    assert invoke(call("POST", AGENTS, {"content-length": length}))["statusCode"] == 201


def test_an_idempotency_key_does_not_depend_on_the_host(invoke: Function) -> None:
    first = invoke(call("POST", AGENTS, {"idempotency-key": "k", "host": "[/?#"}))
    again = invoke(call("POST", AGENTS, {"idempotency-key": "k"}))
    assert (first["statusCode"], again["statusCode"]) == (201, 201)
    assert json.loads(first["body"])["id"] == json.loads(again["body"])["id"]
