"""The data model of the one table: each model to its item and back. Pure (architecture.md).

Keys are in `keys.py`, agents in `agent_items.py`, definitions in `definitions.py`, attributes that all items share in
`attributes.py`.

A caller's JSON is stored as its text, so that it comes back unchanged and without Decimals.
"""

from __future__ import annotations

import json
from typing import Any, cast

from agent_schedules.domain.attention import own_look
from agent_schedules.domain.runs import Run, RunKey, RunStatus, Trigger
from agent_schedules.domain.schedules import Key, State, Status
from agent_schedules.domain.settlement import Record
from agent_schedules.storage.attributes import item_at, moment, moment_or_none
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.keys import (
    attention,
    listed_record,
    listed_run,
    own_bucket,
    record_key,
    run_key,
    shared_bucket,
    state_key,
)
from agent_schedules.storage.policies import policy_state_of, policy_state_text
from agent_schedules.storage.table import Item


def state_item(key: Key, state: State, *, deleted: bool = False, repeats: bool = False) -> Item:
    """Return a state's row. It is in the attention index while an occurrence is still to come.

    `repeats`: EventBridge repeats the entry that has fired, so that the next hint comes even if this one is lost.
    """
    at = state_key(key, deleted=deleted)
    due, bucket = own_look(state), 1
    if state.wakes_at is not None and state.look_at is None and not state.entry_stale:
        gap = state.wakes_at - state.settled_until
        bucket = shared_bucket(gap) if repeats else own_bucket(gap)
    if state.backfill is not None and (due is None or state.backfill.look_at < due):
        due, bucket = state.backfill.look_at, 1
    found = attention(key.schedule_id, due, bucket=bucket)
    deadline = None if state.watch is None else state.watch.deadline
    if deadline is not None and (not found or deadline < cast(int, found["attention_at"])):
        found = attention(key.schedule_id, deadline, bucket=1)
    return item_at(
        at,
        status=state.status,
        generation=state.generation,
        revision=state.revision,
        settled_until=state.settled_until,
        next_run_at=state.next_run_at,
        run_count=state.run_count,
        last_run_id=state.last_run_id,
        last_run_at=state.last_run_at,
        created_at=state.created_at,
        updated_at=state.updated_at,
        deleted_at=state.deleted_at,
        tzdata=state.tzdata,
        render=state.entry_stale or None,
        agent_deletions=state.agent_deletions,
        pause_reason=state.pause_reason,
        counted=state.counted or None,
        hourly=state.hourly or None,
        rev=state.rev,
        looks=state.looks or None,
        repair_at=state.repair_at,
        look_at=state.look_at,
        policy_state=policy_state_text(state),
        **found,
    )


def state_of(item: Item) -> State:
    """Return the state in a row."""
    fields: dict[str, Any] = dict(item)
    return State(
        status=cast(Status, fields["status"]),
        generation=fields["generation"],
        revision=fields["revision"],
        settled_until=fields["settled_until"],
        next_run_at=fields.get("next_run_at"),
        run_count=fields["run_count"],
        last_run_id=fields.get("last_run_id"),
        last_run_at=moment_or_none(item, "last_run_at"),
        created_at=moment(item, "created_at"),
        updated_at=moment(item, "updated_at"),
        deleted_at=moment_or_none(item, "deleted_at"),
        tzdata=fields["tzdata"],
        entry_stale=fields.get("render", False),
        agent_deletions=fields["agent_deletions"],
        pause_reason=fields.get("pause_reason"),
        counted=fields.get("counted", False),
        hourly=fields.get("hourly", 0),
        rev=fields["rev"],
        looks=fields.get("looks", 0),
        repair_at=fields.get("repair_at"),
        look_at=fields.get("look_at"),
        **policy_state_of(fields.get("policy_state")),
    )


def record_item(key: Key, record: Record) -> Item:
    """Return the item of a record of occurrences that made no run."""
    at = record_key(key, record.first)
    return item_at(
        at,
        outcome=record.outcome,
        reason=record.reason,
        first=record.first,
        last=record.last,
        count=record.count,
        run_id=record.run_id,
        rest=record.rest or None,
        **listed_record(key, record.outcome, record.last),
        ttl=record.expires_at,
    )


def record_of(item: Item) -> Record:
    """Return the record in an item."""
    fields: dict[str, Any] = dict(item)
    return Record(
        fields["outcome"],
        fields["reason"],
        fields["first"],
        fields["last"],
        fields["count"],
        fields.get("run_id"),
        fields.get("rest", False),
        fields.get("ttl"),
    )


def run_item(run: Run) -> Item:
    """Return a run's row. While the run is open it is in the attention index (decision 2), and in a list of its owner's
    if it ends as a problem."""
    at = run_key(run.key)
    return item_at(
        at,
        run_id=run.key.run_id,
        status=run.status,
        trigger=run.trigger,
        schedule_id=run.schedule_id,
        revision=run.revision,
        scheduled_for=run.scheduled_for,
        agent_version=run.agent_version,
        on_behalf_of=run.on_behalf_of,
        lease_until=run.lease_until,
        gateway_response_id=run.gateway_response_id,
        error=json_text(run.error) if run.error is not None else None,
        created_at=run.created_at,
        completed_at=run.completed_at,
        response=run.response,
        response_parts=run.response_parts or None,
        size=run.size,
        rev=run.rev,
        nudges=run.requeues or None,
        in_line=run.in_line or None,
        replaceable=run.replaceable or None,
        waiting=run.waiting or None,
        released_at=run.released_at,
        timeout=run.timeout,
        due_at=run.due_at,
        retry_of=run.retry_of,
        work_of=run.work_of,
        reason=run.reason,
        kept_days=run.kept_days or None,
        watched=run.watched or None,
        tried=run.tried or None,
        ttl=run.expires_at,
        **attention(run.key.run_id, run.look_at, bucket=1),
        **listed_run(run.key, run.status),
    )


def run_of(owner: str, agent_id: str, item: Item) -> Run:
    """Return the run in a row."""
    fields: dict[str, Any] = dict(item)
    return Run(
        key=RunKey(owner, agent_id, fields["run_id"]),
        status=cast(RunStatus, fields["status"]),
        trigger=cast(Trigger, fields["trigger"]),
        schedule_id=fields.get("schedule_id"),
        revision=fields["revision"],
        scheduled_for=fields.get("scheduled_for"),
        agent_version=fields["agent_version"],
        on_behalf_of=fields.get("on_behalf_of"),
        lease_until=moment_or_none(item, "lease_until"),
        gateway_response_id=fields.get("gateway_response_id"),
        error=json.loads(fields["error"]) if "error" in fields else None,
        created_at=moment(item, "created_at"),
        completed_at=moment_or_none(item, "completed_at"),
        response=fields.get("response"),
        response_parts=fields.get("response_parts", 0),
        size=fields["size"],
        rev=fields["rev"],
        look_at=fields.get("attention_at"),
        requeues=fields.get("nudges", 0),
        in_line=fields.get("in_line", False),
        replaceable=fields.get("replaceable", False),
        waiting=fields.get("waiting", False),
        released_at=moment_or_none(item, "released_at"),
        timeout=fields.get("timeout"),
        due_at=fields.get("due_at"),
        retry_of=fields.get("retry_of"),
        work_of=fields.get("work_of"),
        reason=fields.get("reason"),
        kept_days=fields.get("kept_days", 0),
        expires_at=fields.get("ttl"),
        watched=fields.get("watched", False),
        tried=fields.get("tried", False),
    )
