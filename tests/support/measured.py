"""What an operation costs, each in a world of its own."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.api import Api
from tests.support.cost_meter import Cost, CostMeter
from tests.support.given import PAGE, Given
from tests.support.operations import OPERATIONS, ROUTES, operation_of

PROMPTS = {"100 bytes": "x" * 100, "20 KB": "x" * 20_000}


def measured(name: str, prompt: str) -> Cost:
    """What an operation costs in a world of its own."""
    api = Api()
    meter = CostMeter(api.world)
    send = prepared(api, name, prompt=prompt)
    meter.reset()
    send()
    return meter.cost


def prepared(api: Api, name: str, *, prompt: str, page: int = PAGE) -> Callable[[], None]:
    """Bring about what an operation needs; the call that sends it, once, and holds it to its status."""
    api.world.queue.messages.clear()  # the affairs of what was made before
    request = OPERATIONS[name](Given(api, prompt, page))
    method, path = ROUTES[operation_of(name)]
    url = path.format(**request.path) + (f"?{request.query}" if request.query else "")

    def send() -> None:
        answer = api.client.request(method, url, json=request.body, headers=request.headers)
        assert answer.status_code == request.status, answer.text

    return send
