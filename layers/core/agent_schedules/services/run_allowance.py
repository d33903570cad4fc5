"""The limit on the runs that a tenant's callers start in a minute (docs/decisions/0008)."""

from __future__ import annotations

from collections.abc import Callable

from agent_schedules.domain.runs import Run
from agent_schedules.errors import QuotaExceeded, TooManyRequests
from agent_schedules.ports import Ports
from agent_schedules.storage.counters import run_addition
from agent_schedules.storage.keys import tenant_of
from agent_schedules.storage.table import Add
from agent_schedules.timestamps import floor_seconds


def commit_counted(ports: Ports, run: Run, commit: Callable[[list[Add]], None]) -> None:
    """Commit a new run together with the counters that `commit` gets.

    Raises TooManyRequests if its tenant may start no more runs in this minute.
    """
    tenant, most = tenant_of(run.key.owner), ports.limits.quotas.runs
    second = floor_seconds(run.created_at)
    minute = second // 60
    block = ports.allowance.block(tenant, minute, most) if most else 0
    too_many = TooManyRequests(
        f"runs: API calls of your account may start {most} runs in a minute, and this minute's are used; "
        f"send the call again in {60 - second % 60} seconds"
    )
    if block is None:
        raise too_many
    try:
        commit([run_addition(run.key.owner, minute, block, at_most=most)] if block else [])
    except QuotaExceeded:
        ports.allowance.end(tenant, minute)
        raise too_many from None
    ports.allowance.spend(tenant, minute, block)
