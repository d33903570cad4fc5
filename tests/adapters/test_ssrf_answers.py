"""Whatever a receiver answers, the sender follows nothing, reads little of it, and is done in time."""

from __future__ import annotations

import gc
import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from agent_schedules.adapters.webhook_sender import LARGEST, WebhookSender
from agent_schedules.ports import NotDelivered, Reply

from tests.adapters.test_deadline import DRIPS, Clock
from tests.support.receivers import NAME, OK, PUBLIC, PUBLIC_6, Network, network

URL = f"https://{NAME}/hook?a=1"
BODY = b'{"id": "evt_1"}'
INTERIM = {
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "processing": b"HTTP/1.1 102 Processing\r\n\r\n" * 20,
    "early hints": b"HTTP/1.1 103 Early Hints\r\nLink: <http://127.0.0.1/>\r\nLocation: http://127.0.0.1/\r\n\r\n",
}


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Network]:
    with network(monkeypatch, tmp_path) as made:
        made.answers(PUBLIC)
        yield made
        assert not made.intruded


def post(net: Network, answer: bytes | None = None, *, event: str = "evt_1") -> Reply:
    """One delivery to a receiver that answers so."""
    if answer is not None:
        net.talk = lambda caller: caller.sendall(answer)
    return WebhookSender().post(URL, {"webhook-id": event}, BODY, seconds=10)


def failing(seconds: float = 10, clock: Clock | None = None) -> str:
    """Why a delivery fails."""
    sender = WebhookSender(monotonic=clock) if clock is not None else WebhookSender()
    with pytest.raises(NotDelivered) as error:
        sender.post(URL, {}, BODY, seconds=seconds)
    return error.value.reason


def test_request_has_the_name_in_sni_and_host(net: Network) -> None:
    assert post(net) == Reply(200, b"ok", None)
    head, _, body = net.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /hook?a=1 HTTP/1.1"
    assert dict(line.split(": ", 1) for line in lines) == {
        "Host": NAME,
        "Accept-Encoding": "identity",
        "Content-Length": str(len(BODY)),
        "webhook-id": "evt_1",
        "User-Agent": "agent-schedules",
        "Connection": "close",
    }
    assert body == BODY
    assert net.server_names == [NAME]


def test_an_ipv6_address_is_reached_too(net: Network) -> None:
    net.answers(PUBLIC_6)
    assert post(net).status == 200
    assert net.connected == [(PUBLIC_6, 443)]


def test_next_address_is_tried_where_one_is_closed(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    net.answers("52.95.110.2", PUBLIC)
    routed = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        if address[0] == "52.95.110.2":
            raise ConnectionRefusedError
        routed(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    with without_garbage_collection():
        assert post(net).status == 200
        assert not any(isinstance(one, ssl.SSLSocket) and not one.server_side for one in gc.get_objects())
    assert net.lookups == [NAME]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place", ["http://127.0.0.1/", "https://169.254.169.254/", f"https://{NAME}/other", "//[::1]/"]
)
def test_no_redirect_is_followed(net: Network, status: int, place: str) -> None:
    moved = f"HTTP/1.1 {status} Moved\r\nLocation: {place}\r\nRefresh: 0; url={place}\r\nContent-Length: 0\r\n\r\n"
    assert post(net, moved.encode()).status == status
    assert net.connected == [(PUBLIC, 443)]
    assert len(net.requests) == 1


@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_interim_answers_are_skipped(net: Network, interim: bytes) -> None:
    assert post(net, interim + OK) == Reply(200, b"ok", None)


def test_switch_of_protocols_is_a_failure(net: Network) -> None:
    net.talk = lambda caller: caller.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + OK)
    assert failing() == "the connection broke"


@pytest.mark.parametrize(("first", "piece"), DRIPS.values(), ids=DRIPS)
def test_answer_that_drips_is_over_in_ten_seconds(net: Network, first: bytes, piece: bytes) -> None:
    clock = Clock()

    def talk(caller: socket.socket) -> None:
        caller.sendall(first)
        while True:
            caller.sendall(piece)
            clock.seconds += 1

    net.talk = talk
    assert failing(clock=clock) in {"no answer within 10 s", "the connection broke"}


