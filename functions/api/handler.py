"""The api function: answers events of API Gateway's HTTP API."""

from __future__ import annotations

from typing import Any

from agent_schedules import cold_start  # isort: split

from agent_schedules import bootstrap
from agent_schedules.api.app import create_app
from agent_schedules.api.http_events import refusal, request_of
from agent_schedules.errors import InvalidRequest
from agent_schedules.lambda_handler import observed
from mangum import Mangum

wiring = bootstrap.get()
# Without "off", Mangum would run the app's startup and shutdown around every request.
_asgi = Mangum(create_app(wiring.ports, wiring.authenticator, console=wiring.console), lifespan="off")


@observed
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    try:
        request = request_of(event)
    except InvalidRequest as error:
        return refusal(error)
    return _asgi(request, context)


cold_start.over()
