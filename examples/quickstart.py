"""The vendor's own SDK against this service: an agent, a schedule for once, one for every five seconds, and their runs.

Run it with `make demo`, or give it a server: python examples/quickstart.py http://127.0.0.1:8000 local
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from meetkai_mka1 import SDK

WANTED = 4  # completed runs to wait for: the one of `once` and three of `interval`
PATIENCE = 60  # seconds


def main(server_url: str, api_key: str) -> int:
    """Create, watch, and check that every run answered its own input. Returns the exit status."""
    with SDK(server_url=server_url, bearer_auth=api_key) as sdk:
        agent = sdk.agents.create_agent(name="quickstart", model="echo")
        print(f"agent      {agent.id}")
        soon = agent.created_at + timedelta(seconds=4)  # the server's clock, which may differ from ours
        once = sdk.agent_schedules.create_agent_schedule(
            agent_id=agent.id, schedule={"type": "once", "run_at": soon, "timezone": "UTC"}, input="Hello, once."
        )
        print(f"once       {once.id}  at {soon:%H:%M:%S}Z")
        interval = sdk.agent_schedules.create_agent_schedule(
            agent_id=agent.id,
            schedule={"type": "interval", "interval_seconds": 5, "timezone": "UTC"},
            input="Hello again.",
        )
        print(f"interval   {interval.id}  every 5 s\n")
        inputs = {once.id: "Hello, once.", interval.id: "Hello again."}

        seen: set[str] = set()
        deadline = time.monotonic() + PATIENCE
        while len(seen) < WANTED and time.monotonic() < deadline:
            time.sleep(0.5)
            for run in reversed(sdk.agent_runs.list_agent_runs(agent_id=agent.id).data):
                if run.status in {"completed", "failed"} and run.id not in seen:
                    seen.add(run.id)
                    print(f"run        {run.id}  {run.status}  {output_text(run.gateway_response)!r}")

        sdk.agent_schedules.delete_agent_schedule(agent_id=agent.id, schedule_id=interval.id)
        return report(sdk, agent.id, inputs)


def report(sdk: SDK, agent_id: str, inputs: dict[str, str]) -> int:
    """Wait for the last runs, then compare: every run completed with its input, and `run_count` says how many there
    are."""
    deadline = time.monotonic() + PATIENCE
    while True:
        runs = sdk.agent_runs.list_agent_runs(agent_id=agent_id, limit=100).data
        if all(run.status not in {"queued", "submitting"} for run in runs) or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    right = bool(runs) and all(
        run.status == "completed" and output_text(run.gateway_response) == run.input for run in runs
    )
    counted = 0
    for schedule_id in inputs:
        counted += sdk.agent_schedules.get_agent_schedule(agent_id=agent_id, schedule_id=schedule_id).run_count
    print(f"\n{len(runs)} runs listed, run_count says {counted}, each answered its input: {right}")
    return 0 if right and len(runs) >= WANTED and counted == len(runs) else 1


def output_text(response: object) -> str:
    """The text of a Responses object."""
    if not isinstance(response, dict):
        return ""
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["text"] for part in parts if part["type"] == "output_text")


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or ["http://127.0.0.1:8000", "local"])))
