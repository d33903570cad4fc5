"""What the lists of schedules over an account are tried on (see `operations.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_schedules.domain.paging import CANDIDATES

from tests.support.given import Given, Request


def _that_ran(given: Given) -> dict[str, Any]:
    """As many schedules that one is left over on a page. Each has run once."""
    path, _ = given.schedule()
    given.more(path)
    given.api.world.clock.advance(3600)
    for made in given.api.get(f"/api/v1/agents/{path['agent_id']}/schedules?limit=100")["data"]:
        given.api.fire(made, agent=path["agent_id"])
    given.pass_a_moment()
    return path


def _found_schedules(given: Given) -> Request:
    _that_ran(given)
    return Request(query=f"limit={given.page}")


def _found_schedules_of_agent(given: Given) -> Request:
    path = _that_ran(given)
    return Request(query=f"limit={given.page}&agent_id={path['agent_id']}")


def _summarized(given: Given) -> Request:
    _that_ran(given)
    return Request()


def _filtered_schedules(given: Given) -> Request:
    """More than one page looks at, of which none matches."""
    for _ in range(-(-CANDIDATES // (given.page + 1)) + 1):
        path, _ = given.schedule()
        given.more(path)
    return Request(query=f"limit={given.page}&name=n")


SCHEDULE_LISTS: dict[str, Callable[[Given], Request]] = {
    "list_upcoming": _found_schedules,
    "list_upcoming, of an agent": _found_schedules_of_agent,
    "get_summary": _summarized,
    "find_schedules": _found_schedules,
    "find_schedules, of an agent": _found_schedules_of_agent,
    "find_schedules, by a filter": _filtered_schedules,
}
"""By operation, and after a comma what is particular."""
