"""Answers of the gateway: refused, strange, or no answer of the Responses API at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.ports import GatewayError
from pydantic import TypeAdapter
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, ReadTimeoutError

from tests.support.responses_client import OK, Upstream, create, gateway, nested

CALLS: dict[str, Callable[[ResponsesGateway], object]] = {
    "send": lambda client: create(client, seconds=3),
    "poll": lambda client: client.retrieve("resp_1", on_behalf_of=None, seconds=3),
    "cancel": lambda client: client.cancel("resp_1", on_behalf_of=None, seconds=3),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(200, json={"id": 1}), "answer to the {call} (200) is not a Responses object: it begins"),
        (httpx.Response(200, text="<html>\n<h1>Back soon</h1>"), r"it begins '<html>\n<h1>Back soon</h1>'"),
        (httpx.Response(200), "it is empty"),
        (httpx.Response(200, text='{"id": "resp_1", "sta'), 'it begins \'{"id": "resp_1", "sta\''),
        (httpx.Response(404, text="no\r\nsuch \x1b[31mthing\u202e"), "answered the {call} with 404: no such [31mthing"),
        (
            httpx.Response(307, headers={"Location": "https://sso.test/login?token=abc"}),
            "it redirects to 'https://sso.test/login', and redirects are not followed",
        ),
        (ConnectTimeoutError("x"), "The gateway could not be reached for the {call} (ConnectTimeoutError)"),
        (ReadTimeoutError(cast(Any, None), "x", "x"), "The gateway did not answer the {call} within 3 s"),
        (ProtocolError("x"), "The connection broke before the gateway had answered the {call} (ProtocolError)"),
    ],
)
def test_an_error_names_the_call_and_shows_what_came(call: str, answer: httpx.Response | Exception, said: str) -> None:
    with pytest.raises(GatewayError) as failed:
        CALLS[call](gateway(Upstream(answer), monotonic=lambda: 0.0))
    assert said.replace("{call}", call) in failed.value.message
    assert failed.value.message.isprintable()


@pytest.mark.parametrize("call", ["poll", "cancel"])
@pytest.mark.parametrize(
    ("differs", "said"),
    [({"id": "resp_2"}, "its id is 'resp_2'"), ({"status": "archived"}, "its status is 'archived'")],
)
def test_another_response_is_not_the_one_asked_for(call: str, differs: dict[str, str], said: str) -> None:
    with pytest.raises(GatewayError) as failed:
        CALLS[call](gateway(Upstream(httpx.Response(200, json=OK | differs))))
    assert failed.value.message == f"The gateway's answer to the {call} (200) is not a Responses object: {said}"


def test_a_response_in_an_unknown_status_was_made_all_the_same() -> None:
    strange = OK | {"status": "archived"}
    assert create(gateway(Upstream(httpx.Response(200, json=strange)))) == strange


@pytest.mark.parametrize(
    ("key", "said", "shown"),
    [
        ("x", "No fixture matched", "No fixture matched"),
        ("test", "a test of the latest model", "a test of the latest model"),
        ("ollama", "Bearer ollama is not welcome", "[key] is not welcome"),
        ("ollama", "Incorrect API key provided: ollama.", "Incorrect API key provided: [key]."),
        ("x", "the key `x` does not exist", "the key `[key]` does not exist"),
        ("sk-secret", "Incorrect: xsk-secretx", "Incorrect: x[key]x"),
    ],
)
def test_a_key_is_scrubbed_and_a_short_one_cuts_no_word(key: str, said: str, shown: str) -> None:
    upstream = Upstream(httpx.Response(400, json={"error": {"message": said}}))
    with pytest.raises(GatewayError) as failed:
        create(gateway(upstream, api_key=lambda: key))
    assert failed.value.message == f"The gateway answered the send with 400: {shown}"


@pytest.mark.parametrize("key", ["sk-proj-abcdefghijklmnop1234", "Bearer abcdef.ghi", "mk-0123456789abcdef0123"])
def test_what_looks_like_a_key_is_scrubbed_whoevers_it_is(key: str) -> None:
    upstream = Upstream(httpx.Response(400, json={"error": {"message": f"{key} is not welcome"}}))
    with pytest.raises(GatewayError, match=r"400: \[key\] is not welcome"):
        create(gateway(upstream))


def test_it_gives_up_after_four_attempts_or_in_time() -> None:
    upstream = Upstream(httpx.Response(503, json={"error": {"message": "overloaded"}}))
    with pytest.raises(GatewayError, match="503: overloaded") as failed:
        create(gateway(upstream))
    assert (failed.value.kind, len(upstream.requests)) == ("unavailable", 4)
    with pytest.raises(GatewayError):
        create(gateway(upstream), seconds=0.1)
    assert len(upstream.requests) == 5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(400, json={"error": {"message": "no such model"}}), "400: no such model"),
        (httpx.Response(401, json={"error": "key sk-secret is bad"}), r"401: key \[key\] is bad"),
        (httpx.Response(404, text="nothing here"), "404: nothing here"),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test"}), "302"),
        (httpx.Response(200, text="<html>"), "not a Responses object"),
        (httpx.Response(200, json={"id": 1}), "not a Responses object"),
        (httpx.Response(200, json=[]), "not a Responses object"),
        (httpx.Response(200, json=OK | {"id": ""}), "not a Responses object"),
        (httpx.Response(200, json=OK | {"id": "r" * 1_001}), "not a Responses object"),
        (httpx.Response(200, text=nested(201)), "not a Responses object"),
        (httpx.Response(200, text=nested(100_000)), "not a Responses object"),
        (httpx.Response(400, text=nested(100_000)), r'400: \{"id": "resp_1"'),
        (httpx.Response(400, text='{"error": {"message": "cut \\ud83d"}}'), r"400: cut \?"),
    ],
)
def test_refusals_and_nonsense_are_final(answer: httpx.Response, said: str) -> None:
    upstream = Upstream(answer)
    with pytest.raises(GatewayError, match=said) as failed:
        create(gateway(upstream))
    assert failed.value.kind in {"refused", "strange"}
    assert "sk-secret" not in failed.value.message
    assert [request.url.host for request in upstream.requests] == ["gateway.test"]


def test_an_answer_can_be_stored_and_shown() -> None:
    upstream = Upstream(httpx.Response(200, text='{"id": "resp_1", "status": "queued", "output": "cut \\ud83d"}'))
    assert create(gateway(upstream))["output"] == "cut ?"
    whole = Upstream(httpx.Response(200, text=r'{"id": "resp_1", "status": "queued", "output": "\ud83d\ude00 é"}'))
    assert create(gateway(whole))["output"] == "😀 é"
    deep = create(gateway(Upstream(httpx.Response(200, text=nested(200)))))
    page = {"data": [{"gateway_response": deep}]}  # what shows it adds levels of its own
    assert TypeAdapter(dict[str, Any]).dump_json(page).endswith(b"]" * 199 + b"}}]}")
