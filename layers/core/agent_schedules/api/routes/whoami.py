"""The route that tells a caller who it is. An extension."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from agent_schedules.api.dependencies import ReadDep, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.shapes import View
from agent_schedules.domain.api_keys import Scope


class WhoamiView(View):
    """The caller, as the service sees it."""

    object: Literal["whoami"] = "whoami"
    tenant: Annotated[str, Field(description="The account that the key or token belongs to")]
    scope: Annotated[Scope, Field(description="Its scope: `read`, `write` or `admin`; each includes those before it")]
    on_behalf_of: Annotated[str | None, Field(description="The user that the call acts for; null without one")]


def whoami_routes() -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/api/v1/whoami", tags=["limits"], route_class=LazyRoute)

    @router.get("", operation_id="whoami", responses=errors())
    def whoami(caller: ReadDep) -> WhoamiView:
        """Extension: return the account and the scope of the key."""
        return WhoamiView(tenant=caller.tenant, scope=caller.scope, on_behalf_of=caller.on_behalf_of)

    return router