def test_answer_after_ten_seconds_is_a_failure(net: Network) -> None:
    clock = Clock()

    def talk(caller: socket.socket) -> None:
        caller.sendall(OK[:10])
        clock.seconds = 10.0
        caller.sendall(OK[10:])

    net.talk = talk
    assert failing(clock=clock) == "no answer within 10 s"


def hold(caller: socket.socket) -> None:
    """Say nothing until the sender hangs up."""
    caller.recv(1)


def test_receiver_that_says_nothing_is_given_up(net: Network) -> None:
    net.talk = hold
    assert failing(seconds=0.3) == "no answer within 0.3 s"


def test_resolver_that_says_nothing_is_given_up(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    assert failing(seconds=0.2) == "no connection"
    over.set()
    assert not net.connected


def test_a_gigabyte_is_not_read(net: Network) -> None:
    sent: list[int] = []
    piece = b"x" * 65_536

    def talk(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(16_384):
            caller.sendall(piece)
            sent.append(len(piece))

    net.talk = talk
    assert post(net) == Reply(200, b"x" * LARGEST, None)
    assert sum(sent) < 64_000_000  # what the sockets' buffers hold, but not all


def test_endless_chunks_are_not_read(net: Network) -> None:
    def talk(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            caller.sendall(b"1000\r\n" + b"y" * 4096 + b"\r\n")

    net.talk = talk
    assert post(net) == Reply(200, b"y" * LARGEST, None)


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@cache
def bomb_of_fifty_megabytes() -> bytes:
    return gzip.compress(b"\0" * 50_000_000)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "x-gzip", "gzip, gzip", "br", "zstd"])
def test_compressed_bomb_is_not_unpacked(net: Network, coding: str) -> None:
    bomb = bomb_of_fifty_megabytes()
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}\r\n\r\n"
    assert post(net, head.encode() + bomb).content == bomb[:LARGEST]


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"+PONG\r\n" * 1000,
        b"HTTP/1.1 banana OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        b"",
    ],
    ids=["ssh", "redis", "no status", "long header", "many headers", "bad chunk", "nothing"],
)
def test_odd_answers_are_failures(net: Network, answer: bytes) -> None:
    def talk(caller: socket.socket) -> None:
        caller.sendall(answer)
        caller.shutdown(socket.SHUT_RDWR)

    net.talk = talk
    assert failing() == "the connection broke"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0), ("soon", None), ("-5", 0.0), ("1e400", None)],
)
def test_retry_after_is_the_only_header_that_is_kept(net: Network, value: str, seconds: float | None) -> None:
    answer = f"HTTP/1.1 503 No\r\nRetry-After: {value}\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    net.talk = lambda caller: caller.sendall(answer.encode())
    sender = WebhookSender(wall=lambda: 1_792_567_620.0)
    assert sender.post(URL, {}, BODY, seconds=10) == Reply(503, b"", seconds)
    post(net)
    assert b"cookie" not in net.requests[1].lower()


def test_no_connection_serves_two_deliveries(net: Network) -> None:
    sender = WebhookSender()
    for _ in range(2):
        sender.post(URL, {}, BODY, seconds=10)
    assert len(net.connected) == 2


@pytest.mark.parametrize("certified", ["other.example.com", "*.hooks.example.com", "example.com"])
def test_certificate_of_another_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, certified: str
) -> None:
    with network(monkeypatch, tmp_path, certified) as net:
        net.answers(PUBLIC)
        assert "certificate" in failing()
        assert not net.requests


def test_certificate_of_unknown_signer_is_refused(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate" in failing()
    assert not net.requests


def test_plain_http_on_port_443_gets_no_byte_of_the_body(net: Network) -> None:
    net.open_to = set()  # the listener that speaks no TLS, and never answers
    assert failing(seconds=0.3) == "no connection"
    assert BODY not in net.intruded[0]
    net.intruded.clear()


def test_settings_of_tls_are_made_once(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    real = ssl.create_default_context

    def create(**named: str) -> ssl.SSLContext:
        made.append(real(cafile=named["cafile"]))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", create)
    sender = WebhookSender()
    for _ in range(3):
        sender.post(URL, {}, BODY, seconds=10)
    assert len(made) == 1
    assert made[0].check_hostname
    assert made[0].verify_mode == ssl.CERT_REQUIRED
    assert made[0].minimum_version >= ssl.TLSVersion.TLSv1_2
