"""Receivers of webhooks on real sockets, over TLS, and a network in which a test decides where each address leads."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import certificate

PUBLIC = "52.95.110.1"
PUBLIC_6 = "2600:1f18::1"
NAME = "hooks.example.com"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Talk = Callable[[socket.socket], None]


def request_of(caller: socket.socket) -> bytes:
    """A whole request with a `Content-Length`."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = caller.recv(65_536)
        if not part:
            return received
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while left > 0 and (part := caller.recv(left)):
        received, left = received + part, left - len(part)
    return received


@dataclass
class Network:
    """What names resolve to, and where addresses lead: `PUBLIC` and `PUBLIC_6`, port 443, to the receiver, and all
    others to a listener that notes who connects."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    """The resolver's answers for each name, in turn; the last one for ever."""
    open_to: set[tuple[str, int]] = field(default_factory=lambda: {(PUBLIC, 443), (PUBLIC_6, 443)})
    talk: Talk = lambda caller: caller.sendall(OK)
    """What the receiver does after it has read a request."""
    lookups: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)
    intruded: list[bytes] = field(default_factory=list)
    """For each connection to the forbidden listener: what came."""

    def answers(self, *addresses: str, name: str = NAME) -> None:
        """Let the name resolve to these addresses."""
        self.names[name] = [list(addresses)]

    def resolve(self, host: Any, port: int, **_: Any) -> list[tuple[Any, ...]]:
        """The resolver: of the names above and, like the system's, of every spelling of an address."""
        name = host.decode() if isinstance(host, bytes) else host
        self.lookups.append(name)
        answers = self.names.get(name.lower())
        if answers is None:
            return REAL(name.encode("idna").decode(), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in answer
        ]


REAL = socket.getaddrinfo


@contextmanager
def network(monkeypatch: pytest.MonkeyPatch, directory: Path, *certified: str) -> Iterator[Network]:
    """A network for one test, whose receiver has a certificate for these names, or for `NAME`."""
    net = Network()
    own, key = certificate(directory, *(certified or (NAME,)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    context.sni_callback = lambda _, name, __: net.server_names.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(own))

    def receive(caller: socket.socket) -> None:
        with context.wrap_socket(caller, server_side=True) as private:
            while request := request_of(private):
                net.requests.append(request)
                net.talk(private)

    def intrude(caller: socket.socket) -> None:
        net.intruded.append(b"")
        while part := caller.recv(65_536):
            net.intruded[-1] += part

    with ExitStack() as stack:
        good = {family: stack.enter_context(listener(family, receive)) for family in ADDRESS}
        bad = {family: stack.enter_context(listener(family, intrude)) for family in ADDRESS}
        connect = socket.socket.connect

        def routed(self: socket.socket, address: tuple[Any, ...]) -> None:
            place = (str(address[0]), int(address[1]))
            net.connected.append(place)
            connect(self, (good if place in net.open_to else bad)[self.family])

        monkeypatch.setattr(socket.socket, "connect", routed)
        monkeypatch.setattr(socket, "getaddrinfo", net.resolve)
        yield net
        monkeypatch.setattr(socket.socket, "connect", connect)


ADDRESS = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@contextmanager
def listener(family: socket.AddressFamily, serve: Talk) -> Iterator[tuple[Any, ...]]:
    """A listener that serves each caller in turn; its address."""
    with socket.create_server((ADDRESS[family], 0), family=family) as listening:

        def accept() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                with suppress(OSError, ssl.SSLError), caller:
                    serve(caller)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
