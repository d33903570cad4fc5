"""HTTP calls to servers other than AWS: the gateway, and the issuer of tokens.

urllib3's timeouts, like a socket's, restart with each read, so a server that sends a line now and then can hold a call
for ever. Here one deadline covers connecting, TLS, sending, headers and body: each use of the socket gets the time that
is left. Only DNS lookups follow the resolver's own limits.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from botocore.httpsession import get_cert_path
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

KEPT_OPEN = 10
SHORTEST = 0.001  # seconds; urllib3 refuses a timeout of 0
PART = 64 * 1024  # bytes read at once
PIECE = 16 * 1024  # bytes sent at once; TLS applies the timeout to each piece


How = Literal["unreached", "broken", "late", "large", "unsendable"]


class Failed(Exception):
    """A call that got no answer."""

    def __init__(self, how: How, reason: str) -> None:
        """Set up the error. `unreached`: nothing was sent. `broken`, `late`: it was sent, and the connection broke or
        the deadline passed."""
        super().__init__(reason)
        self.how = how
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """The answer of a server."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Deadline:
    """The end of one call."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.sent = False
        """Whether any of the request may have reached the server."""
        self._monotonic = monotonic
        self._over = monotonic() + seconds

    def within(self, seconds: float) -> Deadline:
        """Return a deadline that many seconds from now, at the latest this one."""
        return Deadline(min(seconds, self.left()), self._monotonic)

    @property
    def over(self) -> bool:
        """Whether the deadline has passed."""
        return self._monotonic() >= self._over

    def left(self) -> float:
        """Return the seconds until the deadline. Raises TimeoutError once it has passed."""
        left = self._over - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        return left


CURRENT: ContextVar[Deadline] = ContextVar("deadline")
"""The deadline of the current call. A context variable, because urllib3 has no argument for it."""


class _Reader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, sock: socket.socket, raw: Any) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read the bytes that are available, waiting for at least one."""
        self._sock.settimeout(CURRENT.get().left())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Release the socket."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status of the final answer (RFC 9110, 15.2).

        http.client skips only interim answers with status 100 and takes others for a final answer without a body. The
        connection would go back to the pool, and the next caller, maybe of another tenant, would get the final answer.
        """
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # it is not in the type stubs
            status = found[1]
            if status >= HTTPStatus.OK or status == HTTPStatus.CONTINUE:
                return found
            if status == HTTPStatus.SWITCHING_PROTOCOLS:  # which was not asked for
                raise http.client.UnknownProtocol(found[2])
            http.client.parse_headers(self.fp)


AddressInfo = tuple[Any, ...]
"""An element of what `socket.getaddrinfo` returns."""


class Connection(HTTPConnection):
    """A connection whose every step keeps to the deadline of the current call."""

    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """Connect to one of the host's addresses. All attempts share the time limit; TLS gets the time that is left."""
        assert isinstance(self.timeout, int | float)
        limit = CURRENT.get().within(self.timeout)
        try:
            found = self.addresses(limit)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        last: OSError = OSError("the host has no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(limit.left())
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.connect(address)
                sock.settimeout(limit.left())
            except OSError as error:
                sock.close()
                last = error
                if limit.over:
                    break
            else:
                # The error knows this frame. Together they would keep the connection open until the next collection.
                del last
                return sock
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection within {limit.seconds:g} s") from last
        raise NewConnectionError(self, str(last)) from last

    def addresses(self, limit: Deadline) -> Sequence[AddressInfo]:  # noqa: ARG002 - others give up in time
        """Return the addresses of the host, to be tried in turn. No other lookup follows."""
        return socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)

    def send(self, data: Any) -> None:
        """Send the data before the deadline."""
        if self.sock is None:
            self.connect()
        CURRENT.get().sent = True
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(CURRENT.get().left())
            super().send(data[start : start + PIECE])


class TlsConnection(Connection, HTTPSConnection):
    """The same over TLS, with a check of the certificate and the host."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


class Connections(PoolManager):
    """A pool of connections. It uses urllib3, which botocore imports anyway: another client would be the largest import
    of a function that calls a gateway."""

    _classes: ClassVar = {"http": _Pool, "https": _TlsPool}

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT_OPEN, ca_certs=certificates())
        self.pool_classes_by_scheme = self._classes


def certificates() -> str | None:
    """Return the file of trusted certificates: that of `SSL_CERT_FILE`, as for OpenSSL, for servers with private
    certificates, or else botocore's."""
    return os.environ.get("SSL_CERT_FILE") or get_cert_path(True)


def ask(
    pool: PoolManager,
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    connect: float,
    largest: int,
    json: Any = None,
    body: bytes | None = None,
    cut: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
) -> Answer:
    """Make one call within `seconds`. It follows no redirect, so a key goes only to the configured host.

    `cut`: return the first `largest` bytes as they were sent, not decompressed, and do not read the rest.
    Raises Failed, without `cut` also for an answer of more than `largest` bytes.
    """
    seconds = max(seconds, SHORTEST)
    deadline = Deadline(seconds, monotonic)
    token = CURRENT.set(deadline)
    try:
        received = pool.request(
            method,
            url,
            headers=headers,
            json=json,
            body=body,
            timeout=Timeout(connect=min(connect, seconds), read=seconds),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=not cut,
        )
        content = _read(received, largest, deadline, cut=cut)
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise Failed(_how(error, sent=deadline.sent), type(error).__name__) from error
    finally:
        CURRENT.reset(token)
    return Answer(received.status, received.headers, content)


def _read(received: BaseHTTPResponse, largest: int, deadline: Deadline, *, cut: bool) -> bytes:
    content = bytearray()
    with closing(received):
        while part := received.read1(PART):
            content += part
            if len(content) > largest:
                if cut:
                    return bytes(content[:largest])
                raise Failed("large", f"more than {largest} bytes")
            deadline.left()  # checked here too, because a read from a buffer does not use the socket
    return bytes(content)


def _how(error: Exception, *, sent: bool) -> How:
    if not sent:  # an invalid header, for example a bad key, raises a plain ValueError
        return "unreached" if isinstance(error, HTTPError | OSError) else "unsendable"
    # urllib3 wraps a timeout that occurs while it sends.
    came_of: BaseException | None = error
    while came_of is not None:
        if isinstance(came_of, ReadTimeoutError | TimeoutError):
            return "late"
        came_of = came_of.__cause__ or came_of.__context__
    return "broken"
