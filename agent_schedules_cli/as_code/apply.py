"""Carry out a plan. Every call can be repeated, so after an interruption the next plan goes on where this one ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent_schedules_cli.api_client import ApiClient, agents_path, schedule_path
from agent_schedules_cli.as_code.plan import Plan, Step
from agent_schedules_cli.errors import Failure

TRIES = 6
FIRST_WAIT = 1.0  # seconds before the second try; doubled for each further one


@dataclass
class Applied:
    """What became of the steps."""

    done: int = 0
    refused: list[tuple[Step, Failure]] = field(default_factory=list)
    """Steps that the service refused. The others do not depend on them, apart from the schedules of an agent."""


def apply(plan: Plan, api: ApiClient, *, sleep: Callable[[float], None], advance: Callable[[Step], None]) -> Applied:
    """Carry out the steps in order. A refused one does not stop the rest. Raises Failure if the service is not there.

    `advance` is told of each step that has ended.
    """
    applied, agents = Applied(), dict(plan.agents)
    for step in plan.steps:
        try:
            _perform(step, api, agents, sleep)
            applied.done += 1
        except Failure as failure:
            if failure.transient:
                raise
            applied.refused.append((step, failure))
        advance(step)
    return applied


def _perform(step: Step, api: ApiClient, agents: dict[str, str], sleep: Callable[[float], None]) -> None:
    def repeated(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Make a call that may be repeated, again if the service is busy or its answer was lost."""
        for number in range(TRIES - 1):
            try:
                return call()
            except Failure as failure:
                if not failure.transient:
                    raise
                sleep(FIRST_WAIT * 2**number)
        return call()

    if step.schedule is None:
        path, by_key = agents_path(step.id or ""), agents_path("by-key", step.agent)
    else:
        agent_id = agents.get(step.agent)
        if agent_id is None:
            raise Failure("its agent was refused", 0)
        path = schedule_path(agent_id, step.id or "")
        by_key = agents_path(agent_id, "schedules", "by-key", step.schedule)
    if step.action == "delete":
        repeated(lambda: api.delete(path))
        return
    if step.action == "adopt":
        repeated(lambda: api.post(path, {"key": step.schedule or step.agent}))
    if step.action != "adopt" or step.differences:
        answer = repeated(lambda: api.put(by_key, step.body))
        if step.schedule is None:
            agents[step.agent] = answer["id"]
