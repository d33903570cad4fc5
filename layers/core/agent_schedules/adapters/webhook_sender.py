"""The `Sender` port: a delivery to a URL that a caller chose.

Such a URL may lead to anything that the function can reach, such as its own runtime, a private network, or a cloud's
metadata service. So the connection itself looks the name up, once, checks every address of the answer, and connects to
one of these addresses. No second lookup exists that could have another answer. SNI, the certificate check and `Host`
use the name. No redirect is followed, no proxy of the environment is used, and no connection serves two deliveries.

The lookup runs in a thread, because the system's resolver has no time limit that a caller can set.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import ClassVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    SSLError,
)

from agent_schedules.adapters.gateway_answers import hinted
from agent_schedules.adapters.http_pool import (
    AddressInfo,
    Connection,
    Deadline,
    Failed,
    TlsConnection,
    ask,
    certificates,
)
from agent_schedules.domain.addresses import all_of_this_machine, all_public
from agent_schedules.domain.webhook_urls import url_problem
from agent_schedules.ports import NotDelivered, Reply

LARGEST = 64 * 1024  # bytes read of an answer
HEADERS = {"User-Agent": "agent-schedules", "Connection": "close"}


class _NotPublic(HTTPError):
    """The name leads to an address that is refused."""


class _PublicConnection(TlsConnection):
    def addresses(self, limit: Deadline) -> Sequence[AddressInfo]:
        """Return the addresses of the name, all of them public."""
        return _checked(self, limit, all_public)


class _LocalConnection(Connection):
    def addresses(self, limit: Deadline) -> Sequence[AddressInfo]:
        """Return the addresses of the name, all of them of this machine."""
        return _checked(self, limit, all_of_this_machine)


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _LocalPool(HTTPConnectionPool):
    ConnectionCls = _LocalConnection


class _Receivers(PoolManager):
    """The connection of one delivery. urllib3 reads no proxy from the environment."""

    _classes: ClassVar = {"https": _PublicPool, "http": _LocalPool}

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(ssl_context=context)
        self.pool_classes_by_scheme = self._classes

    def close(self) -> None:
        """Close the connection."""
        self.clear()


class WebhookSender:
    """`Sender` over HTTPS. `local` also allows plain HTTP to this machine, for the local stack."""

    def __init__(
        self,
        *,
        high_ports: bool = False,
        local: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._high_ports = high_ports
        self._local = local
        self._monotonic = monotonic
        self._wall = wall

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Reply:
        """See `Sender.post`."""
        self._must_be_allowed(url)
        with closing(_Receivers(self._context)) as pool:
            try:
                answer = ask(
                    pool,
                    "POST",
                    url,
                    {**headers, **HEADERS},
                    seconds=seconds,
                    connect=seconds,
                    largest=LARGEST,
                    body=body,
                    cut=True,
                    monotonic=self._monotonic,
                )
            except Failed as failed:
                raise NotDelivered(_reason(failed, seconds)) from failed
        wait = answer.headers.get("Retry-After")
        return Reply(answer.status, answer.content, hinted({"retry-after": wait}.get, self._wall()))

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """The settings of TLS. Reading the certificates takes longer than a handshake, so it is done once."""
        return ssl.create_default_context(cafile=certificates())

    def _must_be_allowed(self, url: str) -> None:
        """Refuse what the API refuses too: the row may be older than the rule."""
        problem = url_problem(url, high_ports=self._high_ports, local=self._local)
        if problem is not None:
            raise NotDelivered(f"the URL {problem}")


def _checked(
    connection: Connection, limit: Deadline, allowed: Callable[[Sequence[str]], bool]
) -> Sequence[AddressInfo]:
    found = _looked_up(connection, limit)
    if not allowed([str(info[4][0]) for info in found]):
        raise _NotPublic
    return found


def _looked_up(connection: Connection, limit: Deadline) -> Sequence[AddressInfo]:
    """Return what the resolver says of the connection's host within the limit."""
    answers: SimpleQueue[Sequence[AddressInfo] | OSError | UnicodeError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(connection.host.strip("[]"), connection.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, name="lookup", daemon=True).start()
    try:
        answer = answers.get(timeout=limit.left())
    except Empty:
        raise ConnectTimeoutError(connection, "no answer of the resolver") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _reason(failed: Failed, seconds: float) -> str:
    """Return the failure for the webhook's owner. It names no address: these may be of a private network."""
    error = failed.__cause__
    if isinstance(error, _NotPublic):
        return "the name leads to an address that is not public"
    if isinstance(error, NameResolutionError):
        return "the name has no address"
    if failed.how == "late":
        return f"no answer within {seconds:g} s"
    if isinstance(error, SSLError):
        return "TLS failed: the certificate is not valid for the name, or the handshake broke off"
    return {"unreached": "no connection", "unsendable": "the request cannot be sent"}.get(
        failed.how, "the connection broke"
    )
