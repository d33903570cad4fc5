"""The bodies of calls that control a schedule. Each is optional."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent_schedules.domain.policies import Overlap
from agent_schedules.schemas.body import Body
from agent_schedules.schemas.fields import RunInput


class TriggerBody(Body):
    """A run of a schedule now."""

    input: Annotated[RunInput | None, Field(description="The input of this run only, instead of the schedule's")] = None
    overlap: Annotated[
        Overlap | None,
        Field(description="For this run only, instead of the schedule's policy. `skip`: a 409 while a run is open"),
    ] = None
