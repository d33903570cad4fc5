"""A call's deadline is total: whatever a server does with its time, no more of it passes than there is."""

from __future__ import annotations

import itertools
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import httpx
import pytest
from agent_schedules.adapters.http_pool import Connections, Failed, ask
from agent_schedules.adapters.issuer_keys import SECONDS, IssuerKeys
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError

from tests.support.upstream import Pool

HEAD = b"HTTP/1.1 200 OK\r\n"
SHORT = 0.2  # seconds of real time that a call has
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Clock:
    """Real time stands still; a second passes with each piece that the server sends."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that talks so to its first caller, until that hangs up; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                caller, _ = listening.accept()
                with caller:
                    talk(caller)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)  # wakes a thread that still waits for a connection
        thread.join()


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that accepts calls, reads nothing and says nothing; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def dripping(clock: Clock, first: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """Sends the piece again and again, a second apart, and never comes to an end."""

    def talk(caller: socket.socket) -> None:
        caller.recv(65_536)
        caller.sendall(first)
        while True:
            caller.sendall(piece)
            clock.seconds += 1

    return talk


DRIPS = {
    "status line": (b"HTTP/1.1 ", b"2"),
    "headers": (HEAD, b"X-More: %b\r\n" % (b"y" * 4000)),
    "a header without end": (HEAD + b"X-More: ", b"y"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (HEAD + b"Content-Length: 1000000000\r\n\r\n", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "trailers": (CHUNKED + b"0\r\n", b"X-More: yes\r\n"),
}


@pytest.mark.parametrize(("first", "piece"), DRIPS.values(), ids=DRIPS)
def test_an_answer_that_drips_is_over_in_time(first: bytes, piece: bytes) -> None:
    clock = Clock()
    with server(dripping(clock, first, piece)) as url:
        gateway = ResponsesGateway(url, api_key=lambda: None, background=True, monotonic=clock)
        with pytest.raises(GatewayError, match="did not answer the poll within 3 s"):
            gateway.retrieve("resp_1", on_behalf_of=None, seconds=3)
        gateway.close()


@pytest.mark.parametrize(("first", "piece"), DRIPS.values(), ids=DRIPS)
def test_keys_of_an_issuer_that_drip_are_given_up(first: bytes, piece: bytes) -> None:
    clock = Clock()
    with server(dripping(clock, first, piece)) as url:
        keys = IssuerKeys(url, monotonic=clock)
        with pytest.raises(Unavailable):
            keys.find("key")
        keys.close()


@pytest.mark.parametrize(("passed", "in_time"), [(SECONDS - 0.1, True), (SECONDS, False)])
def test_the_keys_of_an_issuer_take_two_seconds_in_all(passed: float, in_time: bool) -> None:
    clock = Clock()

    def talk(caller: socket.socket) -> None:
        caller.recv(65_536)
        caller.sendall(HEAD + b"Content-Length: 11\r\n\r\n")
        clock.seconds = passed
        caller.sendall(b'{"keys":[]}')

    with server(talk) as url:
        keys = IssuerKeys(url, monotonic=clock)
        with nullcontext() if in_time else pytest.raises(Unavailable):
            assert keys.find("key") is None
        keys.close()
    assert SECONDS == 2


def failing(url: str, **named: Any) -> Failed:
    """How a short call fails."""
    pool = Connections()
    short: dict[str, Any] = {"seconds": SHORT, "connect": SHORT, "largest": 100, "monotonic": lambda: 0.0}
    with pytest.raises(Failed) as failed:
        ask(pool, "POST", url, {}, **short | named)
    pool.clear()
    return failed.value


def test_a_server_that_does_not_read_is_given_up() -> None:
    with silent_server() as url:
        assert failing(url, json="x" * 20_000_000).how == "late"


def test_a_server_that_reads_slowly_is_given_up() -> None:
    clock = Clock()
    received: list[int] = []

    def talk(caller: socket.socket) -> None:
        while part := caller.recv(65_536):
            received.append(len(part))
            clock.seconds += 1

    with server(talk) as url:
        assert failing(url, json="x" * 40_000_000, seconds=3, monotonic=clock).how == "late"
    assert sum(received) < 20_000_000  # what the sockets hold of it, but not all


def test_a_server_that_never_speaks_tls_was_not_reached() -> None:
    with silent_server() as url:
        assert failing(url.replace("http:", "https:")).how == "unreached"


@pytest.mark.parametrize(("seconds", "connect"), [(SHORT, 30), (30, SHORT)])
def test_a_tls_handshake_that_drips_is_given_up(seconds: float, connect: float) -> None:
    """The handshake happens in OpenSSL, under the socket's own timeout, so this takes real time.

    The server's pieces go on for ten times as long as the client has.
    """
    record = b"\x16\x03\x03\x3f\xfc" + b"\x02\x00\x3f\xf8" + b"\x03\x03" + bytes(200)  # the start of a ServerHello
    sent: list[bytes] = []

    def talk(caller: socket.socket) -> None:
        caller.recv(65_536)
        for number in range(len(record)):
            sent.append(record[number : number + 1])
            caller.sendall(sent[-1])
            if select.select([caller], [], [], SHORT / 20)[0]:  # the client has hung up
                return

    with server(talk) as url:
        failed = failing(url.replace("http:", "https:"), seconds=seconds, connect=connect)
        assert (failed.how, failed.reason) == ("unreached", "ReadTimeoutError")
    assert len(sent) < len(record)


def test_all_addresses_of_a_host_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing:
        closed = closing.getsockname()
    tried: list[int] = []

    def addresses(*_: object, **__: object) -> Iterator[tuple[Any, ...]]:
        for number in range(100):
            tried.append(number)
            yield socket.AF_INET, socket.SOCK_STREAM, 0, "", closed

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    seconds = itertools.count()
    failed = failing("http://many.test/", seconds=30, connect=5, monotonic=lambda: float(next(seconds)))
    assert failed.how == "unreached"
    assert len(tried) < 5


def test_a_kept_connection_serves_the_next_call() -> None:
    accepted: list[int] = []

    def talk(caller: socket.socket) -> None:
        accepted.append(1)
        while caller.recv(65_536):
            caller.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")

    with server(talk) as url:
        pool = Connections()
        for _ in range(3):
            assert ask(pool, "GET", url, {}, seconds=5, connect=5, largest=100).content == b"ok"
        pool.clear()
    assert accepted == [1]


@pytest.mark.parametrize("total", [1.0, 2.5, 6.0, 20.0, 60.0])
@pytest.mark.parametrize("takes", [0.0, 0.7, 3.0])
@pytest.mark.parametrize("hint", [None, "0.9", "4"])
@pytest.mark.parametrize("call", ["send", "poll", "cancel"])
def test_all_attempts_of_a_call_share_its_time(call: str, hint: str | None, takes: float, total: float) -> None:
    clock = Clock()
    given: list[tuple[float, float]] = []

    def refuses(request: httpx.Request) -> httpx.Response:
        given.append((clock.seconds, request.extensions["timeout"]["read"]))
        clock.seconds += min(takes, given[-1][1])
        return httpx.Response(503, headers={"Retry-After": hint} if hint else {})

    def sleep(seconds: float) -> None:
        clock.seconds += seconds

    client = ResponsesGateway(
        "https://gateway.test/v1",
        api_key=lambda: None,
        background=True,
        pool=Pool(refuses),
        sleep=sleep,
        jitter=lambda: 0.5,
        monotonic=clock,
    )
    calls: dict[str, Callable[[], object]] = {
        "send": lambda: client.create({}, idempotency_key="r", on_behalf_of=None, seconds=total),
        "poll": lambda: client.retrieve("resp_1", on_behalf_of=None, seconds=total),
        "cancel": lambda: client.cancel("resp_1", on_behalf_of=None, seconds=total),
    }
    with pytest.raises(GatewayError, match="503"):
        calls[call]()
    waits = [float(hint)] * 3 if hint else [0.25, 0.5, 1.0]
    begin = [number * takes + sum(waits[:number]) for number in range(4)]
    assert [began for began, _ in given] == pytest.approx([at for at in begin if at < total])
    assert all(0 < allowed <= total - began + 1e-9 for began, allowed in given)
    assert clock.seconds <= total
