"""A header costs no more than it is long, whichever route reads it.

Conditions and choices of form are read by a few routes of their own: a PUT by key, the console's files, and the bare
address.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from agent_schedules.console import site

from tests.support.asgi import Raw
from tests.support.growth import MOST
from tests.support.hostile import HOURLY, Make, of
from tests.support.linear import AGENTS, JSON, KEY, LARGEST_HEAD, Service, growth_of

pytestmark = pytest.mark.slow

Headers = tuple[tuple[bytes, bytes], ...]


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


HEADERS: dict[str, tuple[str, Make]] = {
    "a long key": ("authorization", of(b"Bearer ", b"a", b"", b"")),
    "a key that begins as ours": ("authorization", of(b"Bearer agsched_", b"a", b"", b"")),
    "a key of blanks": ("authorization", of(b"Bearer", b" ", b"x", b"")),
    "a token of dots": ("authorization", of(b"Bearer ", b".", b"", b"")),
    "a long user": ("x-on-behalf-of", of(b"", b"a", b"\x80", b"")),
    "a long idempotency key": ("idempotency-key", of(b"", b"a", b" ", b"")),
    "tags": ("if-match", of(b"", b'"a"', b"")),
    "tags without an end": ("if-match", of(b"", b'"a"', b',"')),
    "commas between tags": ("if-match", of(b'"a"', b",", b"!", b"")),
    "blanks and commas between tags": ("if-match", of(b'"a"', b" ,\t", b"!", b"")),
    "blanks after a tag": ("if-match", of(b'"a"', b" ", b"!", b"")),
    "commas before a tag": ("if-match", of(b"", b" ,", b"!", b"")),
    "quotes": ("if-match", of(b"", b'"', b"", b"")),
    "weak tags": ("if-match", of(b"", b'W/""', b"W/", b" , ")),
    "cookies": ("cookie", of(b"", b"a%d=b", b"", b";")),
    "a cookie of backslashes": ("cookie", of(b'a="', rb"\"", b'"', b"")),
    "a cookie of octals": ("cookie", of(b'a="', rb"\101", b'"', b"")),
    "a long media type": ("content-type", of(b"application/json", b";", b"", b"")),
    "a long length": ("content-length", of(b"", b"9", b"", b"")),
    "a header that is not known": ("x", of(b"", b"a", b"", b"")),
    "an asterisk and more": ("if-none-match", of(b"*", b"*", b"", b"")),
    "blanks around an asterisk": ("if-none-match", of(b"*", b" ", b"*", b"")),
    "tags that are not known": ("if-none-match", of(b"", b'"%d"', b"", b", ")),
    "quotes of tags that are not known": ("if-none-match", of(b"", b'"', b"", b"")),
    "weak tags that are not known": ("if-none-match", of(b"", b'W/"', b"", b", ")),
    "forms of an answer": ("accept-encoding", of(b"", b"x%d;q=0.1", b"", b",")),
    "beginnings of gzip": ("accept-encoding", of(b"", b"gzi", b"", b"")),
    "letters that grow in lower case": ("accept-encoding", of(b"", b"\xdf\xc0", b"", b"")),
    "media types": ("accept", of(b"", b"text/x%d;q=0.1", b"", b",")),
    "beginnings of html": ("accept", of(b"", b"text/htm", b"", b"")),
}


def file(headers: Headers) -> Raw:
    return Raw("GET", f"/console/assets/{site.version()}/{site.SCRIPT}", b"", headers)


ROUTES: dict[str, Callable[[Service, Headers], Raw]] = {
    "a change": lambda service, sent: Raw("POST", service.schedule, b"", sent, b'{"name":"a"}'),
    "a PUT of an agent": lambda _, sent: Raw("PUT", f"{AGENTS}/by-key/a", b"", sent, b'{"name":"a","model":"m"}'),
    "a PUT of a schedule": lambda service, sent: Raw(
        "PUT", f"{service.agent}/schedules/by-key/a", b"", sent, b'{"input":"x","schedule":%b}' % HOURLY
    ),
    "a file of the console": lambda _, sent: file(sent),
    "the console": lambda _, sent: Raw("GET", "/console/agents", b"", sent),
    "the description": lambda _, sent: Raw("GET", "/docs", b"", sent),
    "the bare address": lambda _, sent: Raw("GET", "/", b"", sent),
}
EVERYWHERE = "a change", "a PUT of an agent"
"""Get every header; the others get those that they read."""
CHOICES = "if-none-match", "accept-encoding", "accept", "x"
SENT = [(name, route) for route in ROUTES for name in HEADERS if route in EVERYWHERE or HEADERS[name][0] in CHOICES]
LINES = [*dict.fromkeys(header for header, _ in HEADERS.values() if not header.startswith("content-"))]
IN_LINES = [(header, route) for route in ROUTES for header in LINES if route in EVERYWHERE or header in CHOICES]


@pytest.mark.parametrize(("name", "route"), SENT)
def test_a_hostile_header_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    header, make = HEADERS[name]
    others = tuple(one for one in (KEY, JSON) if one[0] != header.encode())

    def request(size: int) -> Raw:
        return ROUTES[route](service, (*others, (header.encode(), make(size))))

    assert growth_of(service, request, LARGEST_HEAD) < MOST


@pytest.mark.parametrize(("header", "route"), IN_LINES)
def test_a_header_in_many_lines_costs_what_it_is_long(service: Service, header: str, route: str) -> None:
    def request(size: int) -> Raw:
        return ROUTES[route](service, (KEY, JSON, *(((header.encode(), b'"a"'),) * (size // 8))))

    assert growth_of(service, request, LARGEST_HEAD) < MOST
