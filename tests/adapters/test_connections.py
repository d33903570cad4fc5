"""Connections to the gateway over TLS: to servers that are who they say they are, and to no others."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from agent_schedules.adapters.http_pool import certificates
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.ports import GatewayError

from tests.support.certificates import certificate

ANSWER = b'{"id": "resp_1", "status": "queued"}'


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        pass


class Server(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A caller that hangs up is what is tested."""


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def certified(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """The address in a server's certificate, its URL, and the certificate."""
    own, key = certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    server = Server(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield request.param, f"https://127.0.0.1:{server.server_address[1]}", own
    server.shutdown()
    server.server_close()


def looks(url: str) -> None:
    gateway = ResponsesGateway(url, api_key=lambda: None, background=True, sleep=lambda _: None)
    try:
        assert gateway.retrieve("resp_1", on_behalf_of=None, seconds=5)["status"] == "queued"
    finally:
        gateway.close()


def test_tls_checks_the_named_certificates_and_the_host(
    certified: tuple[str, str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, url, certificate = certified
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(GatewayError, match="SSLError"):
        looks(url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    if address == "127.0.0.1":
        looks(url)
    else:
        with pytest.raises(GatewayError, match="SSLError"):
            looks(url)


def test_without_a_name_it_is_certificates_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert "BEGIN CERTIFICATE" in Path(str(certificates())).read_text()
