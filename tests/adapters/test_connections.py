"""Connections to the gateway over TLS: to servers that are who they say they are, and to no others."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from agent_schedules.adapters.http_pool import certificates
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.ports import GatewayError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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


def own_certificate(directory: Path, host: str) -> tuple[Path, Path]:
    """Files of a certificate that its server signed itself, and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"])
def certified(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Path]]:
    """The address in a server's certificate, its URL, and the certificate."""
    certificate, key = own_certificate(tmp_path, request.param)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield request.param, f"https://127.0.0.1:{server.server_address[1]}", certificate
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
