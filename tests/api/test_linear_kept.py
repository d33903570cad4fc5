"""What a gateway has answered, and what callers have stored to be compared, costs no more than it is long."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from agent_schedules.execution.publish import publish
from agent_schedules.storage.compression import LARGEST
from agent_schedules.storage.events import Change, events_of

from tests.support.asgi import Raw
from tests.support.growth import MOST, growth
from tests.support.hostile import Make, of
from tests.support.linear import AGENTS, KEY, Service, answered
from tests.support.publishing import Publisher, ended

pytestmark = pytest.mark.slow

MESSAGE = b'[{"type":"message","content":['
RESPONSES: dict[str, tuple[str, Make]] = {
    "a long text": ("output", of(MESSAGE + b'{"type":"output_text","text":"', b"a", b'"}]}]', b"")),
    "a text of quotes": ("output", of(MESSAGE + b'{"type":"output_text","text":"', rb"\"", b'"}]}]', b"")),
    "a text of accents": ("output", of(MESSAGE + b'{"type":"output_text","text":"', rb"\u00e9", b'"}]}]', b"")),
    "many parts": ("output", of(MESSAGE, b'{"type":"output_text","text":"%d"}', b"]}]")),
    "parts that are none": ("output", of(MESSAGE, b"[{}]", b"]}]")),
    "many messages": ("output", of(b"[", b'{"type":"message","content":[{"type":"output_text","text":"a"}]}', b"]")),
    "messages that are none": ("output", of(b"[", b'{"type":"x"}', b"]")),
    "many members": ("output_text", of(b"{", b'"%d":[0]', b"}")),
    "arrays at the deepest level": ("output", of(b"[" * 60, b"[]", b"]" * 60)),
}
READ: dict[str, Callable[[Service], Raw]] = {
    "read": lambda service: Raw("GET", service.run, b"", (KEY,)),
    "its events": lambda service: Raw("GET", f"{service.run}/events", b"", (KEY,)),
    "listed": lambda service: Raw("GET", f"{service.agent}/runs", b"limit=100", (KEY,)),
    "listed in short": lambda service: Raw("GET", f"{service.agent}/runs", b"limit=100&view=summary", (KEY,)),
    "found": lambda service: Raw("GET", "/api/v1/runs", of_agent(service), (KEY,)),
    "found in short": lambda service: Raw("GET", "/api/v1/runs", of_agent(service) + b"&view=summary", (KEY,)),
    "a problem": lambda _: Raw("GET", "/api/v1/problems", b"limit=100", (KEY,)),
    "retried": lambda service: Raw("POST", f"{service.run}/retry", b"", (KEY,)),
}


def of_agent(service: Service) -> bytes:
    """The query for all runs of the service's agent."""
    return f"limit=100&agent_id={service.agent.rpartition('/')[2]}".encode()


