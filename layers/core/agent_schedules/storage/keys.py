"""The keys of the one table and of its three indexes. Pure (architecture.md#the-data).

The owner begins every partition key, so that no query can reach another tenant's rows.
"""

from __future__ import annotations

import zlib

from agent_schedules.domain.deliveries import DeliveryKey
from agent_schedules.domain.jobs import JobKey
from agent_schedules.domain.runs import RunKey, RunStatus
from agent_schedules.domain.schedules import Key
from agent_schedules.domain.webhooks import WebhookKey
from agent_schedules.storage.table import Item, ItemKey

BY_SCHEDULE = "by_schedule"
ATTENTION = "attention"
LISTED = "listed"
INDEXES = (BY_SCHEDULE, ATTENTION, LISTED)
SCHEDULES = "schedules"  # the list of an owner's schedules
PROBLEMS: tuple[RunStatus, ...] = ("failed", "incomplete", "cancelled")
"""The ends of a run that are listed: each is a list of its owner's. A completed run is in none, so it costs no more."""
SHARDS = 8  # of the attention index, so that no partition of it is hot
RETENTION = "retention"  # the shard of deleted agents, separate from rows that are urgent
JOBS = "jobs"  # the shard of open jobs, likewise
DELIVERIES = "deliveries"  # the shard of pending deliveries, likewise
BELOW = ("S#", "XS#", "O#", "R#", "G#", "D#", "V#", "B#", "F#", "C")
"""The prefixes of all sort keys in the partition of an agent."""
BUCKET = 900  # seconds: a row moves in the attention index at most this often
SHARED = ((300, BUCKET), (900, 3600))
"""Pairs of the most seconds between two occurrences and the bucket, for a schedule that EventBridge repeats by itself.
A few occurrences share a bucket (see `shared_bucket`)."""


def within(owner: str, agent_id: str) -> str:
    """Return the partition of everything that belongs to one agent."""
    return f"{owner}#{agent_id}"


def agent_id_in(owner: str, item: Item) -> str:
    """Return the id of the agent that one of the owner's rows, or its place in an index, belongs to."""
    return str(item["pk"]).removeprefix(f"{owner}#")


def tenant_of(owner: str) -> str:
    """Return the tenant of an owner, whichever user it acts for."""
    return owner.partition(":")[0]


def agent_key(owner: str, agent_id: str, *, deleted: bool = False) -> ItemKey:
    """Return the key of an agent's row."""
    return ItemKey(owner, f"{'X' if deleted else ''}A#{agent_id}")


def tenant_counter_key(owner: str) -> ItemKey:
    """Return the key of the counter of the owner's tenant, shared by all its users."""
    return ItemKey(tenant_of(owner), "C")


def agent_counter_key(owner: str, agent_id: str) -> ItemKey:
    """Return the key of an agent's counter."""
    return ItemKey(within(owner, agent_id), "C")


def started_key(owner: str, minute: int) -> ItemKey:
    """Return the key of the counter of runs reserved for the owner's tenant in that minute since the epoch."""
    return ItemKey(tenant_of(owner), f"C#runs#{minute}")


def backfilled_key(owner: str, hour: int) -> ItemKey:
    """Return the key of the counter of runs that backfills of the owner's tenant begin in that hour since the epoch."""
    return ItemKey(tenant_of(owner), f"C#backfills#{hour}")


def asked_key(owner: str, minute: int) -> ItemKey:
    """Return the key of the count of tests and replays that callers of the owner's tenant asked for in that minute."""
    return ItemKey(tenant_of(owner), f"C#deliveries#{minute}")


def receipt_key(owner: str, key: str) -> ItemKey:
    """Return the key of an idempotency record. Only the SHA-256 of the idempotency key is stored."""
    return ItemKey(owner, f"I#{key}")


def version_key(owner: str, agent_id: str, version: int) -> ItemKey:
    """Return the key of one version of an agent's configuration."""
    return ItemKey(within(owner, agent_id), f"V#{version:06d}")


def definition_key(key: Key, *, deleted: bool = False) -> ItemKey:
    """Return the key of a schedule's definition in force."""
    return ItemKey(within(key.owner, key.agent_id), f"{'X' if deleted else ''}S#{key.schedule_id}")


def state_key(key: Key, *, deleted: bool = False) -> ItemKey:
    """Return the key of a schedule's state. It sorts next to the definition, so that one query lists both."""
    return ItemKey(within(key.owner, key.agent_id), f"{'X' if deleted else ''}S#{key.schedule_id}#s")


def stable_schedule_key(owner: str, agent_id: str, key: str) -> ItemKey:
    """Return the key of the item that says which of an agent's schedules has a stable key."""
    return ItemKey(within(owner, agent_id), f"B#{key}")


def stable_agent_key(owner: str, key: str) -> ItemKey:
    """Return the key of the item that says which of the owner's agents has a stable key."""
    return ItemKey(owner, f"B#{key}")


def job_key(key: JobKey) -> ItemKey:
    """Return the key of a job's row."""
    return ItemKey(key.owner, f"J#{key.job_id}")


def webhook_key(key: WebhookKey, *, deleted: bool = False) -> ItemKey:
    """Return the key of a webhook's row, or of the note that it was deleted."""
    return ItemKey(key.owner, f"{'X' if deleted else ''}W#{key.webhook_id}")


def poll_webhooks_key(owner: str) -> ItemKey:
    """Return the key of the item that lists an owner's poll webhooks."""
    return ItemKey(owner, "P#webhooks")


