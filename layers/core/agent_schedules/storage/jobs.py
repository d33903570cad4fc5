"""Jobs in the table. Open ones are in a shard of their own of the attention index, and ended ones expire."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from agent_schedules.domain.fleet import ScheduleFilter
from agent_schedules.domain.jobs import Action, Job, JobKey, JobStatus, Member, Outcome
from agent_schedules.domain.paging import Paging, Slice
from agent_schedules.domain.request_context import RequestContext
from agent_schedules.storage import keys
from agent_schedules.storage.attributes import item_at, moment, moment_or_none
from agent_schedules.storage.base import TransactionalStore
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.table import Item, Put
from agent_schedules.timestamps import floor_seconds

KEPT_SECONDS = 30 * 86_400
"""Seconds from the end of a job until its row expires."""
COUNTS = ("matched", "changed", "unchanged", "failed")


class JobStore(TransactionalStore):
    """Each method makes one call to the table."""

    def create(self, call: RequestContext, job: Job) -> None:
        """Commit a new job. Raises as `_create` does."""
        at = keys.job_key(job.key)
        self._create(call, job.key.job_id, Put(job_item(job), "absent"), unless=at, now=floor_seconds(job.created_at))

    def save(self, job: Job) -> None:
        """Write a job as the successor of what was read. Raises ConditionFailed if another write came first."""
        self._table.write(Put(job_item(job), {"rev": job.rev - 1}))

    def cancel(self, call: RequestContext, job: Job) -> None:
        """Commit a caller's change of a job, as the successor of what was read."""
        put = Put(job_item(job), {"rev": job.rev - 1})
        self._commit(call, job.key.job_id, put, now=floor_seconds(job.updated_at))

    def get(self, key: JobKey, *, now: int) -> Job | None:
        """Return a job that has not expired."""
        (item,) = self._table.get([keys.job_key(key)])
        return job_of(key.owner, item) if item is not None and _shown(item, now) else None

    def page(self, owner: str, paging: Paging, *, now: int) -> Slice[Job]:
        """Return a page of an owner's jobs."""
        after = keys.job_key(JobKey(owner, paging.after)) if paging.after else None
        page = self._page(owner, "J#", paging, after=after)
        shown = [job_of(owner, item) for item in page.items if _shown(item, now)]
        return Slice(shown, page.more, last=str(page.items[-1]["sk"]).removeprefix("J#") if page.items else None)

    def forgotten(self, now: int, *, limit: int) -> list[JobKey]:
        """Return open jobs without progress, the longest first."""
        due = self._due(keys.JOBS, now, limit=limit)
        return [JobKey(str(item["pk"]), str(item["sk"]).removeprefix("J#")) for item in due]


def _shown(item: Item, now: int) -> bool:
    """Whether an item is a job, and not a placeholder or one that DynamoDB has yet to remove."""
    return "status" in item and cast(int, item.get("ttl", now + 1)) > now


def job_item(job: Job) -> Item:
    """Return the item of a job."""
    body: dict[str, Any] = {
        "action": asdict(job.action),
        "filter": job.filter.as_json(),
        "tenant": job.tenant,
        "on_behalf_of": job.on_behalf_of,
        "after": job.after,
        "batch": [[member.agent_id, member.schedule_id] for member in job.batch],
        "errors": [asdict(outcome) for outcome in job.errors],
        "error": job.error,
    }
    return item_at(
        keys.job_key(job.key),
        status=job.status,
        dry_run=job.dry_run,
        exhausted=job.exhausted,
        created_at=job.created_at,
        updated_at=job.updated_at,
        found_at=job.found_at,
        ended_at=job.ended_at,
        body=json_text(body),
        rev=job.rev,
        ttl=None if job.ended_at is None else floor_seconds(job.ended_at) + KEPT_SECONDS,
        **{name: getattr(job, name) for name in COUNTS},
        **keys.attention_in(keys.JOBS, job.look_at),
    )


def job_of(owner: str, item: Item) -> Job:
    """Return the job in an item."""
    body = json.loads(str(item["body"]))
    updated_at = moment(item, "updated_at")
    return Job(
        key=JobKey(owner, str(item["sk"]).removeprefix("J#")),
        tenant=body["tenant"],
        on_behalf_of=body["on_behalf_of"],
        action=Action(**body["action"]),
        filter=ScheduleFilter.of_json(body["filter"]),
        dry_run=bool(item["dry_run"]),
        created_at=moment(item, "created_at"),
        updated_at=updated_at,
        found_at=moment_or_none(item, "found_at") or updated_at,  # a row of an earlier release has none
        status=cast(JobStatus, item["status"]),
        ended_at=moment_or_none(item, "ended_at"),
        after=body["after"],
        exhausted=bool(item["exhausted"]),
        batch=tuple(Member(*member) for member in body["batch"]),
        errors=tuple(Outcome(Member(**one["member"]), one["result"], one["message"]) for one in body["errors"]),
        error=body["error"],
        rev=cast(int, item["rev"]),
        **{name: cast(int, item[name]) for name in COUNTS},
    )
