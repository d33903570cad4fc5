"""What a gateway answers, whatever it is: a response that a row and an answer of ours can hold, or a GatewayError."""

from __future__ import annotations

import json
from typing import Any

import httpx
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.ports import GatewayError
from agent_schedules.storage.compression import pack, unpack
from hypothesis import strategies as st

from tests.boundaries.hostile import damaged, hostile, is_json, mutants, texts, values, wire
from tests.support.upstream import Pool

RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "output": [{"type": "message", "content": [{"type": "output_text", "text": "é 🎉", "annotations": []}]}],
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    "error": None,
    "temperature": 1.0,
}
REFUSAL = {"error": {"message": "no such model", "type": "invalid_request_error", "param": "model", "code": "x"}}


def asked(answer: httpx.Response, call: str = "create") -> dict[str, Any] | None:
    """What the adapter makes of an answer that the gateway gives again and again; None for a GatewayError."""
    gateway = ResponsesGateway(
        "https://gateway.test/v1",
        api_key=lambda: "sk-secret",
        background=True,
        pool=Pool(lambda _: answer),
        sleep=lambda _: None,
        jitter=lambda: 0.5,
    )
    try:
        if call == "create":
            return gateway.create({"model": "m"}, idempotency_key="run_1", on_behalf_of=None, seconds=20)
        act = gateway.retrieve if call == "retrieve" else gateway.cancel
        return act("resp_1", on_behalf_of=None, seconds=20)
    except GatewayError as error:
        failed = error
    finally:
        gateway.close()
    assert is_json(failed.message)
    assert "sk-secret" not in failed.message
    return None


def holds(found: dict[str, Any] | None) -> None:
    """A response has an id and a status, is JSON, and comes back out of storage as it went in."""
    if found is None:
        return
    assert is_json(found)
    assert isinstance(found["id"], str)
    assert isinstance(found["status"], str)
    packed = pack(found)
    kept = packed.inline if packed.inline is not None else b"".join(packed.parts)
    assert json.dumps(unpack(kept)) == json.dumps(found)


calls = st.sampled_from(["create", "retrieve", "cancel"])
statuses = st.sampled_from([200, 200, 200, 201, 202, 204, 301, 307, 400, 401, 404, 409, 429, 500, 503])


@hostile(mutants(RESPONSE, most=3) | values, calls, examples=400)
def test_a_body_of_any_json_is_a_response_or_an_error(body: Any, call: str) -> None:
    holds(asked(httpx.Response(200, content=wire(body)), call))


@hostile(damaged(wire(RESPONSE)) | st.binary(max_size=60), statuses, calls, examples=300)
def test_bytes_of_any_kind_are_a_response_or_an_error(content: bytes, status: int, call: str) -> None:
    holds(asked(httpx.Response(status, content=content), call))


@hostile(mutants(REFUSAL, most=3) | values, statuses, calls, examples=300)
def test_a_refusal_of_any_kind_is_an_error(body: Any, status: int, call: str) -> None:
    holds(asked(httpx.Response(status, content=wire(body)), call))


named = st.sampled_from(["retry-after", "retry-after-ms", "x-should-retry", "location", "content-type"])
headers = st.dictionaries(
    named,
    texts | st.sampled_from([
        "1", "-1", "1e999", "nan", "inf", "9" * 400, "²", "Mon, 02 Mar 2026 10:00:03 GMT", "Mon, 99 Mar 2026 10:00:03",
        "Fri, 31 Dec 9999 23:59:59 -2359", "Sat, 01 Jan 0001 00:00:00 +2359", "1 Jan 99999", "http://[",
        "//\ud800", "true",
    ]),
)  # fmt: skip


@hostile(headers, statuses, examples=300)
def test_headers_of_any_kind_are_read_or_passed_over(sent: dict[str, str], status: int) -> None:
    raw = [(name.encode(), value.encode("utf-8", "replace").translate(None, b"\r\n\0")) for name, value in sent.items()]
    holds(asked(httpx.Response(status, headers=raw, content=wire(RESPONSE))))


places = st.sampled_from(["http://[", "https://[::1", "//\u212a@[", "http://a:b:c/", "https://h/?key=1#x"]) | texts


@hostile(places, st.sampled_from([301, 302, 303, 307, 308]), calls, examples=60)
def test_a_redirect_anywhere_is_an_error(place: str, status: int, call: str) -> None:
    raw = [(b"location", place.encode("utf-8", "replace").translate(None, b"\r\n\0"))]
    assert asked(httpx.Response(status, headers=raw), call) is None


@hostile(st.sampled_from([b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999"]), calls, examples=15)
def test_a_number_that_json_does_not_have_becomes_null(value: bytes, call: str) -> None:
    answer = httpx.Response(200, content=wire(RESPONSE).replace(b"1.0", value))
    assert asked(answer, call) == RESPONSE | {"temperature": None}


@hostile(calls, examples=3)
def test_an_answer_nested_too_deeply_is_an_error(call: str) -> None:
    assert asked(httpx.Response(200, content=wire(RESPONSE).replace(b"1.0", b"[" * 300 + b"]" * 300)), call) is None
