"""What a caller may have and has: the route of limits. An extension."""

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
    """A number that is limited."""

    limit: Annotated[int | None, Field(description="Null where there is no limit")]
    used: Annotated[int | None, Field(description="Null where it was not asked for")]


class LimitsView(View):
    """The limits of the caller's account, and how far they are used."""

    object: Literal["limits"] = "limits"
    schedules: Annotated[
        CountView,
        Field(description="Of the account, for all users it acts for; deleted ones and those of deleted agents aside"),
    ]
    schedules_per_agent: Annotated[
        CountView, Field(description="Schedules of one agent that are not deleted; `used` is for `agent_id`")
    ]
    occurrences_per_hour: Annotated[
        CountView,
        Field(
            description="Of the account's schedules together, each in its busiest hour: 3,600 for an interval of one "
            "second, 1 for an hourly or rarer one. Paused and completed schedules are counted, too"
        ),
    ]
    runs_per_minute: Annotated[
        CountView,
        Field(description="Started by callers of the account, without those of schedules; `used` is not known"),
    ]
    minimum_interval_seconds: int
    maximum_body_bytes: Annotated[int, Field(description="Of one request")]
    maximum_kept_bytes: Annotated[int, Field(description="Of what is kept of one schedule, run or agent")]

    @classmethod
    def of(cls, usage: Usage, limits: Limits) -> LimitsView:
        """The projection of both."""
        return cls(
            schedules=CountView(limit=limits.quotas.schedules or None, used=usage.tenant.schedules),
            schedules_per_agent=CountView(limit=limits.quotas.per_agent or None, used=usage.of_agent),
            occurrences_per_hour=CountView(limit=limits.quotas.hourly or None, used=usage.tenant.hourly),
            runs_per_minute=CountView(limit=limits.quotas.runs or None, used=None),
            minimum_interval_seconds=limits.minimum_interval,
            maximum_body_bytes=LARGEST_BODY,
            maximum_kept_bytes=LARGEST_KEPT,
        )


def limit_routes(ports: Ports) -> APIRouter:
    """The route over these ports."""
    router = APIRouter(prefix="/api/v1/limits", tags=["limits"], route_class=LazyRoute)

    @router.get("", operation_id="get_limits", responses=errors(404))
    def get_limits(caller: ReadDep, agent_id: OfAgent = None) -> LimitsView:
        """Extension: the limits of the account, and how far they are used."""
        return LimitsView.of(service.usage(ports, caller, agent_id), ports.limits)

    return router
