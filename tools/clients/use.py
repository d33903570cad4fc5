"""A schedule's life through the client that openapi-python-client makes of the document, in a package `made`.

It prints what it saw, for tests/clients, and runs in the environment of the generators.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from made import AuthenticatedClient
from made.api.agent_schedules import (
    create_agent_schedule,
    delete_agent_schedule,
    list_agent_schedules,
    pause_agent_schedule,
)
from made.api.agents import create_agent, get_agent, update_agent
from made.models import (
    CreateAgentBody,
    CreateScheduleBody,
    CronBody,
    ErrorEnvelope,
    ListAgentSchedulesOrder,
    UpdateAgentBody,
)


def main(url: str, key: str) -> dict[str, Any]:
    """What each call answered."""
    client = AuthenticatedClient(base_url=url, token=key)
    agent: Any = create_agent.sync(client=client, body=CreateAgentBody(name="hello", model="echo"))
    changed: Any = update_agent.sync(agent.id, client=client, body=UpdateAgentBody(tool_choice="auto"))
    timing = CronBody(type_="cron", cron_expression="30 9 * * 1-5", timezone="Europe/Lisbon")
    body = CreateScheduleBody(schedule=timing, input_="hello")
    schedule: Any = create_agent_schedule.sync(agent.id, client=client, body=body)
    listed: Any = list_agent_schedules.sync(agent.id, client=client, limit=5, order=ListAgentSchedulesOrder.ASC)
    paused: Any = pause_agent_schedule.sync(agent.id, schedule.id, client=client)
    deleted: Any = delete_agent_schedule.sync(agent.id, schedule.id, client=client)
    refused = get_agent.sync_detailed("none", client=client)
    assert isinstance(refused.parsed, ErrorEnvelope)
    return {
        "version": changed.version,
        "created": schedule.status,
        "listed": [item.id == schedule.id for item in listed.data],
        "paused": paused.status,
        "deleted": deleted.deleted,
        "refused": [int(refused.status_code), refused.parsed.error.message],
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
