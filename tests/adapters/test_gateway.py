"""The gateway client: against answers of every kind, and against the local gateway over real HTTP."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest
from agent_schedules.adapters.http_pool import PART
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, ReadTimeoutError

from dev.echo_gateway.app import create_gateway
from dev.server import serve
from tests.support.responses_client import OK, REQUEST, Upstream, create, gateway


def test_a_request_carries_key_idempotency_and_user() -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    assert create(gateway(upstream)) == OK
    (sent,) = upstream.requests
    assert (sent.method, str(sent.url)) == ("POST", "https://gateway.test/v1/responses")
    assert sent.headers["Authorization"] == "Bearer sk-secret"
    assert sent.headers["Idempotency-Key"] == "run_1"
    assert sent.headers["X-On-Behalf-Of"] == "user-1"
    create(gateway(upstream), on_behalf_of=None)
    assert "X-On-Behalf-Of" not in upstream.requests[1].headers
    gateway(upstream).retrieve("resp_1", on_behalf_of="user-1", seconds=20)
    assert (upstream.requests[2].method, upstream.requests[2].url.path) == ("GET", "/v1/responses/resp_1")
    assert upstream.requests[2].headers["X-On-Behalf-Of"] == "user-1"
    gateway(upstream).cancel("resp_1", on_behalf_of=None, seconds=2)
    assert (upstream.requests[3].method, upstream.requests[3].url.path) == ("POST", "/v1/responses/resp_1/cancel")


@pytest.mark.parametrize(
    "bad",
    [httpx.Response(429), httpx.Response(503), httpx.Response(500), ConnectTimeoutError("x")],
)
def test_bad_moments_are_repeated_with_the_same_key(bad: httpx.Response | Exception) -> None:
    upstream, waits = Upstream(bad, bad, httpx.Response(200, json=OK)), list[float]()
    assert create(gateway(upstream, waits)) == OK
    assert {request.headers["Idempotency-Key"] for request in upstream.requests} == {"run_1"}
    assert waits == [0.25, 0.5]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "60"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "1"}, 1.0),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "nan"}, 0.25),
        ({"Retry-After": "Mon, 02 Mar 2026 10:00:03 GMT"}, 3.0),
        ({"Retry-After": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, 0.25),
        ({"Retry-After": "\xb2"}, 0.25),
        ({"Retry-After": ""}, 0.25),
    ],
)
def test_the_servers_own_retry_after_is_waited_for(headers: dict[str, str], wait: float) -> None:
    waits: list[float] = []
    busy = httpx.Response(503, headers={name.encode(): text.encode() for name, text in headers.items()})
    create(gateway(Upstream(busy, httpx.Response(200, json=OK)), waits))
    assert waits == [wait]


@pytest.mark.parametrize(
    ("text", "wait"), [("20", 20.0), ("86400", 86_400.0), ("Mon, 02 Mar 2026 11:00:00 GMT", 3600.0)]
)
def test_a_wait_that_is_long_is_left_to_the_caller(text: str, wait: float) -> None:
    upstream, waits = Upstream(httpx.Response(429, headers={"Retry-After": text})), list[float]()
    with pytest.raises(GatewayError) as failed:
        create(gateway(upstream, waits))
    assert (failed.value.kind, failed.value.retry_after) == ("unavailable", wait)
    assert (len(upstream.requests), waits) == (1, [])


def coded(status: int, code: str) -> httpx.Response:
    """A refusal with OpenAI's error object."""
    return httpx.Response(status, json={"error": {"message": "said", "code": code}})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        *[(httpx.Response(status), "unavailable") for status in (408, 409, 425, 429, 500, 502, 503, 529)],
        *[(httpx.Response(status), "timed_out") for status in (504, 524)],  # the gateway may still work on it
        *[(httpx.Response(status), "refused") for status in (400, 401, 402, 403, 404, 405, 410, 413, 422)],
        *[(httpx.Response(status), "strange") for status in (200, 204, 301, 302, 307, 308)],
        (coded(400, "conversation_locked"), "unavailable"),
        (coded(400, "invalid_value"), "refused"),
        (httpx.Response(400, headers={"x-should-retry": "true"}), "unavailable"),
        (httpx.Response(503, headers={"x-should-retry": "false"}), "refused"),
        (httpx.Response(503, headers={"x-should-retry": "perhaps"}), "unavailable"),
        (ConnectTimeoutError("x"), "unreachable"),
        (ProtocolError("x"), "broken"),
        (ReadTimeoutError(cast(Any, None), "x", "x"), "timed_out"),
    ],
)
def test_an_answer_is_judged_as_openais_clients_do(answer: httpx.Response | Exception, kind: str) -> None:
    upstream = Upstream(answer)
    with pytest.raises(GatewayError) as failed:
        create(gateway(upstream))
    assert failed.value.kind == kind
    assert len(upstream.requests) == (4 if kind in {"unavailable", "unreachable"} else 1)