def delivery_key(key: DeliveryKey) -> ItemKey:
    """Return the key of a delivery's row."""
    return ItemKey(within(key.owner, key.webhook_id), f"E#{key.delivery_id}")


def trouble_key(key: Key) -> ItemKey:
    """Return the key of the marker of a schedule's trouble, which the publisher keeps."""
    return ItemKey(within(key.owner, key.agent_id), f"F#{key.schedule_id}")


def old_definition_key(key: Key, revision: int) -> ItemKey:
    """Return the key of a definition that is no longer in force but that runs refer to."""
    return ItemKey(within(key.owner, key.agent_id), f"D#{key.schedule_id}#{revision:08d}")


def work_key(key: RunKey) -> ItemKey:
    """Return the key of the work of a run that is not its schedule's."""
    return ItemKey(within(key.owner, key.agent_id), f"D#{key.run_id}#{1:08d}")


def run_key(key: RunKey) -> ItemKey:
    """Return the key of a run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"R#{key.run_id}")


def response_key(key: RunKey, part: int) -> ItemKey:
    """Return the key of one part of a gateway response that is too large for its run's row."""
    return ItemKey(within(key.owner, key.agent_id), f"G#{key.run_id}#{part:04d}")


def records_prefix(key: Key) -> str:
    """Return the prefix of the sort keys of a schedule's records."""
    return f"O#{key.schedule_id}#"


def record_key(key: Key, first: int) -> ItemKey:
    """Return the key of a record of occurrences without a run, from `first` (UTC seconds) on."""
    return ItemKey(within(key.owner, key.agent_id), f"{records_prefix(key)}{first:012d}")


def api_key_item_key(digest: str) -> ItemKey:
    """Return the key of an API key's item. Only the SHA-256 of the API key is stored."""
    return ItemKey(f"K#{digest}", "K")


def key_rows(tenant: str) -> str:
    """Return the partition that lists a tenant's API keys. No tenant's or agent's partition has two `#`."""
    return f"K#T#{tenant}"


def tenant_api_key_key(tenant: str, key_id: str) -> ItemKey:
    """Return the key of an API key's row in its tenant's list."""
    return ItemKey(key_rows(tenant), key_id)


def key_use_key(tenant: str, key_id: str) -> ItemKey:
    """Return the key of the item with the last use of an API key."""
    return ItemKey(key_rows(tenant), f"{key_id}#u")


def sweep_key() -> ItemKey:
    """Return the key of the note that a sweep leaves for the next one. No agent is named `sweep`."""
    return ItemKey("N#sweep", "N")


def own_bucket(gap: int) -> int:
    """Return the bucket of a schedule whose next occurrence is `gap` seconds after the last one settled.

    Occurrences as far apart as a bucket never share one, so a smaller one costs nothing.
    """
    return BUCKET if gap < BUCKET else 1


def shared_bucket(gap: int) -> int:
    """Return the bucket of a schedule that EventBridge repeats every `gap` seconds.

    Moving a row in the index costs two write units, as much as a run's own row. The next occurrence also settles an
    occurrence whose hint was lost, so the reconciler is needed only if the entry itself is lost. If occurrences are
    more than 15 minutes apart, it is needed for both, and soon: after the misfire grace an occurrence does not run.
    """
    return next((bucket for most, bucket in SHARED if gap <= most), own_bucket(gap))


def attention_in(shard: str, at: int | None) -> Item:
    """Return the attributes that let the reconciler find a row in a shard of its kind's own from `at` (UTC seconds) on;
    none if `at` is None."""
    return {} if at is None else {"attention_shard": shard, "attention_at": at}


def attention(subject: str, at: int | None, *, bucket: int = BUCKET) -> Item:
    """Return the attributes that let the reconciler find a row from `at` (UTC seconds) on; none if `at` is None.

    `at` is rounded up to a multiple of `bucket` (seconds), so that frequent schedules do not rewrite the index at every
    occurrence.
    """
    if at is None:
        return {}
    shard = zlib.crc32(subject.encode()) % SHARDS
    return {"attention_shard": f"s{shard}", "attention_at": -(-at // bucket) * bucket}


def listed(owner: str, name: str, at: str) -> Item:
    """Return the attributes that put a row into a list of its owner's, at its place in the order."""
    return {"listed_in": f"{owner}#{name}", "listed_at": at}


def listed_schedule(key: Key) -> Item:
    """Return the attributes that put a schedule's definition in force into the list of its owner's schedules."""
    return listed(key.owner, SCHEDULES, key.schedule_id)


def listed_run(key: RunKey, status: RunStatus) -> Item:
    """Return the attributes that put a run that ended so into its owner's list of them; none for any other status."""
    return listed(key.owner, status, key.run_id) if status in PROBLEMS else {}


def listed_record(key: Key, outcome: str, last: int) -> Item:
    """Return the attributes that put a record into its owner's list of those with that outcome.

    It is at its last nominal time, in UTC seconds, so that a list of the last hours has an outage that began before.
    """
    return listed(key.owner, outcome, f"{last:012d}#{key.schedule_id}")


def subject_of(item: Item) -> Key | RunKey:
    """Return the key of the schedule or run that an item of the attention index refers to."""
    owner, _, agent_id = str(item["pk"]).rpartition("#")
    kind, subject = str(item["sk"]).split("#")[:2]
    return RunKey(owner, agent_id, subject) if kind == "R" else Key(owner, agent_id, subject)
