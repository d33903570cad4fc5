"""The policies of a schedule as callers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from agent_schedules.api.shapes import Stamp, View
from agent_schedules.domain.policies import Misfire, Overlap, Policies
from agent_schedules.timestamps import moment_text

if TYPE_CHECKING:  # the command line shows previews without it
    from agent_schedules.ports import Limits

DAYS = r"^\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?$"


class PoliciesView(View):
    """The policies in force, with the defaults of those that the caller left out."""

    start_at: Stamp | None
    end_at: Stamp | None
    exclude: list[Annotated[str, Field(pattern=DAYS)]]
    max_runs: int | None
    spread_seconds: int
    overlap: Overlap
    misfire: Misfire
    misfire_grace_seconds: Annotated[int, Field(description="The deployment's, if the caller set none")]
    timeout_seconds: Annotated[int, Field(description="The deployment's, if the caller set none")]
    run_retention_days: Annotated[
        int, Field(description="The deployment's, if the caller set none; 0: outcomes are kept for ever")
    ]
    alert_after_seconds: int | None

    @classmethod
    def of(cls, policies: Policies, limits: Limits) -> PoliciesView:
        """Return the wire form of policies under the limits of a deployment."""
        grace, timeout = policies.misfire_grace_seconds, policies.timeout_seconds
        return cls(
            start_at=moment_text(policies.start_at),
            end_at=moment_text(policies.end_at),
            exclude=[str(days) for days in policies.exclude],
            max_runs=policies.max_runs,
            spread_seconds=policies.spread_seconds,
            overlap=policies.overlap,
            misfire=policies.misfire,
            misfire_grace_seconds=limits.misfire_grace if grace is None else grace,
            timeout_seconds=limits.run_timeout if timeout is None else timeout,
            run_retention_days=policies.kept_days(limits.run_retention_days),
            alert_after_seconds=policies.alert_after_seconds,
        )
