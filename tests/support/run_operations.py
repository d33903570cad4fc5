"""What the lists of runs and problems over an account are tried on (see `operations.py`)."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.given import Given, Request


def _that_failed(given: Given) -> str:
    """An agent with more runs that failed than a page has."""
    body = {"name": "a", "model": "fail", "instructions": given.prompt}
    agent = str(given.api.post("/api/v1/agents", body, status=201)["id"])
    for _ in range(given.page + 1):
        given.api.post(f"/api/v1/agents/{agent}/runs", {"input": given.prompt}, status=201)
    given.pass_a_moment()
    return agent


def _found_runs(given: Given, **more: str) -> Request:
    _that_failed(given)
    return Request(
        query="&".join([f"limit={given.page}", "status=failed", *(f"{name}={value}" for name, value in more.items())])
    )


def _found_runs_of_agent(given: Given) -> Request:
    path = given.runs()
    return Request(query=f"limit={given.page}&agent_id={path['agent_id']}")


def _found_runs_of_schedule(given: Given) -> Request:
    path = given.runs()
    return Request(query=f"limit={given.page}&agent_id={path['agent_id']}&schedule_id={path['schedule_id']}")


def _problems(given: Given) -> Request:
    _that_failed(given)
    return Request(query=f"limit={given.page}")


RUN_LISTS: dict[str, Callable[[Given], Request]] = {
    "find_runs": _found_runs,
    "find_runs, that none matches": lambda given: _found_runs(given, error_code="none"),
    "find_runs, of an agent": _found_runs_of_agent,
    "find_runs, of a schedule": _found_runs_of_schedule,
    "list_problems": _problems,
}
"""By operation, and after a comma what is particular."""
