"""The api function behind API Gateway: whatever the event, the answer is a response with JSON in it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from agent_schedules import bootstrap
from hypothesis import strategies as st

from dev.fake_aws.lambda_runtime import Context
from tests.boundaries.hostile import EVENTS, event, hostile, is_json, mutants, odd, texts, values
from tests.support.world import World

Handler = Callable[[Any, Any], dict[str, Any]]
CALLS = [event(name) for name in ("api_create_agent", "api_healthz", "api_unauthorized")]


@pytest.fixture(scope="module")
def invoke(own_loop: None) -> Iterator[Handler]:
    world = World()
    bootstrap.install(bootstrap.Wiring(world.ports, world.authenticator))
    spec = importlib.util.spec_from_file_location("api_handler", EVENTS.parent / "functions" / "api" / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.lambda_handler
    bootstrap.forget()


def answered(invoke: Handler, sent: Any) -> int:
    """The status of the answer, which is one that API Gateway takes."""
    answer = invoke(sent, Context("api", 29))
    assert is_json(answer)
    assert 200 <= answer["statusCode"] < 500, answer
    assert all(isinstance(value, str) for value in answer["headers"].values())
    body = json.loads(answer["body"] or "null")
    assert body is None or answer["statusCode"] < 400 or isinstance(body["error"]["message"], str)
    return int(answer["statusCode"])


@hostile(mutants(*CALLS, most=3) | values, examples=300)
def test_an_event_of_any_kind_is_answered(invoke: Handler, sent: Any) -> None:
    answered(invoke, sent)


paths = st.lists(texts | st.sampled_from(["api", "v1", "agents", "..", ".", "%2F", "%", "%F0%9F", "%00"]), max_size=6)
headers = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "x-on-behalf-of", "idempotency-key", "if-match", "accept", "host",
                     "content-length", "cookie", "x-forwarded-for", "transfer-encoding"]) | texts,
    texts | odd,
    max_size=4,
)  # fmt: skip


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """The event of a request whose every part is odd."""
    sent: dict[str, Any] = event("api_create_agent")
    raw = "/" + "/".join(draw(paths))
    method = draw(st.sampled_from(["GET", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "get", "", "\ud800"]))
    sent["requestContext"]["http"] |= {"method": method, "path": raw}
    sent["headers"] |= draw(headers)
    return sent | {
        "rawPath": raw,
        "rawQueryString": draw(texts | st.sampled_from(["limit=%FF", "after=%00", "a&&b", "=", "limit=1&limit=2"])),
        "body": draw(texts | st.none()),
        "isBase64Encoded": draw(st.booleans()),
    }


@hostile(requests(), examples=300)
def test_a_request_of_any_kind_is_answered(invoke: Handler, sent: dict[str, Any]) -> None:
    answered(invoke, sent)


def test_the_event_files_are_answered_as_ever(invoke: Handler) -> None:
    assert [answered(invoke, sent) for sent in CALLS] == [201, 200, 401]
