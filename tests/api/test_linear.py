"""A request costs as much as it is long: no parser or check that one reaches is worse than linear in it.

Hostile input for each of them, at the largest size that is let through and at a sixteenth of it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from agent_schedules.adapters.jwt import TokenVerifier
from agent_schedules.api.app import create_app
from agent_schedules.api.auth import Authenticator
from agent_schedules.api.middleware import LARGEST_BODY
from agent_schedules.errors import Unauthorized
from agent_schedules.services.checks import LARGEST_KEPT

from tests.support.asgi import Answer, Raw, ask
from tests.support.growth import MOST, TIMES_LARGER, growth
from tests.support.hostile import ANYWHERE, HOURLY, Make, field, filled, of
from tests.support.world import World

pytestmark = pytest.mark.slow

LARGEST_HEAD = 60 * 1024  # bytes: what uvicorn takes of one line; API Gateway takes 10 KB
LARGEST_REFUSAL = 16 * 1024
KEY = (b"authorization", b"Bearer local")
JSON = (b"content-type", b"application/json")
AGENTS = "/api/v1/agents"
PREVIEW = "/api/v1/schedules/preview"


class Service:
    """The app as Lambda has it, in this thread, with an agent, a schedule and a run."""

    def __init__(self) -> None:
        self.world = World()
        self.app = create_app(self.world.ports, self.world.authenticator)
        self.agent = f"{AGENTS}/{self.made(AGENTS, {'name': 'a', 'model': 'm'})}"
        self.schedule = f"{self.agent}/schedules/{self.made(f'{self.agent}/schedules', json.loads(SCHEDULE % HOURLY))}"
        self.run = f"{self.agent}/runs/{self.made(f'{self.agent}/runs', {'input': 'x'})}"

    def made(self, path: str, body: Any) -> str:
        """The id of something new."""
        return str(self.post(path, json.dumps(body).encode()).json()["id"])

    def post(self, path: str, body: bytes) -> Answer:
        """A POST."""
        return ask(self.app, Raw("POST", path, headers=(KEY, JSON), body=body))


SCHEDULE = b'{"input":"x","schedule":%b}'


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


TEXT, BLANKS = of(b'"', b"x", b'"', b""), of(b'"', b" ", b'"', b"")
FIELDS: dict[str, tuple[str, Make]] = {
    "a long date": (
        PREVIEW,
        field("type", of(b'"once","run_at":"2026-05-01T09:00:00.', b"1", b'"', b""), schedule=True),
    ),
    "a date of zeros": (PREVIEW, field("type", of(b'"once","run_at":"', b"0", b'"', b""), schedule=True)),
    "a long zone": (PREVIEW, field("type", of(b'"interval","timezone":"', b"a/", b'"', b""), schedule=True)),
    "a long cron": (PREVIEW, field("type", of(b'"cron","cron_expression":"', b"*/1,", b'"', b""), schedule=True)),
    "a cron of blanks": (PREVIEW, field("type", of(b'"cron","cron_expression":"', b" ", b'"', b""), schedule=True)),
    "a long type": (PREVIEW, field("type", TEXT, schedule=True)),
    "a type that is an object": (PREVIEW, field("type", of(b"{", b'"%d":0', b"}"), schedule=True)),
    "tools that are none": ("agents", field("tools", of(b"[", b"0", b"]"))),
    "tools without a type": ("agents", field("tools", of(b"[", b"{}", b"]"))),
    "metadata that is none": ("agents", field("metadata", of(b"{", b'"%d":0', b"}"))),
    "names of metadata that are long": ("agents", field("metadata", of(b"{", b'"%d' + b"x" * 100 + b'":0', b"}"))),
    "models that are none": ("agents", field("fallback_models", of(b"[", b"0", b"]"))),
    "a long name": ("agents", field("description", TEXT)),
    "input that is none": ("schedules", field("input", of(b"[", b"0", b"]"))),
    "input of many objects": ("schedules", field("input", of(b"[", b"{}", b"]"))),
    "input of many members": ("schedules", field("input", of(b"[{", b'"%d":[0]', b"}]"))),
    "input of many messages": ("schedules", field("input", of(b"[", b'{"role":"user","content":""}', b"]"))),
    "a message of many parts": (
        "runs",
        field("input", of(b'[{"role":"user","content":[', b'{"type":"input_text","text":""}', b"]}]")),
    ),
    "a message of parts that are none": ("runs", field("input", of(b'[{"role":"user","content":[', b"{}", b"]}]"))),
    "a long role": ("runs", field("input", of(b'[{"content":"","role":"', b"x", b'"}]', b""))),
    "input of numbers that grow": ("schedules", field("input", of(b"[[", b"1e15", b"]]"))),
    "a conversation of many members": ("schedules", field("conversation", of(b"{", b'"%d":0', b"}"))),
    "a long response": ("schedules", field("previous_response_id", TEXT)),
    "compactions that are none": ("schedules", field("context_management", of(b"[", b"{}", b"]"))),
    "a text of blanks": ("schedules", field("name", BLANKS)),
}


def growth_of(service: Service, request: Callable[[int], Raw], largest: int) -> float:
    """How the cost of a request grows. Its refusals are short, however long it is."""

    def prepared(size: int) -> Callable[[], object]:
        raw = request(size)

        def act() -> None:
            answer = ask(service.app, raw)
            assert answer.status < 500
            assert answer.status < 300 or len(answer.body) <= LARGEST_REFUSAL, answer.body[:200]

        act()  # a route is built for its first request
        return act

    return growth(prepared, largest)


@pytest.mark.parametrize("route", ["agents", "update", "schedules", "update schedule", "runs", "preview"])
@pytest.mark.parametrize("name", ANYWHERE)
def test_any_body_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    path = paths(service)[route]
    found = growth_of(service, lambda size: Raw("POST", path, b"", (KEY, JSON), ANYWHERE[name](size)), LARGEST_BODY)
    assert found < MOST


@pytest.mark.parametrize("name", FIELDS)
def test_a_hostile_field_costs_what_it_is_long(service: Service, name: str) -> None:
    route, make = FIELDS[name]
    path = paths(service).get(route, route)
    found = growth_of(service, lambda size: Raw("POST", path, b"", (KEY, JSON), make(size)), LARGEST_BODY - 200)
    assert found < MOST


def paths(service: Service) -> dict[str, str]:
    """The routes that take a body."""
    return {
        "agents": AGENTS,
        "update": service.agent,
        "schedules": f"{service.agent}/schedules",
        "update schedule": service.schedule,
        "runs": f"{service.agent}/runs",
        "preview": PREVIEW,
    }


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
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_header_costs_what_it_is_long(service: Service, name: str) -> None:
    header, make = HEADERS[name]
    others = tuple(one for one in (KEY, JSON) if one[0] != header.encode())

    def request(size: int) -> Raw:
        return Raw("POST", service.schedule, b"", (*others, (header.encode(), make(size))), b'{"name":"a"}')

    assert growth_of(service, request, LARGEST_HEAD) < MOST


@pytest.mark.parametrize("header", ["if-match", "authorization", "x-on-behalf-of", "idempotency-key", "cookie", "x"])
def test_a_header_in_many_lines_costs_what_it_is_long(service: Service, header: str) -> None:
    def request(size: int) -> Raw:
        lines = ((header.encode(), b'"a"'),) * (size // 8)
        return Raw("POST", service.schedule, b"", (KEY, JSON, *lines), b'{"name":"a"}')

    assert growth_of(service, request, LARGEST_HEAD) < MOST


PATHS: dict[str, tuple[str, Make]] = {
    "a long id": (AGENTS + "/", of(b"agt_", b"0", b"", b"")),
    "an id of no letters": (AGENTS + "/", of(b"", b"%", b"", b"")),
    "slashes": (AGENTS, of(b"", b"/", b"", b"")),
    "segments": (AGENTS, of(b"/agt_0", b"/schedules/a", b"", b"")),
    "a long version": ("{agent}/versions/", of(b"", b"1", b"", b"")),
    "a long time": ("{schedule}/occurrences/", of(b"2026-05-01T09:00:00.", b"0", b"Z", b"")),
    "nowhere": ("/", of(b"", b"a", b"", b"")),
}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("method", ["GET", "BREW"])
def test_a_hostile_path_costs_what_it_is_long(service: Service, name: str, method: str) -> None:
    before, make = PATHS[name]
    at = before.format(agent=service.agent, schedule=service.schedule)
    found = growth_of(service, lambda size: Raw(method, at + make(size).decode(), b"", (KEY,)), LARGEST_HEAD)
    assert found < MOST


QUERIES: dict[str, Make] = {
    "parameters": of(b"", b"a%d=1", b"", b"&"),
    "a parameter that is repeated": of(b"", b"limit=1", b"", b"&"),
    "ampersands": of(b"", b"&", b"", b""),
    "names without a value": of(b"", b"a", b"", b"&"),
    "a long name": of(b"", b"a", b"=1", b""),
    "escapes": of(b"after=", b"%41", b"", b""),
    "escapes of nothing": of(b"after=", b"%", b"", b""),
    "a long cursor": of(b"after=", b"A", b"", b""),
    "a long number": of(b"limit=", b"1", b"", b""),
    "a long negative number": of(b"offset=-", b"1", b"", b""),
    "a long order": of(b"order=", b"desc", b"", b""),
    "a long flag": of(b"deleted=", b"true", b"", b""),
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("route", ["agents", "schedules", "limits", "preview"])
def test_a_hostile_query_costs_what_it_is_long(service: Service, name: str, route: str) -> None:
    path = {
        "agents": AGENTS,
        "schedules": f"{service.agent}/schedules",
        "limits": "/api/v1/limits",
        "preview": f"{service.schedule}/preview",
    }[route]
    assert growth_of(service, lambda size: Raw("GET", path, QUERIES[name](size), (KEY,)), LARGEST_HEAD) < MOST


TOKENS: dict[str, Make] = {
    "members, the last twice": of(b"{", b'"%d":0', b',"x":0,"x":0}'),
    "arrays in arrays": of(b"", b"[", b"", b""),
    "digits": of(b'{"kid":', b"9", b"}", b""),
    "one member": of(b'{"kid":"', b"a", b'"}', b""),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_hostile_token_costs_what_it_is_long(name: str) -> None:
    class Keys:
        def find(self, _: str) -> None:
            return None

    keys: Any = Keys()
    verify = TokenVerifier(keys, issuer="i", audience="a", tenant_claim="t", scope_claim="s")
    now = World().ports.now
    authenticator = Authenticator(lambda _: None, now=now, verify=verify)

    def prepared(size: int) -> Callable[[], object]:
        header = base64.urlsafe_b64encode(TOKENS[name](size)).rstrip(b"=").decode()
        token = f"Bearer {header}.{header}.{'A' * (size // 8)}"

        def act() -> None:
            with pytest.raises(Unauthorized):
                authenticator.caller(token, None, "read")

        return act

    assert growth(prepared, 2_800) < MOST  # three parts of a token of 8 KB


STORED = {
    "read": lambda agent: Raw("GET", agent, b"", (KEY,)),
    "listed": lambda agent: Raw("GET", AGENTS, b"limit=100", (KEY,)),
    "its versions": lambda agent: Raw("GET", f"{agent}/versions", b"", (KEY,)),
    "changed to what it is": lambda agent: Raw("POST", agent, b"", (KEY, JSON), b'{"name":"a"}'),
    "run": lambda agent: Raw("POST", f"{agent}/runs", b"", (KEY, JSON), b'{"input":"x"}'),
}


@pytest.mark.parametrize("name", STORED)
def test_a_large_agent_costs_what_it_is_large(name: str) -> None:
    def prepared(size: int) -> Callable[[], object]:
        service = Service()
        for member in ("text", "reasoning"):
            part = filled((size - 2_000) // 2, b'{"%b":{' % member.encode(), b'"%d":[0]', b"}}")
            answer = service.post(service.agent, part)
            assert answer.status == 200, answer.body
        return lambda: ask(service.app, STORED[name](service.agent))

    assert growth(prepared, LARGEST_KEPT) < MOST


def test_a_page_costs_what_is_on_it() -> None:
    service = Service()
    for _ in range(100):
        service.made(AGENTS, {"name": "a", "model": "m", "instructions": "x" * 1_000})

    def prepared(size: int) -> Callable[[], object]:
        return lambda: ask(service.app, Raw("GET", AGENTS, b"limit=%d" % size, (KEY,)))

    assert growth(prepared, 96) < MOST


def test_what_is_quadratic_is_seen() -> None:
    assert TIMES_LARGER < MOST < TIMES_LARGER**2
    names = [str(number) for number in range(4_000)]
    assert growth(lambda size: lambda: [names[:size].count(name) for name in names[:size]], 4_000) > MOST
