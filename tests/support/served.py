"""A world in memory whose API and console are served on this machine, for tests in a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

import httpx
from agent_schedules.api.app import create_app

from dev.http_date import dated
from dev.server import serve
from tests.support.fakes import FakeGateway
from tests.support.world import World

HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'><svg onload='window.hacked=1'>"
    "\"'`}]]>${window.hacked=1}{{window.hacked=1}}javascript:window.hacked=1 \u202egnp.exe\u2028&lt;b&gt;"
)
"""A text that does harm wherever it is not shown as a text. It sets `window.hacked`."""


class TalkingGateway(FakeGateway):
    """The fake gateway, with answers as whole as a real one's. `says` replaces the echo of the input."""

    says: list[Any] | None = None
    failure: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    accepted: dict[str, int]

    def __init__(self, now: Any) -> None:
        super().__init__()
        self.accepted = {}
        self._now = now

    def _now_of(self, response_id: str) -> dict[str, Any]:
        at = self.accepted.setdefault(response_id, int(self._now().timestamp()))
        answer = super()._now_of(response_id) | {"created_at": at}
        if answer["status"] == "completed":
            content = [{"type": "output_text", "text": answer.pop("output_text", "")}]
            answer["output"] = self.says or [{"type": "message", "role": "assistant", "content": content}]
            answer["usage"] = self.usage or {"input_tokens": 1200, "output_tokens": 34, "total_tokens": 1234}
        if answer["status"] == "failed" and self.failure:
            answer["error"] = self.failure
        return answer


class _Ports:
    """The world's ports as they are at the time of each call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.ports, name)


class Served:
    """A world that begins in the present, or at a given time. The console takes the time from its answers."""

    def __init__(self, start: str | None = None, *, world: World | None = None) -> None:
        """`world`: one that is made already. It and a `start` bring a clock of their own."""
        self.world = world or World(start or datetime.now(UTC).replace(microsecond=0).isoformat())
        self.gateway = TalkingGateway(self.world.clock)
        self.world.gateway = self.gateway
        ports: Any = _Ports(self.world)
        self.world.ports = replace(self.world.ports, gateway=self.gateway)
        app = create_app(ports, self.world.authenticator, local_key="local")
        if start is None and world is None:
            self._server = serve(app)
        else:
            self._server = serve(dated(app, self.world.clock), dates=False)
        self.url = self._server.url
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": "Bearer local"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.stop()

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """POST and expect a success."""
        answer = self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def agent(self, model: str = "echo", name: str = "Reporter", **body: Any) -> str:
        """A new agent's id."""
        return str(self.post("/api/v1/agents", {"name": name, "model": model, **body})["id"])
