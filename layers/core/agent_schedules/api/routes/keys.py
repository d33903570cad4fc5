"""The route that lists an account's API keys. An extension. Keys are created and revoked by operators only."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from agent_schedules.api.dependencies import ListResponse, Paged, ReadDep, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.shapes import Listing, Stamp, View
from agent_schedules.domain.api_keys import ApiKey, Scope
from agent_schedules.ports import Ports
from agent_schedules.services import api_keys as service
from agent_schedules.timestamps import moment_text, text_of


class ApiKeyView(View):
    """What is known about an API key. The key itself is stored nowhere, and its digest is not shown."""

    object: Literal["api_key"] = "api_key"
    id: str
    name: Annotated[str | None, Field(description="What its creator says that it is for")]
    scope: Scope
    created_at: Stamp
    expires_at: Stamp | None
    revoked_at: Stamp | None
    last_used_at: Annotated[Stamp | None, Field(description="The hour of its last use")]

    @classmethod
    def of(cls, key: ApiKey) -> ApiKeyView:
        """Return the wire form of a key."""
        return cls(
            id=key.id,
            name=key.name,
            scope=key.scope,
            created_at=text_of(key.created_at),
            expires_at=moment_text(key.expires_at),
            revoked_at=moment_text(key.revoked_at),
            last_used_at=moment_text(key.last_used_at),
        )


class ApiKeyList(Listing):
    """A page of API keys."""

    data: list[ApiKeyView]


def key_routes(ports: Ports) -> APIRouter:
    """Return the route over these ports."""
    router = APIRouter(prefix="/api/v1/keys", tags=["limits"], route_class=LazyRoute)

    @router.get("", operation_id="list_api_keys", responses=errors(), response_model=ApiKeyList)
    def list_api_keys(caller: ReadDep, paging: Paged) -> Response:
        """Extension: list the account's API keys, newest first, also revoked and expired ones. Requires the scope
        `admin`. Operators create and revoke keys; no call does."""
        listed = ListResponse(ports.cursors, caller, "keys", paging)
        return listed.page(service.list_keys(ports, caller, listed.paging), ApiKeyView.of)

    return router
