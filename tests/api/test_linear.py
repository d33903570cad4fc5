"""A request costs as much as it is long: no parser or check that one reaches is worse than linear in it.

Hostile input for each of them, at the largest size that is let through and at a sixteenth of it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from agent_schedules.adapters.jwt import TokenVerifier
from agent_schedules.api.auth import Authenticator
from agent_schedules.api.middleware import LARGEST_BODY
from agent_schedules.errors import Unauthorized
from agent_schedules.services.checks import LARGEST_KEPT

from tests.support.asgi import Raw
from tests.support.growth import MOST, TIMES_LARGER, growth
from tests.support.hostile import Make, field, filled, of
from tests.support.linear import AGENTS, JSON, KEY, LARGEST_HEAD, Service, answered, growth_of
from tests.support.world import World

pytestmark = pytest.mark.slow

PREVIEW, HOOKS = "/api/v1/schedules/preview", "/api/v1/webhooks"


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
    "policies that are none": ("schedules", field("policies", of(b"{", b'"%d":0', b"}"))),
    "dates that are excluded twice": ("schedules", field("policies", of(b'{"exclude":[', b'"2026-05-01"', b"]}"))),
    "a long date of a policy": (
        "update schedule",
        field("policies", of(b'{"start_at":"2026-05-01T09:00:00.', b"1", b'"}', b"")),
    ),
    "a long key": ("agents", field("key", TEXT)),
    "a filter that is none": ("/api/v1/schedules/bulk", field("filter", of(b'{"metadata":{', b'"%d":"x"', b"}}"))),
    "a long reason": ("pause", field("reason", TEXT)),
    "compactions that are none": ("schedules", field("context_management", of(b"[", b"{}", b"]"))),
    "a text of blanks": ("schedules", field("name", BLANKS)),
    "a webhook's long address": (HOOKS, field("url", of(b'"https://', b"a.", b'"', b""))),
    "a webhook's address of slashes": (HOOKS, field("url", of(b'"https:', b"/", b'"', b""))),
    "types of event that are none": (HOOKS, field("events", of(b"[", b'"x%d"', b"]"))),
    "a type of event many times": (HOOKS, field("events", of(b"[", b'"run.failed"', b"]"))),
    "a webhook's metadata that is none": (HOOKS, field("metadata", of(b"{", b'"%d":"x"', b"}"))),
    "a webhook's long agent": (HOOKS, field("agent_id", of(b'"agt_', b"0", b'"', b""))),
}


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
        "pause": f"{service.schedule}/pause",
    }


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
        return lambda: answered(service, STORED[name](service.agent))

    assert growth(prepared, LARGEST_KEPT) < MOST


def test_a_large_schedule_costs_what_it_is_large() -> None:
    def prepared(size: int) -> Callable[[], object]:
        service = Service()
        part = filled(size - 2_000, b'{"input":[{"type":"x",', b'"%d":[0]', b"}]}")
        assert service.post(service.schedule, part).status == 200
        requests = [
            Raw("GET", service.schedule, b"", (KEY,)),
            Raw("GET", f"{service.agent}/schedules", b"limit=100", (KEY,)),
            Raw("POST", service.schedule, b"", (KEY, JSON), b'{"name":"a"}'),
            Raw("POST", f"{service.schedule}/trigger", b"", (KEY,)),
            Raw("GET", f"{service.agent}/runs", b"limit=100", (KEY,)),
        ]
        return lambda: [answered(service, request) for request in requests]

    assert growth(prepared, LARGEST_BODY) < MOST


def test_a_page_costs_what_is_on_it() -> None:
    service = Service()
    for _ in range(100):
        service.made(AGENTS, {"name": "a", "model": "m", "instructions": "x" * 1_000})

    def prepared(size: int) -> Callable[[], object]:
        return lambda: answered(service, Raw("GET", AGENTS, b"limit=%d" % size, (KEY,)))

    assert growth(prepared, 96) < MOST


def test_what_is_quadratic_is_seen() -> None:
    assert TIMES_LARGER < MOST < TIMES_LARGER**2
    names = [str(number) for number in range(4_000)]
    assert growth(lambda size: lambda: [names[:size].count(name) for name in names[:size]], 4_000) > MOST
