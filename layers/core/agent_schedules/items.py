"""The data model of the one table: keys, and each model to its item and back. Pure (design 6).

Every item carries `v`, the schema's version. JSON that a caller sent is stored as its text, so that it comes back
as it was
and no Decimal gets in.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any, cast

from agent_schedules.agents import CONFIGURATION, Agent
from agent_schedules.runs import Run, RunKey, RunStatus, Trigger
from agent_schedules.schedules import Definition, Key, Record, State, Status
from agent_schedules.table import Item, ItemKey

VERSION = 1
BY_SCHEDULE = "by_schedule"
ATTENTION = "attention"
SHARDS = 8  # of the attention index, so that no partition of it is hot
BUCKET = 900  # seconds: a row moves in the attention index at most this often
SLACK = 300  # seconds after its due time until a row counts as overdue


def text_of(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, the one form of times in rows and answers (contract D11)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(cast(str, text))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _present(**values: Any) -> Item:
    """An item of the values that are not None; times become texts."""
    return {
        name: text_of(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def within(owner: str, agent_id: str) -> str:
    """The partition of everything that belongs to one agent."""
    return f"{owner}#{agent_id}"


def agent_key(owner: str, agent_id: str) -> ItemKey:
    """A live agent's row."""
    return ItemKey(owner, f"A#{agent_id}")


def version_key(owner: str, agent_id: str, version: int) -> ItemKey:
    """One version of an agent's configuration."""
    return ItemKey(within(owner, agent_id), f"V#{version:06d}")


def definition_key(key: Key, *, deleted: bool = False) -> ItemKey:
    """A schedule's definition in force."""
    return ItemKey(within(key.owner, key.agent_id), f"{'X' if deleted else ''}S#{key.schedule_id}")


def state_key(key: Key, *, deleted: bool = False) -> ItemKey:
    """A schedule's state, next to its definition so that one query lists both."""
    return ItemKey(within(key.owner, key.agent_id), f"{'X' if deleted else ''}S#{key.schedule_id}#s")


def old_definition_key(key: Key, revision: int) -> ItemKey:
    """A definition that is no longer in force but that runs refer to."""
    return ItemKey(within(key.owner, key.agent_id), f"D#{key.schedule_id}#{revision:08d}")


def run_key(key: RunKey) -> ItemKey:
    """A run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"R#{key.run_id}")


def response_key(key: RunKey, part: int) -> ItemKey:
    """One part of a gateway response too large for its run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"G#{key.run_id}#{part:04d}")


def api_key_key(digest: str) -> ItemKey:
    """An API key, known by its SHA-256 only."""
    return ItemKey(f"K#{digest}", "K")


