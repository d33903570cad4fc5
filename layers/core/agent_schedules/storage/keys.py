"""The keys of the one table and of its two indexes. Pure (architecture.md#the-data).

The owner begins every partition key, so that no query can reach another tenant's rows.
"""

from __future__ import annotations

import zlib

from agent_schedules.domain.runs import RunKey
from agent_schedules.domain.schedules import Key
from agent_schedules.storage.table import Item, ItemKey

BY_SCHEDULE = "by_schedule"
ATTENTION = "attention"
SHARDS = 8  # of the attention index, so that no partition of it is hot
RETENTION = "retention"  # the shard of deleted agents, apart from what has to be looked at in time
BELOW = ("S#", "XS#", "O#", "R#", "G#", "D#", "V#", "C")
"""What begins the sort keys in the partition of an agent: every kind of row there is below one."""
BUCKET = 900  # seconds: a row moves in the attention index at most this often
SHARED = ((300, BUCKET), (900, 3600))
"""How coarse a bucket may be for a schedule that EventBridge repeats by itself, up to so many seconds between two
occurrences: a few of them share one (see `shared_bucket`)."""


def within(owner: str, agent_id: str) -> str:
    """The partition of everything that belongs to one agent."""
    return f"{owner}#{agent_id}"


def tenant_of(owner: str) -> str:
    """The tenant of an owner, whichever user it acts for."""
    return owner.partition(":")[0]


def agent_key(owner: str, agent_id: str, *, deleted: bool = False) -> ItemKey:
    """An agent's row."""
    return ItemKey(owner, f"{'X' if deleted else ''}A#{agent_id}")


def tenant_counter_key(owner: str) -> ItemKey:
    """How many schedules the owner's tenant has, whichever user it acts for."""
    return ItemKey(tenant_of(owner), "C")


def agent_counter_key(owner: str, agent_id: str) -> ItemKey:
    """How many schedules an agent has, and how many of its places for active ones are taken."""
    return ItemKey(within(owner, agent_id), "C")


def started_key(owner: str, minute: int) -> ItemKey:
    """How many runs were set aside for the owner's tenant in that minute since the epoch."""
    return ItemKey(tenant_of(owner), f"C#runs#{minute}")


def receipt_key(owner: str, key: str) -> ItemKey:
    """What was done under an idempotency key, which is known by its SHA-256 only."""
    return ItemKey(owner, f"I#{key}")


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


def work_key(key: RunKey) -> ItemKey:
    """The work of a run that belongs to no schedule."""
    return ItemKey(within(key.owner, key.agent_id), f"D#{key.run_id}#{1:08d}")


def run_key(key: RunKey) -> ItemKey:
    """A run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"R#{key.run_id}")


def response_key(key: RunKey, part: int) -> ItemKey:
    """One part of a gateway response too large for its run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"G#{key.run_id}#{part:04d}")


def records_prefix(key: Key) -> str:
    """What begins the sort key of every record of a schedule."""
    return f"O#{key.schedule_id}#"


def record_key(key: Key, first: int) -> ItemKey:
    """Occurrences from `first` (UTC seconds) on that made no run."""
    return ItemKey(within(key.owner, key.agent_id), f"{records_prefix(key)}{first:012d}")


def api_key_item_key(digest: str) -> ItemKey:
    """An API key, known by its SHA-256 only."""
    return ItemKey(f"K#{digest}", "K")


def key_rows(tenant: str) -> str:
    """The partition that lists a tenant's API keys. No tenant's or agent's partition has two `#`."""
    return f"K#T#{tenant}"


def tenant_api_key_key(tenant: str, key_id: str) -> ItemKey:
    """An API key in its tenant's list."""
    return ItemKey(key_rows(tenant), key_id)


def key_use_key(tenant: str, key_id: str) -> ItemKey:
    """When an API key was last used."""
    return ItemKey(key_rows(tenant), f"{key_id}#u")


def shared_bucket(gap: int) -> int:
    """The bucket of a schedule that EventBridge repeats every `gap` seconds.

    A move in the index costs two units, as much as all that a run's own row costs. A lost hint is made good by the next
    occurrence, so the reconciler is needed only if the entry itself is lost. More than a quarter of an hour apart it is
    needed for both, and soon: what is later than the misfire grace does not run.
    """
    return next((bucket for most, bucket in SHARED if gap <= most), BUCKET)


def retention(until: int) -> Item:
    """The attributes that let the reconciler find a deleted agent from `until` (UTC seconds) on."""
    return {"attention_shard": RETENTION, "attention_at": until}


def attention(subject: str, at: int | None, *, bucket: int = BUCKET) -> Item:
    """The attributes that put a row into the reconciler's index from `at` (UTC seconds) on, or that keep it out (None).

    `at` is rounded up to a coarse bucket (seconds), so that frequent schedules do not rewrite the index at every
    occurrence.
    """
    if at is None:
        return {}
    shard = zlib.crc32(subject.encode()) % SHARDS
    return {"attention_shard": f"s{shard}", "attention_at": -(-at // bucket) * bucket}


def subject_of(item: Item) -> Key | RunKey:
    """What an item of the attention index is about, from its keys alone."""
    owner, _, agent_id = str(item["pk"]).rpartition("#")
    kind, subject = str(item["sk"]).split("#")[:2]
    return RunKey(owner, agent_id, subject) if kind == "R" else Key(owner, agent_id, subject)
