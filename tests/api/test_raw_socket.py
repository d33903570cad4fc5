"""Bytes written by hand to the served app: what HTTP clients would not send, and attackers do.

What reaches the app is answered with the envelope. What is no HTTP at all is the server's to refuse, which is uvicorn
here and API Gateway in AWS: a 400 of its own, and the connection is closed. Nothing is written in either case, and
the server goes on.
"""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from agent_schedules.api.app import create_app
from agent_schedules.telemetry import logger

from dev.server import serve
from tests.support.world import World

KEY = b"Authorization: Bearer local\r\n"
HEAD = KEY + b"Host: x\r\n"
JSON = b"Content-Type: application/json\r\n"
AGENT = b'{"name":"a","model":"m"}'
LENGTH = b"Content-Length: 24\r\n"
MEGABYTE = AGENT + b" " * 1_000_000
UNKNOWN_AGENT = "agt_" + "0" * 26


def request(line: bytes, headers: bytes = HEAD, body: bytes | None = None) -> bytes:
    """A request; one with a body says how long it is and that it is JSON."""
    if body is not None:
        headers += JSON + b"Content-Length: %d\r\n" % len(body)
    return line + b" HTTP/1.1\r\n" + headers + b"\r\n" + (body or b"")


def post(body: bytes = AGENT, headers: bytes = HEAD) -> bytes:
    """A call that creates an agent."""
    return request(b"POST /api/v1/agents", headers, body)


def post_as(headers: bytes, body: bytes = AGENT) -> bytes:
    """A call that says in its own way how long its body is."""
    return request(b"POST /api/v1/agents", HEAD + JSON + headers) + body


def chunked(body: bytes, size: int = 60_000) -> bytes:
    """A body in chunks."""
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