def test_what_failed_slowly_is_not_repeated_in_the_same_call() -> None:
    upstream, seconds = Upstream(httpx.Response(503)), itertools.count(0, 2)
    with pytest.raises(GatewayError, match="503"):
        create(gateway(upstream, monotonic=lambda: float(next(seconds))))
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("background", "seconds", "connect"), [(True, 60, 2.0), (False, 60, 2.0), (True, 5, 2.0), (True, 1.5, 1.5)]
)
def test_a_send_may_take_all_the_time_there_is(*, background: bool, seconds: float, connect: float) -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    client = gateway(upstream, background=background, connect_seconds=2, read_seconds=7, monotonic=lambda: 0.0)
    create(client, seconds=seconds)
    client.retrieve("resp_1", on_behalf_of=None, seconds=seconds)
    found = [request.extensions["timeout"] for request in upstream.requests]
    assert [one["read"] for one in found] == [seconds, min(seconds, 7)]
    assert [one["connect"] for one in found] == [connect] * 2


def rotating(*keys: str) -> tuple[Callable[[], str], Callable[[], None]]:
    """A secret that is replaced: the key that is known of it, and what makes it be read again."""
    held = list(keys)
    return lambda: held[0], lambda: held.__delitem__(slice(0, len(held) - 1))


def test_a_refused_key_is_read_again_and_the_call_repeated() -> None:
    upstream = Upstream(httpx.Response(401), httpx.Response(200, json=OK))
    key, forget = rotating("sk-old", "sk-new")
    client = gateway(upstream, api_key=key, forget_key=forget)
    assert client.retrieve("resp_1", on_behalf_of=None, seconds=20) == OK
    assert [request.headers["Authorization"] for request in upstream.requests] == ["Bearer sk-old", "Bearer sk-new"]


@pytest.mark.parametrize("keys", [("sk-old",), ("sk-old", "sk-new")])
def test_a_refused_key_is_tried_once_more_at_most(keys: tuple[str, ...]) -> None:
    upstream = Upstream(httpx.Response(401, json={"error": "who is that?"}))
    key, forget = rotating(*keys)
    with pytest.raises(GatewayError, match="401: who is that") as failed:
        create(gateway(upstream, api_key=key, forget_key=forget))
    assert (failed.value.kind, len(upstream.requests)) == ("refused", len(keys))


def test_an_unreadable_key_makes_the_send_unavailable() -> None:
    def key() -> str:
        raise Unavailable("Secrets Manager did not answer (ThrottlingException)")

    upstream = Upstream(httpx.Response(200, json=OK))
    with pytest.raises(GatewayError, match="key for the send could not be read: Secrets Manager") as failed:
        create(gateway(upstream, api_key=key))
    assert (failed.value.kind, upstream.requests) == ("unavailable", [])


def test_a_key_file_loses_its_last_newline() -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    client = gateway(upstream)
    for key, sent in (("sk-secret\n", "Bearer sk-secret"), ("\n", None)):
        client._api_key = lambda key=key: key  # type: ignore[misc]
        create(client)
        assert upstream.requests[-1].headers.get("Authorization") == sent


def test_an_id_stays_one_part_of_the_path() -> None:
    ids = "../x?y#z\r\n", "a/b"
    upstream = Upstream(*[httpx.Response(200, json=OK | {"id": one}) for one in ids])
    client = gateway(upstream)
    client.retrieve(ids[0], on_behalf_of=None, seconds=5)
    client.cancel(ids[1], on_behalf_of=None, seconds=5)
    assert [request.url.raw_path for request in upstream.requests] == [
        b"/v1/responses/..%2Fx%3Fy%23z%0D%0A",
        b"/v1/responses/a%2Fb/cancel",
    ]


