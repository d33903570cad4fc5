"""The api function behind API Gateway: HTTP API events of version 2.0 in, envelopes and views out."""

from __future__ import annotations

import base64
import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agent_schedules import bootstrap

from dev.functions import Context
from tests.support.world import World

ROOT = Path(__file__).parent.parent.parent
Invoke = Callable[[dict[str, Any]], dict[str, Any]]


def event(name: str, **changes: Any) -> dict[str, Any]:
    """One of the event files, changed."""
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded | changes


@pytest.fixture
def invoke() -> Iterator[Invoke]:
    """The handler, loaded anew: it is wired when it is imported, as in Lambda."""
    world = World()
    bootstrap.install(bootstrap.Wiring(world.ports, world.authenticator))
    spec = importlib.util.spec_from_file_location("api_handler", ROOT / "functions" / "api" / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield lambda sent: module.lambda_handler(sent, Context("api", 29))
    bootstrap.forget()


def test_the_event_files_are_answered_as_expected(invoke: Invoke) -> None:
    expected = json.loads((ROOT / "events" / "expected.json").read_text())
    for path in sorted((ROOT / "events").glob("api_*.json")):
        answer = invoke(json.loads(path.read_text()))
        assert answer["statusCode"] == expected[path.name]["statusCode"], answer
        assert answer["headers"]["content-type"] == "application/json"


def test_a_base64_body_creates_what_it_says(invoke: Invoke) -> None:
    body = base64.b64encode(json.dumps({"name": "é", "model": "echo"}).encode()).decode()
    answer = invoke(event("api_create_agent", body=body, isBase64Encoded=True))
    assert (answer["statusCode"], json.loads(answer["body"])["name"]) == (201, "é")


@pytest.mark.parametrize("path", ["/api/v1/agents/a%2Fb", "/api/v1/nope", "/", "/api/v1/agents/%F0%9F%92%A9"])
def test_odd_paths_are_404_in_the_envelope(invoke: Invoke, path: str) -> None:
    sent = event("api_unauthorized", rawPath=path)
    sent["headers"] = sent["headers"] | {"authorization": "Bearer local"}
    sent["requestContext"]["http"] |= {"path": path, "method": "GET"}
    answer = invoke(sent)
    assert (answer["statusCode"], list(json.loads(answer["body"]))) == (404, ["error"])