def with_response(service: Service, member: str, value: Any, *, model: str = "m") -> None:
    """Let the service's run be one whose response has this value, once it is over."""
    gateway = service.world.gateway

    def filled(verb: str) -> None:
        for response in gateway.responses.values() if verb == "create" else ():
            response[member] = value

    gateway.after = filled
    service.agent = f"{AGENTS}/{service.made(AGENTS, {'name': 'b', 'model': model})}"
    service.run = f"{service.agent}/runs/{service.made(f'{service.agent}/runs', {'input': 'x'})}"
    service.world.pass_time(10, step=5)


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("how", READ)
def test_a_large_response_costs_what_it_is_long(name: str, how: str) -> None:
    member, make = RESPONSES[name]

    def prepared(size: int) -> Callable[[], object]:
        service = Service()
        with_response(service, member, json.loads(make(size)), model="fail" if how == "a problem" else "m")
        assert len(answered(service, READ["read"](service)).body) > size // 4
        return lambda: answered(service, READ[how](service))

    assert growth(prepared, LARGEST // 8) < MOST


PAGES = {
    "runs": ("{agent}/runs", b""),
    "runs in short": ("{agent}/runs", b"&view=summary"),
    "runs that failed": ("/api/v1/runs", b"&status=failed"),
    "runs that failed in short": ("/api/v1/runs", b"&status=failed&view=summary"),
    "problems": ("/api/v1/problems", b""),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_large_runs_costs_what_is_on_it(name: str) -> None:
    service = Service()
    with_response(service, "output_text", "x" * 2_000, model="fail")
    for _ in range(96):
        service.made(f"{service.agent}/runs", {"input": "x" * 2_000})
    service.world.pass_time(10, step=5)
    path, query = PAGES[name]

    def prepared(size: int) -> Callable[[], object]:
        request = Raw("GET", path.format(agent=service.agent), b"limit=%d%b" % (size, query), (KEY,))
        assert len(answered(service, request).json()["data"]) == size
        return lambda: answered(service, request)

    assert growth(prepared, 96) < MOST


PAIRS, MOST_WEBHOOKS, MOST_CHANGES = 16, 64, 96
"""Pairs of metadata that something has at most, webhooks of one owner, and changes in one batch of the stream."""


def metadata(pairs: int) -> dict[str, str]:
    """That many pairs, each as long as it may be."""
    return {f"{number:064d}": "x" * 512 for number in range(pairs)}


def publisher(*, webhooks: int, pairs: int) -> Publisher:
    """A publisher whose schedule and webhooks have that much metadata; none of the webhooks wants it."""
    made = Publisher()
    wanted = {**metadata(pairs), f"{pairs - 1:064d}": "y"}
    for number in range(webhooks):
        made.webhook(f"whk_{number}", metadata=tuple(wanted.items()))
    key = made.world.create({"type": "interval", "interval_seconds": 60}, metadata=metadata(pairs)).key
    rows = made.world.table.items
    rows["local#agt_1", "S#s"] = {
        **rows[f"{key.owner}#{key.agent_id}", f"S#{key.schedule_id}"],
        "pk": "local#agt_1",
        "sk": "S#s",
    }
    return made


def changes(count: int) -> list[Change]:
    return [ended(number, "failed", 1.0) for number in range(count)]


PUBLISHED: dict[str, tuple[int, Callable[[int], tuple[Publisher, list[Change]]]]] = {
    "changes": (MOST_CHANGES, lambda size: (publisher(webhooks=4, pairs=PAIRS), changes(size))),
    "webhooks": (MOST_WEBHOOKS, lambda size: (publisher(webhooks=size, pairs=PAIRS), changes(4))),
    "metadata": (PAIRS, lambda size: (publisher(webhooks=MOST_WEBHOOKS, pairs=size), changes(MOST_CHANGES))),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_filters_of_webhooks_cost_what_they_are_many(name: str) -> None:
    largest, make = PUBLISHED[name]

    def prepared(size: int) -> Callable[[], object]:
        made, batch = make(size)
        return lambda: publish(made.outlets, [event for change in batch for event in events_of(change)])

    assert growth(prepared, largest) < MOST


SOUGHT = 60
"""Schedules that are compared."""


@pytest.mark.parametrize("stored", [1, PAIRS])
def test_filters_of_metadata_cost_what_they_are_many(stored: int) -> None:
    def prepared(size: int) -> Callable[[], object]:
        service = with_schedules(SOUGHT, metadata(max(stored, size)))
        asked = "&".join(f"metadata.{key}={value}" for key, value in metadata(size).items()).encode()
        return lambda: answered(service, Raw("GET", "/api/v1/schedules", b"limit=1&" + asked, (KEY,)))

    assert growth(prepared, PAIRS) < MOST


def test_metadata_of_many_schedules_costs_what_it_is() -> None:
    sought = b"metadata.%b=y" % b"0".zfill(64)

    def prepared(size: int) -> Callable[[], object]:
        service = with_schedules(size, metadata(PAIRS))
        return lambda: answered(service, Raw("GET", "/api/v1/schedules", sought, (KEY,)))

    assert growth(prepared, 96) < MOST


def with_schedules(count: int, pairs: dict[str, str]) -> Service:
    """A service with that many schedules with this metadata."""
    service = Service()
    for _ in range(count):
        service.made(
            f"{service.agent}/schedules",
            {"input": "x", "schedule": {"type": "interval", "interval_seconds": 3600}, "metadata": pairs},
        )
    return service