class Wire:
    """A connection."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=5)
        self._file: BinaryIO = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Write it all, even if the other side has heard enough."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def answer(self, *, without_body: bool = False) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        length = 0 if without_body else int(headers.get("content-length", -1))  # -1: until it is closed
        return status, headers, self._file.read(length)

    def closed(self) -> bool:
        """Whether nothing more comes; a TimeoutError if the other side is waiting."""
        return self._file.read() == b""

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.socket.close()


class Server:
    """The app behind uvicorn, over a world."""

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world

    def stored(self) -> tuple[dict[Any, Any], dict[str, Any], list[Any]]:
        """All that is written anywhere."""
        world = self.world
        return dict(world.table.items), dict(world.scheduler.entries), list(world.queue.messages)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    world = World()
    world.agent()
    with serve(create_app(world.ports, world.authenticator)) as serving:
        yield Server(serving.url, world)


def still_answers(server: Server) -> None:
    """Wait until the server has gone on to another request."""
    wire = Wire(server.url)
    wire.send(request(b"GET /healthz"))
    assert wire.answer()[0] == 200
    wire.close()


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    """A connection over which nothing is written, and after which the server still answers."""
    before = server.stored()
    wire = Wire(server.url)
    yield wire
    wire.close()
    still_answers(server)
    assert server.stored() == before


def path(text: bytes) -> bytes:
    """A GET of something below the agents."""
    return request(b"GET /api/v1/agents/" + text)


ANSWERED: dict[str, tuple[bytes, int, str]] = {
    # Bodies.
    "1 MB": (post(MEGABYTE), 400, "body: must be at most 256 KB"),
    "1 MB in chunks": (post_as(b"Transfer-Encoding: chunked\r\n", chunked(MEGABYTE)), 400, "body: must be at most"),
    "1 MB to a GET": (request(b"GET /api/v1/agents", body=MEGABYTE), 400, "body: must be at most 256 KB"),
    "1 MB without a key": (post(MEGABYTE, b"Host: x\r\n"), 401, "Send your API key"),
    "nested without end": (post(b"[" * 200_000), 400, "body: "),
    "nested 101 deep": (post(b'{"name":"a","model":"m","text":{"a":%s}}' % (b"[" * 99 + b"]" * 99)), 400, "body: "),
    "not UTF-8": (post(b'{"name":"\xff","model":"m"}'), 400, "body: is not valid JSON (it is not UTF-8)"),
    "UTF-16": (post(AGENT.decode().encode("utf-16")), 400, "body: "),
    "overlong UTF-8": (post(b'{"name":"\xc0\xaf","model":"m"}'), 400, "body: "),
    "a byte order mark": (post(b"\xef\xbb\xbf" + AGENT), 400, "body: "),
    "a name twice": (post(b'{"name":"a","name":"b","model":"m"}'), 400, "body: is not valid JSON ('name' occurs twice"),
    "an escaped name twice": (post(b'{"name":"a","n\\u0061me":"b","model":"m"}'), 400, "body: "),
    "no body": (post(b""), 400, "body: is required"),
    "two values": (post(AGENT + AGENT), 400, "body: "),
    "no type": (request(b"POST /api/v1/agents", HEAD + LENGTH) + AGENT, 400, "Content-Type: must be"),
    "a form": (
        request(b"POST /api/v1/agents", HEAD + LENGTH + b"Content-Type: multipart/form-data\r\n") + AGENT,
        400,
        "Content-Type: must be",
    ),
    "a length too short": (post_as(b"Content-Length: 10\r\n"), 400, "body: "),
    "two kinds of length": (
        post_as(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", chunked(AGENT)),
        400,
        "Content-Length: cannot be sent with Transfer-Encoding",
    ),
    # Ids.
    "a long id": (path(b"x" * 60_000), 404, "agent_id: no agent 'xxx"),
    "a slash": (path(b"a%2Fb"), 404, "No such route"),
    "a NUL": (path(b"%00"), 404, "agent_id: "),
    "a line break": (path(b"a%0d%0aX-Evil:%20y"), 404, r"agent_id: no agent 'a\r\nX-Evil: y'"),
    "dots": (path(b".."), 404, "agent_id: no agent '..'"),
    "dots and slashes": (path(b"../../etc/passwd"), 404, "No such route"),
    "encoded dots": (path(b"%2e%2e%2f%2e%2e"), 404, "No such route"),
    "nothing": (path(b""), 404, "No such route"),
    "only a slash": (path(b"/"), 404, "No such route"),
    "unicode": (path(b"%c3%a9%f0%9f%92%a9"), 404, "agent_id: no agent 'é💩'"),
    "half a character": (path(b"%ff"), 404, "agent_id: "),
    "half an escape": (path(b"%"), 404, "agent_id: no agent '%'"),
    "no escape": (path(b"%zz"), 404, "agent_id: no agent '%zz'"),
    "an id with a tail": (path(UNKNOWN_AGENT.encode() + b"%20"), 404, "agent_id: "),
    "another address": (request(b"GET http://evil/api/v1/agents"), 404, "No such route"),
    "a star": (request(b"OPTIONS *"), 404, "No such route"),
    "a NUL in a query": (request(b"GET /api/v1/agents?limit=1%00"), 400, "limit: "),
    # Headers.
    "a line break in a key": (post(headers=HEAD + b"Idempotency-Key: a\r\n b\r\n"), 400, "Idempotency-Key: must be"),
    "bytes in a key": (post(headers=HEAD + b"Idempotency-Key: \xff\r\n"), 400, "Idempotency-Key: "),
    "a long key": (post(headers=HEAD + b"Idempotency-Key: %s\r\n" % (b"k" * 256)), 400, "Idempotency-Key: "),
    "an empty key": (post(headers=HEAD + b"Idempotency-Key:\r\n"), 400, "Idempotency-Key: "),
    "a header behind a key": (
        post(headers=HEAD + b"Idempotency-Key: a\r\nX-On-Behalf-Of: *\r\n"),
        400,
        "X-On-Behalf-Of: ",
    ),
    "UTF-8 in a user": (post(headers=HEAD + b"X-On-Behalf-Of: \xc3\xa9\r\n"), 400, "X-On-Behalf-Of: "),
    "a blank user": (post(headers=HEAD + b"X-On-Behalf-Of:  \t \r\n"), 400, "X-On-Behalf-Of: "),
    "a long user": (post(headers=HEAD + b"X-On-Behalf-Of: %s\r\n" % (b"u" * 151)), 400, "X-On-Behalf-Of: "),
    "two API keys": (post(headers=HEAD + KEY), 401, "The API key or token is unknown"),
    "a strange host": (request(b"GET /nope", KEY + b"Host: ]/?#@[\r\n"), 404, "No such route: GET /nope;"),
    # Methods.
    "OPTIONS": (request(b"OPTIONS /api/v1/agents"), 405, "OPTIONS is not allowed here"),
    "CONNECT": (request(b"CONNECT /api/v1/agents"), 405, "CONNECT is not allowed here"),
    "an unknown method": (request(b"BREW /api/v1/agents"), 405, "BREW is not allowed here"),
    "a small method": (request(b"get /api/v1/agents"), 405, "get is not allowed here"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "starts"), ANSWERED.values(), ids=ANSWERED)
def test_what_reaches_the_app_is_answered_with_the_envelope(wire: Wire, sent: bytes, status: int, starts: str) -> None:
    wire.send(sent)
    found, headers, body = wire.answer()
    assert found == status, body
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"].startswith("req_")
    assert "x-evil" not in headers
    message = json.loads(body)["error"]["message"]
    assert message.startswith(starts), message


NO_HTTP: dict[str, bytes] = {
    "no host": request(b"GET /healthz", KEY),
    "two hosts": request(b"GET /healthz", HEAD + b"Host: y\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03\r\n\r\n",
    "a blank in a path": path(b"a b"),
    "bytes in a path": path(b"\xc3\xa9"),
    "no method": request(b""),
    "a method of bytes": request(b"G\xc3\x89T /api/v1/agents"),
    "a header without a colon": request(b"GET /healthz", HEAD + b"nonsense\r\n"),
    "a blank before the colon": request(b"GET /healthz", HEAD + b"X : y\r\n"),
    "a CR in a key": post(headers=HEAD + b"Idempotency-Key: a\rX-Evil: y\r\n"),
    "an LF in a key": post(headers=HEAD + b"Idempotency-Key: a\nX-Evil\r\n"),
    "a NUL in a key": post(headers=HEAD + b"Idempotency-Key: a\x00b\r\n"),
    "a CR in a user": post(headers=HEAD + b"X-On-Behalf-Of: a\rX-Evil: y\r\n"),
    "a NUL in a user": post(headers=HEAD + b"X-On-Behalf-Of: a\x00b\r\n"),
    "two lengths": post_as(b"Content-Length: 24\r\nContent-Length: 25\r\n"),
    "two lengths in one": post_as(b"Content-Length: 24, 25\r\n"),
    "a negative length": post_as(b"Content-Length: -1\r\n"),
    "a signed length": post_as(b"Content-Length: +24\r\n"),
    "a hexadecimal length": post_as(b"Content-Length: 0x18\r\n"),
    "a superscript length": post_as(b"Content-Length: \xb2\r\n"),
    "an endless length": post_as(b"Content-Length: " + b"9" * 30 + b"\r\n"),
    "another encoding": post_as(b"Transfer-Encoding: gzip, chunked\r\n", chunked(AGENT)),
    "nearly chunked": post_as(b"Transfer-Encoding: xchunked\r\nContent-Length: 24\r\n"),
    "no chunk size": post_as(b"Transfer-Encoding: chunked\r\n", b"zz\r\n" + AGENT),
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_refused_by_the_server_which_hangs_up(wire: Wire, sent: bytes) -> None:
    wire.send(sent)
    status, headers, _ = wire.answer()
    assert (status, headers["connection"]) == (400, "close")
    assert wire.closed()


def test_two_kinds_of_length_end_the_connection(wire: Wire) -> None:
    """So that nothing of the body can be taken for the next request."""
    smuggled = request(b"DELETE /api/v1/agents/" + UNKNOWN_AGENT.encode())
    wire.send(post_as(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + smuggled))
    assert wire.answer()[0] == 400
    assert wire.closed()


@pytest.mark.parametrize(
    ("target", "status"),
    [("/healthz", 200), ("/api/v1/agents", 200), (f"/api/v1/agents/{UNKNOWN_AGENT}", 404), ("/nope", 404)],
)
def test_head_is_get_without_the_body(wire: Wire, target: str, status: int) -> None:
    wire.send(request(b"HEAD " + target.encode()) + request(b"GET " + target.encode()))
    head, headers, body = wire.answer(without_body=True)
    found, other, whole = wire.answer()
    assert (head, found, body) == (status, status, b"")
    changing = {"x-request-id", "date"}
    assert {name: headers[name] for name in headers.keys() - changing} == {
        name: other[name] for name in other.keys() - changing
    }
    assert int(headers["content-length"]) == len(whole)


def test_pipelined_requests_are_answered_in_order(wire: Wire) -> None:
    lines = [b"GET /healthz", b"GET /nope", b"PATCH /healthz", b"GET /api/v1/agents?limit=0", b"GET /api/v1/agents"]
    wire.send(b"".join(map(request, lines)) + post(b"{") + request(b"GET /healthz"))
    answers = [wire.answer() for _ in range(7)]
    assert [status for status, _, _ in answers] == [200, 404, 405, 400, 200, 400, 200]
    assert len({headers["x-request-id"] for _, headers, _ in answers}) == 7


def test_a_line_break_ends_a_header_and_brings_no_other_user(wire: Wire) -> None:
    wire.send(request(b"GET /api/v1/agents", HEAD + b"X-On-Behalf-Of: ada\nX-Evil: y\r\n"))
    status, headers, body = wire.answer()
    assert (status, json.loads(body)["data"], "x-evil" in headers) == (200, [], False)


@pytest.mark.parametrize("line", [b"POST /api/v1/agents", f"POST /api/v1/agents/{UNKNOWN_AGENT}/restore".encode()])
def test_a_body_that_never_ends_is_no_fault_of_ours(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, server: Server, line: bytes
) -> None:
    faults: list[object] = []
    monkeypatch.setattr(logger, "exception", lambda *args, **_: faults.append(args))
    wire.send(request(line, HEAD + JSON + b"Idempotency-Key: k\r\nContent-Length: 100\r\n") + AGENT)
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.closed()
    still_answers(server)
    assert faults == []
