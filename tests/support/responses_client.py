"""The adapter for the gateway over an upstream whose answers a test gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
from agent_schedules.adapters.responses_gateway import ResponsesGateway
from agent_schedules.domain.schedules import Schedule

from tests.support.upstream import Pool
from tests.support.world import World

OK = {"id": "resp_1", "object": "response", "status": "queued"}
REQUEST = {"model": "echo", "input": "hello", "background": True}


class Upstream:
    """Answers in turn, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def gateway(
    upstream: Upstream, waits: list[float] | None = None, *, background: bool = True, **more: Any
) -> ResponsesGateway:
    """A client of that upstream, whose waits are only noted."""
    return ResponsesGateway(
        "https://gateway.test/v1",
        background=background,
        pool=Pool(upstream),
        sleep=(waits if waits is not None else []).append,
        jitter=lambda: 0.5,
        wall=lambda: 1_772_445_600.0,  # 2026-03-02T10:00:00Z
        **{"api_key": lambda: "sk-secret"} | more,
    )


def create(client: ResponsesGateway, *, seconds: float = 60, on_behalf_of: str | None = "user-1") -> dict[str, Any]:
    """One create call."""
    return client.create(REQUEST, idempotency_key="run_1", on_behalf_of=on_behalf_of, seconds=seconds)


def joined(upstream: Upstream, **client: Any) -> tuple[World, Schedule]:
    """A world whose gateway is that upstream, and a schedule whose only occurrence is due."""
    world = World()
    world.ports = replace(world.ports, gateway=gateway(upstream, monotonic=lambda: 0.0, **client))
    schedule = world.create({"type": "once", "run_at": "2026-03-02T10:00:05Z"})
    world.clock.advance(5)
    return world, schedule


def nested(levels: int) -> str:
    """A Responses object so many levels deep."""
    return f'{{"id": "resp_1", "status": "completed", "output": {"[" * (levels - 1)}{"]" * (levels - 1)}}}'
