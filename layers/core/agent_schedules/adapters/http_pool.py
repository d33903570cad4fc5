"""Calls to servers that are not AWS's: the gateway, and the issuer of tokens.

urllib3's time-outs, like a socket's, begin again with each read, so a server that sends a line now and then holds its
caller as long as it likes. Here a call has one deadline, for connecting, TLS, sending, headers and body: each use of
its socket gets the time that is left. Only the look-up of a host's name is left to the resolver's own limits.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import time
from collections.abc import Callable, Mapping
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
SHORTEST = 0.001  # seconds; urllib3 takes no time-out of none
PART = 64 * 1024  # bytes read at once
PIECE = 16 * 1024  # bytes sent at once; TLS has a time-out for each


How = Literal["unreached", "broken", "late", "large", "unsendable"]


class Failed(Exception):
    """A call that brought no answer."""

    def __init__(self, how: How, reason: str) -> None:
        """`unreached`: nothing was sent. `broken`, `late`: it was, and the connection broke, or the time was over."""
        super().__init__(reason)
        self.how = how
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What a server answered, whatever it is."""

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
        """An earlier one, so many seconds from now."""
        return Deadline(min(seconds, self.left()), self._monotonic)

    @property
    def over(self) -> bool:
        """Whether nothing of it is left."""
        return self._monotonic() >= self._over

    def left(self) -> float:
        """Seconds until then. Raises TimeoutError when it is over."""
        left = self._over - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        return left


CURRENT: ContextVar[Deadline] = ContextVar("deadline")
"""Of the call that is being made here; urllib3 has no place for it."""


class _Reader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, sock: socket.socket, raw: Any) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Some bytes, as soon as there are any."""
        self._sock.settimeout(CURRENT.get().left())
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Give back the socket."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp = io.BufferedReader(_Reader(sock, self.fp.detach()))

    def _read_status(self) -> tuple[str, int, str]:
        """The status of the final answer (RFC 9110, 15.2).

        http.client skips 100 alone and takes any other interim answer for a whole one without a body. Its connection
        would go back to the pool, and the final answer to the next caller, who may be another tenant.
        """
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]  # it is not in the type stubs
            status = found[1]
            if status >= HTTPStatus.OK or status == HTTPStatus.CONTINUE:
                return found
            if status == HTTPStatus.SWITCHING_PROTOCOLS:  # which was not asked for
                raise http.client.UnknownProtocol(found[2])
            http.client.parse_headers(self.fp)


class _Connection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """A connection to one of the host's addresses. All of them share the time, and what is left is for TLS."""
        assert isinstance(self.timeout, int | float)
        limit = CURRENT.get().within(self.timeout)
        try:
            found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
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
                return sock
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, f"no connection within {limit.seconds:g} s") from last
        raise NewConnectionError(self, str(last)) from last

    def send(self, data: Any) -> None:
        """Send it before the deadline."""
        if self.sock is None:
            self.connect()
        CURRENT.get().sent = True
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(CURRENT.get().left())
            super().send(data[start : start + PIECE])


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Connections(PoolManager):
    """A pool of them, botocore's own HTTP client: another one would be the largest import of a function that calls a
    gateway."""

    _classes: ClassVar = {"http": _Pool, "https": _TlsPool}

    def __init__(self) -> None:
        super().__init__(maxsize=KEPT_OPEN, ca_certs=certificates())
        self.pool_classes_by_scheme = self._classes


def certificates() -> str | None:
    """The file of certificates by which a server is known: that of `SSL_CERT_FILE`, as for OpenSSL, where servers have
    certificates of their own, or else botocore's."""
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
    monotonic: Callable[[], float] = time.monotonic,
) -> Answer:
    """One call, over within `seconds`. Redirects are not followed: a key goes to the configured host and nowhere else.

    Raises Failed, also for an answer of more than `largest` bytes.
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
            timeout=Timeout(connect=min(connect, seconds), read=seconds),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        content = _read(received, largest, deadline)
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        raise Failed(_how(error, sent=deadline.sent), type(error).__name__) from error
    finally:
        CURRENT.reset(token)
    return Answer(received.status, received.headers, content)


def _read(received: BaseHTTPResponse, largest: int, deadline: Deadline) -> bytes:
    content = bytearray()
    with closing(received):
        while part := received.read1(PART):
            content += part
            if len(content) > largest:
                raise Failed("large", f"more than {largest} bytes")
            deadline.left()  # what comes without a socket, such as the rest of a buffer, takes its time too
    return bytes(content)


def _how(error: Exception, *, sent: bool) -> How:
    if not sent:  # a header that cannot be sent, such as a bad key, is a plain ValueError
        return "unreached" if isinstance(error, HTTPError | OSError) else "unsendable"
    # urllib3 wraps a time-out that it meets while it sends.
    came_of: BaseException | None = error
    while came_of is not None:
        if isinstance(came_of, ReadTimeoutError | TimeoutError):
            return "late"
        came_of = came_of.__cause__ or came_of.__context__
    return "broken"
