"""The gateway client: against answers of every kind, and against the local gateway over real HTTP."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from agent_schedules.gateway import PART, ResponsesGateway
from agent_schedules.ports import GatewayError
from pydantic import TypeAdapter
from urllib3.exceptions import ConnectTimeoutError, ProtocolError

from dev.gateway import create_gateway
from dev.serving import serve
from tests.support.upstream import Pool

OK = {"id": "resp_1", "object": "response", "status": "queued"}
REQUEST = {"model": "echo", "input": "hello", "background": True}


class Upstream:
    """Answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def gateway(
    upstream: Upstream, waits: list[float] | None = None, *, background: bool = True, **more: Any
) -> ResponsesGateway:
    """A client of that upstream, whose waits are only noted."""
    return ResponsesGateway(
        "https://gateway.test/v1",
        api_key=lambda: "sk-secret",
        background=background,
        pool=Pool(upstream),
        sleep=(waits if waits is not None else []).append,
        jitter=lambda: 0.5,
        wall=lambda: 1_772_445_600.0,  # 2026-03-02T10:00:00Z
        **more,
    )


def create(client: ResponsesGateway, *, seconds: float = 60, on_behalf_of: str | None = "user-1") -> dict[str, Any]:
    """One create call."""
    return client.create(REQUEST, idempotency_key="run_1", on_behalf_of=on_behalf_of, seconds=seconds)


def nested(levels: int) -> str:
    """A Responses object so many levels deep."""
    return f'{{"id": "resp_1", "status": "completed", "output": {"[" * (levels - 1)}{"]" * (levels - 1)}}}'


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
    [httpx.Response(429), httpx.Response(503), httpx.Response(500), ProtocolError("x"), ConnectTimeoutError("x")],
)
def test_bad_moments_are_repeated_with_the_same_key(bad: httpx.Response | Exception) -> None:
    upstream, waits = Upstream(bad, bad, httpx.Response(200, json=OK)), list[float]()
    assert create(gateway(upstream, waits)) == OK
    assert {request.headers["Idempotency-Key"] for request in upstream.requests} == {"run_1"}
    assert waits == [0.25, 0.5]


def test_the_servers_own_retry_after_is_honoured_up_to_a_limit() -> None:
    busy = [httpx.Response(429, headers={"Retry-After": text}) for text in ("2", "100")]
    waits: list[float] = []
    create(gateway(Upstream(*busy, httpx.Response(200, json=OK)), waits))
    assert waits == [2.0, 5.0]


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("Mon, 02 Mar 2026 10:00:03 GMT", 3.0),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 5.0),
        ("soon", 0.25),
        ("\xb2", 0.25),
        ("", 0.25),
    ],
)
def test_a_retry_after_may_be_a_date(text: str, wait: float) -> None:
    waits: list[float] = []
    busy = httpx.Response(503, headers={b"Retry-After": text.encode()})
    create(gateway(Upstream(busy, httpx.Response(200, json=OK)), waits))
    assert waits == [wait]


@pytest.mark.parametrize(
    ("background", "seconds", "read", "connect"),
    [(True, 60, 7.0, 2.0), (False, 60, 60.0, 2.0), (True, 5, 5.0, 2.0), (True, 1.5, 1.5, 1.5)],
)
def test_timeouts_are_the_settings_within_the_time_there_is(
    *, background: bool, seconds: float, read: float, connect: float
) -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    create(gateway(upstream, background=background, connect_seconds=2, read_seconds=7), seconds=seconds)
    found = upstream.requests[0].extensions["timeout"]
    assert (found["read"], found["connect"]) == (pytest.approx(read, abs=0.1), pytest.approx(connect, abs=0.1))


@pytest.mark.parametrize("key", ["sk-proj-abcdefghijklmnop1234", "Bearer abcdef.ghi", "mk-0123456789abcdef0123"])
def test_what_looks_like_a_key_is_scrubbed_whoevers_it_is(key: str) -> None:
    upstream = Upstream(httpx.Response(400, json={"error": {"message": f"{key} is not welcome"}}))
    with pytest.raises(GatewayError, match=r"400: \[key\] is not welcome"):
        create(gateway(upstream))


def test_it_gives_up_after_four_attempts_or_when_the_time_is_over() -> None:
    upstream = Upstream(httpx.Response(503, json={"error": {"message": "overloaded"}}))
    with pytest.raises(GatewayError, match="503: overloaded") as failed:
        create(gateway(upstream))
    assert (failed.value.code, failed.value.transient, len(upstream.requests)) == ("gateway_unavailable", True, 4)
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
    assert not failed.value.transient
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


def test_a_key_from_a_file_is_sent_without_the_files_last_newline() -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    client = gateway(upstream)
    for key, sent in (("sk-secret\n", "Bearer sk-secret"), ("\n", None)):
        client._api_key = lambda key=key: key  # type: ignore[misc]
        create(client)
        assert upstream.requests[-1].headers.get("Authorization") == sent


def test_an_id_stays_one_part_of_the_path() -> None:
    upstream = Upstream(httpx.Response(200, json=OK))
    client = gateway(upstream)
    client.retrieve("../x?y#z\r\n", on_behalf_of=None, seconds=5)
    client.cancel("a/b", on_behalf_of=None, seconds=5)
    assert [request.url.raw_path for request in upstream.requests] == [
        b"/v1/responses/..%2Fx%3Fy%23z%0D%0A",
        b"/v1/responses/a%2Fb/cancel",
    ]


def test_an_answer_that_cannot_be_unpacked_is_an_answer_that_did_not_come() -> None:
    broken = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip"))
    assert create(gateway(Upstream(broken, httpx.Response(200, json=OK)))) == OK


def test_an_answer_too_large_is_not_read_to_its_end_packed_or_not() -> None:
    large = b" " * (16 * 1024 * 1024 + 1)
    packed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(large)))
    for answer in (httpx.Response(200, content=large), packed):
        with pytest.raises(GatewayError, match="larger than 16 MB") as failed:
            create(gateway(Upstream(answer)))
        assert not failed.value.transient


def test_an_answer_that_drips_is_given_up_when_its_time_is_over() -> None:
    """A socket's timeout begins anew with every byte."""
    drips, seconds = httpx.Response(200, content=b" " * 100 * PART), itertools.count()
    with pytest.raises(GatewayError, match="could not be reached") as failed:
        create(gateway(Upstream(drips), monotonic=lambda: float(next(seconds))), seconds=30)
    assert failed.value.transient
    assert next(seconds) < 40


def test_a_key_that_no_header_can_carry_fails_the_run_and_is_not_shown() -> None:
    with serve(create_gateway(lambda: datetime.now(UTC))) as server:
        client = ResponsesGateway(server.url, api_key=lambda: "k\u2603y", background=True, sleep=lambda _: None)
        with pytest.raises(GatewayError, match="could not be reached") as failed:
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
