"""Sends one HTTP request with the standard library: importing an HTTP client takes longer than most calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ssl import SSLContext

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Request:
    """A request and its time-outs."""

    method: str
    url: str
    step_seconds: float
    """The time-out of each step: of the connection and of each read."""
    total_seconds: float
    """The time-out of the whole request, name resolution included."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """A complete response of any status."""

    status: int
    headers: Mapping[str, str]
    """With lower-case names."""
    body: bytes


class NotReached(Exception):
    """Nothing was sent: there is no connection, or none that can be trusted."""


class Unanswered(Exception):
    """The request may have been sent, but no complete response came."""


Transport = Callable[[Request], Answer]
"""Sends a request. Raises NotReached or Unanswered."""


def over_network(request: Request) -> Answer:
    """Return the server's response, or raise Unanswered after `total_seconds`.

    The work happens in a thread because neither name resolution nor a server that sends a byte now and then meets a
    time-out of the socket. A thread that is given up ends with the process.
    """
    outcomes: SimpleQueue[Answer | Exception] = SimpleQueue()

    def work() -> None:
        try:
            outcomes.put(_sent(request))
        except Exception as error:  # any error is raised again in the caller's thread
            outcomes.put(error)

    Thread(target=work, daemon=True).start()
    try:
        outcome = outcomes.get(timeout=request.total_seconds)
    except Empty:
        raise Unanswered(f"no complete response within {request.total_seconds:g} s") from None
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def _sent(request: Request) -> Answer:
    """Send the request. Redirects are not followed, so a key goes only to the host that the user named."""
    from http.client import HTTPException
    from urllib.error import URLError
    from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler
    from urllib.request import Request as UrllibRequest

    opener = OpenerDirector()
    for handler in (
        # A proxy cannot reach this machine.
        ProxyHandler({} if is_loopback(request.url) else None),
        HTTPSHandler(context=_certificates()) if request.url.startswith("https:") else HTTPHandler(),
    ):
        opener.add_handler(handler)
    prepared = UrllibRequest(  # noqa: S310 - the opener handles only http and https
        request.url, data=request.body, headers=request.headers, method=request.method
    )
    try:
        answer = opener.open(prepared, timeout=request.step_seconds)
        assert answer is not None  # both schemes have a handler
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read())
    except URLError as error:
        if isinstance(error.reason, BrokenPipeError | ConnectionResetError):
            raise Unanswered(_message(error.reason)) from error
        raise NotReached(_message(error.reason)) from error
    except (HTTPException, OSError) as error:
        raise Unanswered(_message(error)) from error


def _certificates() -> SSLContext:
    """Return a context with the certificates of the system and of certifi: a Python from python.org has none.

    SSL_CERT_FILE replaces both.
    """
    import ssl

    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _message(error: object) -> str:
    """Return the system's message for an error."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError):
        return getattr(error, "verify_message", None) or error.strerror or type(error).__name__
    return str(error) or type(error).__name__