def test_an_answer_that_cannot_be_unpacked_counts_as_broken() -> None:
    broken = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))
    with pytest.raises(GatewayError) as failed:
        create(gateway(Upstream(broken)))
    assert failed.value.kind == "broken"


def test_an_answer_too_large_is_not_read_to_its_end() -> None:
    large = b" " * (16 * 1024 * 1024 + 1)
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(large)))
    for answer in (httpx.Response(200, content=large), packed):
        with pytest.raises(GatewayError, match="larger than 16 MB") as failed:
            create(gateway(Upstream(answer)))
        assert failed.value.kind == "strange"


def test_an_answer_that_drips_is_given_up_when_its_time_is_over() -> None:
    """A socket's timeout restarts with every byte."""
    drips, seconds = httpx.Response(200, content=b" " * 100 * PART), itertools.count()
    with pytest.raises(GatewayError, match="did not answer the send within 29 s") as failed:
        create(gateway(Upstream(drips), monotonic=lambda: float(next(seconds))), seconds=30)
    assert failed.value.kind == "timed_out"
    assert next(seconds) < 40


def test_a_key_unfit_for_a_header_fails_the_run_unshown() -> None:
    with serve(create_gateway(lambda: datetime.now(UTC))) as server:
        client = ResponsesGateway(server.url, api_key=lambda: "k\u2603y", background=True, sleep=lambda _: None)
        with pytest.raises(GatewayError, match="its key cannot be sent in a header") as failed:
            create(client)
        assert "\u2603" not in failed.value.message
        client.close()


@pytest.fixture
def local() -> Any:
    with serve(create_gateway(lambda: datetime.now(UTC), api_key="k")) as server:
        yield lambda background: ResponsesGateway(server.url, api_key=lambda: "k", background=background)


@pytest.mark.parametrize("model", ["echo", "flaky-2"])
def test_the_local_gateway_answers_in_the_background(local: Callable[[bool], ResponsesGateway], model: str) -> None:
    client = local(True)
    accepted = client.create(REQUEST | {"model": model}, idempotency_key="run_9", on_behalf_of=None, seconds=30)
    assert accepted["status"] == "queued"
    done = client.retrieve(accepted["id"], on_behalf_of=None, seconds=20)
    assert (done["status"], done["output"][0]["content"][0]["text"]) == ("completed", "hello")
    again = client.create(REQUEST | {"model": model}, idempotency_key="run_9", on_behalf_of=None, seconds=30)
    assert again["id"] == accepted["id"]
    client.close()


def test_the_local_gateway_answers_synchronously_and_refuses(local: Callable[[bool], ResponsesGateway]) -> None:
    client = local(False)
    request = {"model": "echo", "input": "hello"}
    assert client.create(request, idempotency_key="run_1", on_behalf_of=None, seconds=30)["status"] == "completed"
    with pytest.raises(GatewayError, match="400"):
        client.create(request | {"model": "reject"}, idempotency_key="run_2", on_behalf_of=None, seconds=30)
    client.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (json.dumps(OK | {"id": "r" * 1_001}), "its id has 1001 characters, more than 1000"),
        (json.dumps(OK)[:-1] + ', "x": ' + "[" * 300 + "]" * 300 + "}", "it is nested in more than 200 levels"),
        (json.dumps(OK)[:-1] + ', "x": ' + "[" * 50_000 + "]" * 50_000 + "}", "it is nested in more than 200 levels"),
    ],
)
def test_what_is_wrong_with_a_response_object_is_named(content: str, why: str) -> None:
    with pytest.raises(GatewayError) as failed:
        create(gateway(Upstream(httpx.Response(200, content=content.encode()))))
    assert failed.value.message == f"The gateway's answer to the send (200) is not a Responses object: {why}"


def test_a_number_too_long_to_write_becomes_null() -> None:
    content = json.dumps(OK)[:-1] + ', "x": ' + "9" * 5_000 + "}"
    assert create(gateway(Upstream(httpx.Response(200, content=content.encode())))) == OK | {"x": None}
