"""docs/reference/events.schema.json, the JSON Schema of each event (docs/reference/events.md)."""

from __future__ import annotations

import json
import sys
from typing import Any

from agent_schedules.domain.event_data import EventData
from agent_schedules.domain.events import KINDS
from pydantic import TypeAdapter

from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "reference" / "events.schema.json"
DESCRIPTION = (
    "The body of a webhook's request. An event on a bus has `type` as its detail type and `data` as its detail. "
    "Ignore fields that you do not know: a later release may add some."
)


def generated() -> str:
    """Return the schema of the catalogue."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Events",
        "description": DESCRIPTION,
        "oneOf": [_of_kind(kind, data.__name__) for kind, data in KINDS.items()],
        "$defs": {data.__name__: _of_data(data) for data in KINDS.values()},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _of_data(data: type[EventData]) -> dict[str, Any]:
    """Return the schema of one kind's data. Each class describes its own fields, and those of its bases theirs."""
    properties: dict[str, Any] = {}
    for cls in reversed(data.__mro__[:-1]):
        for name, member in TypeAdapter(cls).json_schema()["properties"].items():
            described = properties.get(name, {}) | member
            properties[name] = {key: value for key, value in described.items() if key not in {"title", "default"}}
    about = str(data.__doc__)
    return {"type": "object", "description": about, "properties": properties, "required": list(properties)}


def _of_kind(kind: str, data: str) -> dict[str, Any]:
    properties = {
        "id": {"type": "string"},
        "type": {"const": kind},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"$ref": f"#/$defs/{data}"},
    }
    return {"title": kind, "type": "object", "properties": properties, "required": list(properties)}


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, generated(), "the catalogue of events says"))
