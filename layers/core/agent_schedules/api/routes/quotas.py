"""The route of limits. An extension."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from agent_schedules.api.dependencies import OfAgent, ReadDep, errors
from agent_schedules.api.lazy_route import LazyRoute
from agent_schedules.api.middleware import LARGEST_BODY
from agent_schedules.api.shapes import View
from agent_schedules.ports import Limits, Ports
from agent_schedules.services import quotas as service
from agent_schedules.services.checks import LARGEST_KEPT
from agent_schedules.services.quotas import Usage


class CountView(View):
    """A limit and its current use."""

    limit: Annotated[int | None, Field(description="Null if there is no limit")]
    used: Annotated[int | None, Field(description="Null if it is not known, or if the request names no agent")]


class LimitsView(View):
    """The limits of the caller's account and its current use of them."""

    object: Literal["limits"] = "limits"
    schedules: Annotated[
        CountView,
        Field(
            description="Schedules of the account for all its users, without deleted ones and those of deleted agents"
        ),
    ]
    schedules_per_agent: Annotated[
        CountView, Field(description="Schedules of one agent, without deleted ones; `used` is for `agent_id`")
    ]
    occurrences_per_hour: Annotated[
        CountView,
        Field(
            description="The sum over the account's schedules of the occurrences in each one's busiest hour: 3,600 for "
            "an interval of one second, 1 for an hourly or rarer schedule. Includes paused and completed schedules"
        ),
    ]
    runs_per_minute: Annotated[
        CountView,
        Field(description="Runs that API calls of the account start, without runs of schedules; `used` is not known"),
    ]
    webhooks: Annotated[
        CountView, Field(description="Webhooks of the account for all its users, without poll webhooks")
    ]
    minimum_interval_seconds: int
    misfire_grace_seconds: Annotated[int, Field(description="For schedules whose policies set none")]
    timeout_seconds: Annotated[int, Field(description="For schedules whose policies set none, and for other runs")]
    run_retention_days: Annotated[
        int, Field(description="For schedules whose policies set none, and for other runs; 0: they are kept for ever")
    ]
    maximum_body_bytes: Annotated[int, Field(description="The largest body of a request")]
    maximum_kept_bytes: Annotated[int, Field(description="The largest stored size of a schedule, run or agent")]

    @classmethod
    def of(cls, usage: Usage, limits: Limits) -> LimitsView:
        """Return the wire form of both."""
        return cls(
            schedules=CountView(limit=limits.quotas.schedules or None, used=usage.tenant.schedules),
            schedules_per_agent=CountView(limit=limits.quotas.per_agent or None, used=usage.of_agent),
            occurrences_per_hour=CountView(limit=limits.quotas.hourly or None, used=usage.tenant.hourly),
            runs_per_minute=CountView(limit=limits.quotas.runs or None, used=None),
            webhooks=CountView(limit=limits.quotas.webhooks or None, used=usage.tenant.webhooks),
            minimum_interval_seconds=limits.minimum_interval,
            misfire_grace_seconds=limits.misfire_grace,
            timeout_seconds=limits.run_timeout,
            run_retention_days=limits.run_retention_days,
            maximum_body_bytes=LARGEST_BODY,
            maximum_kept_bytes=LARGEST_KEPT,
        )


def limit_routes(ports: Ports) -> APIRouter:
    """Return the route over these ports."""
    router = APIRouter(prefix="/api/v1/limits", tags=["limits"], route_class=LazyRoute)

    @router.get("", operation_id="get_limits", responses=errors(404))
    def get_limits(caller: ReadDep, agent_id: OfAgent = None) -> LimitsView:
        """Extension: return the limits of the account and its current use of them."""
        return LimitsView.of(service.usage(ports, caller, agent_id), ports.limits)

    return router
