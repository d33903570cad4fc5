"""Claims what is due in a work pool through Prefect's HTTP API, and ends it, without a process for each run.

A claim is the state Pending, which Prefect grants once. Fifty are asked for in a request, the most that it takes. What
is due is claimed first; what was claimed becomes Running and Completed when nothing is due.
"""

from __future__ import annotations

import os
import time
from collections import deque
from datetime import UTC, datetime
from typing import Any

import httpx

AT_ONCE = 50
LOOK = 0.5  # seconds; Prefect's own worker looks every ten

client = httpx.Client(base_url=f"http://127.0.0.1:{os.environ['PORT']}/api", timeout=120)
claimed: deque[str] = deque()


def due() -> list[str]:
    """The runs whose time has come, the oldest first, a thousand at most."""
    body = {"scheduled_before": datetime.now(UTC).isoformat()}
    return [each["flow_run"]["id"] for each in _post("/work_pools/pool/get_scheduled_flow_runs", body)]


def become(state: str, runs: list[str]) -> list[str]:
    """The runs whose change to that state Prefect accepted."""
    body = {"flow_runs": {"id": {"any_": runs}}, "state": {"type": state}}
    answers = _post("/flow_runs/bulk_set_state", body)["results"]
    return [answer["flow_run_id"] for answer in answers if answer["status"] == "ACCEPT"]


def _post(path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json=body).raise_for_status().json()


def work() -> None:
    """One look."""
    runs = due()
    for first in range(0, len(runs), AT_ONCE):
        claimed.extend(become("PENDING", runs[first : first + AT_ONCE]))
    if not runs and claimed:
        batch = [claimed.popleft() for _ in range(min(AT_ONCE, len(claimed)))]
        ended = become("COMPLETED", become("RUNNING", batch))
        claimed.extend(set(batch) - set(ended))
    elif not runs:
        time.sleep(LOOK)


server = os.getppid()
while os.getppid() == server:
    try:
        work()
    except httpx.HTTPError:  # not up yet, or 503: its database was busy
        time.sleep(LOOK)
