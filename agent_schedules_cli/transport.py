"""One HTTP request and its answer, by the standard library: a client of its own takes longer to import than to call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ssl import SSLContext

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    url: str
    seconds: float
    """How long each step of it may take."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes


class NotReached(Exception):
    """Nothing was sent: no connection, or one that cannot be trusted."""


class Unanswered(Exception):
    """It was sent, and no whole answer came."""


Transport = Callable[[Request], Answer]
"""Sends a request. Raises NotReached or Unanswered."""


def over_network(request: Request) -> Answer:
    """The answer of the server. Redirects are not followed: a key goes to the host that was named and nowhere else."""
    from http.client import HTTPException
    from urllib.error import URLError
    from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler
    from urllib.request import Request as Wired

    secure = request.url.startswith("https:")
    opener = OpenerDirector()
    for handler in (
        # No proxy reaches this machine.
        ProxyHandler({} if is_loopback(request.url) else None),
        HTTPSHandler(context=_certificates()) if secure else HTTPHandler(),
    ):
        opener.add_handler(handler)
    wired = Wired(  # noqa: S310 - the opener knows no other scheme than http and https
        request.url, data=request.body, headers=request.headers, method=request.method
    )
    try:
        answer = opener.open(wired, timeout=request.seconds)
        assert answer is not None  # both schemes have their handler
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read())
    except URLError as error:
        if isinstance(error.reason, BrokenPipeError | ConnectionResetError):
            raise Unanswered(_said(error.reason)) from error
        raise NotReached(_said(error.reason)) from error
    except (HTTPException, OSError) as error:
        raise Unanswered(_said(error)) from error


def is_loopback(url: str) -> bool:
    """Whether that is on this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def _certificates() -> SSLContext:
    """Those of the system and those of certifi: a Python from python.org has none of its own. SSL_CERT_FILE replaces
    both."""
    import ssl

    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE"):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _said(error: object) -> str:
    """The system's words for an error."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError):
        return getattr(error, "verify_message", None) or error.strerror or type(error).__name__
    return str(error) or type(error).__name__