def attention(subject: str, at: int | None) -> Item:
    """The attributes that put a row into the keeper's index from `at` (UTC seconds) on, or that keep it out (None).

    `at` is rounded up to a coarse bucket, so that frequent schedules do not rewrite the index at every occurrence.
    """
    if at is None:
        return {}
    shard = zlib.crc32(subject.encode()) % SHARDS
    return {"attention_shard": f"s{shard}", "attention_at": -(-at // BUCKET) * BUCKET}


def agent_item(owner: str, agent: Agent) -> Item:
    """The agent's row: its current configuration."""
    return _agent_like(agent_key(owner, agent.id), agent)


def version_item(owner: str, agent: Agent) -> Item:
    """The same configuration as an entry of its history."""
    return _agent_like(version_key(owner, agent.id, agent.version), agent)


def _agent_like(key: ItemKey, agent: Agent) -> Item:
    return _present(
        pk=key.pk,
        sk=key.sk,
        v=VERSION,
        id=agent.id,
        version=agent.version,
        configuration=_json(agent.configuration),
        created_at=agent.created_at,
        updated_at=agent.updated_at,
    )


def agent_of(item: Item) -> Agent:
    """The agent in a row of either kind."""
    configuration = json.loads(cast(str, item["configuration"]))
    return Agent(
        id=str(item["id"]),
        version=cast(int, item["version"]),
        configuration={name: configuration[name] for name in CONFIGURATION},
        created_at=_moment(item["created_at"]),
        updated_at=_moment(item["updated_at"]),
    )


def definition_item(at: ItemKey, definition: Definition) -> Item:
    """A definition under any of its keys."""
    body = {name: value for name, value in vars(definition).items() if name != "revision"}
    return {"pk": at.pk, "sk": at.sk, "v": VERSION, "revision": definition.revision, "body": _json(body)}


def definition_of(item: Item) -> Definition:
    """The definition in an item."""
    return Definition(revision=cast(int, item["revision"]), **json.loads(cast(str, item["body"])))


def state_item(key: Key, state: State, *, deleted: bool = False) -> Item:
    """A state's row; it sits in the attention index while something is to come."""
    at = state_key(key, deleted=deleted)
    due = None
    if state.status == "active":
        due = state.next_run_at + SLACK if state.next_run_at is not None else None
    return _present(
        pk=at.pk,
        sk=at.sk,
        v=VERSION,
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
        render=state.render or None,
        rev=state.rev,
        **attention(key.schedule_id, 0 if state.render and state.status == "active" else due),
    )


def state_of(item: Item) -> State:
    """The state in a row."""
    fields: dict[str, Any] = dict(item)
    return State(
        status=cast(Status, fields["status"]),
        generation=fields["generation"],
        revision=fields["revision"],
        settled_until=fields["settled_until"],
        next_run_at=fields.get("next_run_at"),
        run_count=fields["run_count"],
        last_run_id=fields.get("last_run_id"),
        last_run_at=_moment(fields["last_run_at"]) if "last_run_at" in fields else None,
        created_at=_moment(fields["created_at"]),
        updated_at=_moment(fields["updated_at"]),
        deleted_at=_moment(fields["deleted_at"]) if "deleted_at" in fields else None,
        tzdata=fields["tzdata"],
        render=fields.get("render", False),
        rev=fields["rev"],
    )


def record_item(key: Key, record: Record) -> Item:
    """Occurrences that made no run."""
    return {
        "pk": within(key.owner, key.agent_id),
        "sk": f"O#{key.schedule_id}#{record.first:012d}",
        "v": VERSION,
        "outcome": record.outcome,
        "reason": record.reason,
        "first": record.first,
        "last": record.last,
        "count": record.count,
    }


def run_item(run: Run, *, attention_at: int | None = None) -> Item:
    """A run's row. It is in the attention index from `attention_at` while it is open and no invocation holds it."""
    at = run_key(run.key)
    return _present(
        pk=at.pk,
        sk=at.sk,
        v=VERSION,
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
        error=_json(run.error) if run.error is not None else None,
        created_at=run.created_at,
        completed_at=run.completed_at,
        response=run.response,
        response_parts=run.response_parts or None,
        rev=run.rev,
        **attention(run.key.run_id, attention_at),
    )


def run_of(owner: str, agent_id: str, item: Item) -> Run:
    """The run in a row."""
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
        lease_until=_moment(fields["lease_until"]) if "lease_until" in fields else None,
        gateway_response_id=fields.get("gateway_response_id"),
        error=json.loads(fields["error"]) if "error" in fields else None,
        created_at=_moment(fields["created_at"]),
        completed_at=_moment(fields["completed_at"]) if "completed_at" in fields else None,
        response=fields.get("response"),
        response_parts=fields.get("response_parts", 0),
        rev=fields["rev"],
    )


def subject_of(item: Item) -> Key | RunKey:
    """What an item of the attention index is about, from its keys alone."""
    owner, _, agent_id = str(item["pk"]).rpartition("#")
    kind, subject = str(item["sk"]).split("#")[:2]
    return RunKey(owner, agent_id, subject) if kind == "R" else Key(owner, agent_id, subject)
