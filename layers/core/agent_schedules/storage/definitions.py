"""Definitions and work, each to its item and back, and the JSON in which a timing is stored. Pure.

A caller's JSON is stored as its text, so that it comes back unchanged.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from agent_schedules.domain.policies import NO_POLICIES
from agent_schedules.domain.runs import RunKey, Work
from agent_schedules.domain.schedules import Definition, Key, Options
from agent_schedules.storage.attributes import item_at
from agent_schedules.storage.json_text import json_text
from agent_schedules.storage.keys import definition_key, listed_schedule, work_key
from agent_schedules.storage.policies import policies_json, policies_of
from agent_schedules.storage.table import Item, ItemKey
from agent_schedules.timestamps import text_of
from agent_schedules.timing.spec import Cron, Interval, Once, Spec

WORK_REVISION = 1
"""The revision of every work item, which is never written again."""


def timing_json(spec: Spec) -> dict[str, Any]:
    """Return the stored form of a timing. An interval's `first` is the anchor of its grid; callers do not see it."""
    common: dict[str, Any] = {"timezone": spec.timezone}
    if spec.second_exact:
        common["precision"] = "second"
    match spec:
        case Once(run_at=run_at):
            return {"type": "once", **common, "run_at": text_of(run_at)}
        case Interval(seconds=seconds, start_at=start_at, first=first):
            begins = {} if start_at is None else {"start_at": text_of(start_at)}
            return {"type": "interval", **common, "interval_seconds": seconds, **begins, "first": first}
        case Cron(expression=expression):
            return {"type": "cron", **common, "cron_expression": expression}


def timing_of(stored: dict[str, Any]) -> Spec:
    """Return the timing in its stored form. Raises KeyError or ValueError for anything that `timing_json` did not make.

    A cron expression is not parsed here, but when its fields are first needed.
    """
    exact, timezone = stored.get("precision") == "second", stored.get("timezone", "UTC")
    match stored["type"]:
        case "once":
            return Once(datetime.fromisoformat(stored["run_at"]), exact, timezone)
        case "interval":
            start_at = datetime.fromisoformat(stored["start_at"]) if "start_at" in stored else None
            return Interval(stored["interval_seconds"], stored["first"], exact, timezone, start_at)
        case "cron":
            return Cron(stored["cron_expression"], timezone, exact)
        case other:
            raise ValueError(f"unknown type of timing {other!r}")


def fingerprint(spec: Spec) -> str:
    """Return a fingerprint of a timing's stored form. An EventBridge entry carries that of the timing it was rendered
    from, so that a hint from an outdated entry is recognised."""
    return f"{zlib.crc32(json.dumps(timing_json(spec), sort_keys=True).encode()):08x}"


def definition_item(at: ItemKey, definition: Definition, *, expires_at: int | None = None) -> Item:
    """Return the item of a definition under any of its keys. `expires_at` is in UTC seconds."""
    body = {
        **vars(definition.options),
        "schedule": timing_json(definition.timing),
        "work": vars(definition.work),
        "on_behalf_of": definition.on_behalf_of,
    }
    if definition.options.key is None:
        del body["key"]
    if definition.policies != NO_POLICIES:
        body["policies"] = policies_json(definition.policies)
    return item_at(at, revision=definition.revision, body=json_text(body), ttl=expires_at)


def definition_in_force(key: Key, definition: Definition) -> Item:
    """Return the item of a schedule's definition in force, which is in the list of its owner's schedules."""
    return definition_item(definition_key(key), definition) | listed_schedule(key)


def definition_of(item: Item) -> Definition:
    """Return the definition in an item."""
    body = json.loads(cast(str, item["body"]))
    return Definition(
        revision=cast(int, item["revision"]),
        options=Options(**{option.name: body[option.name] for option in fields(Options) if option.name in body}),
        timing=timing_of(body["schedule"]),
        work=Work(**body["work"]),
        on_behalf_of=body["on_behalf_of"],
        policies=policies_of(body["policies"]) if "policies" in body else NO_POLICIES,
    )


def work_item(key: RunKey, work: Work, expires_at: int | None) -> Item:
    """Return the item of the work of a run that is not its schedule's. `expires_at` is in UTC seconds."""
    body = json_text({"work": vars(work)})
    return item_at(work_key(key), revision=WORK_REVISION, body=body, ttl=expires_at)


def work_of(item: Item) -> Work:
    """Return the work in an item of either kind."""
    return Work(**json.loads(cast(str, item["body"]))["work"])
