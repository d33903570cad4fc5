"""`docs/openapi.json` as the generated tests read it: with what is known of this bench, and stricter answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent_schedules.api.routes.runs import LIFECYCLE

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "openapi.json"
NAMES = {"agent_id", "schedule_id", "run_id", "nominal_time", "key", "job_id", "webhook_id", "delivery_id"}
KINDS = [f"response.{status}" for status in sorted(LIFECYCLE)]
EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": KINDS},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "type": "object",
                "properties": {
                    "type": {"enum": KINDS},
                    "sequence_number": {"const": 0},
                    "response": {"type": "object", "required": ["id", "object", "status"]},
                },
                "required": ["type", "sequence_number", "response"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["event", "data"],
    "additionalProperties": False,
}
LATEST_VERSION = 4  # which is one more than the agents of the bench have


def document() -> dict[str, Any]:
    """The committed document, changed where a comment says so."""
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text())
    for schema in loaded["components"]["schemas"].values():
        _answer(schema)
        for field in schema.get("properties", {}).values():
            _field(field)
    backfill = loaded["components"]["schemas"]["BackfillBody"]["properties"]
    for name in ("from", "to"):  # any other time is a 400, or has no occurrence
        backfill[name] = {"type": "string", "format": name}
    for name in ("PauseMany", "ResumeMany", "DeleteMany", "UpdateMany"):  # conditions at random match nothing
        fields = loaded["components"]["schemas"][name]["properties"]
        fields["filter"] = {"anyOf": [{"const": {}}, {"const": {"status": "active"}}, fields["filter"]]}
        fields["dry_run"] = {"anyOf": [{"const": False}, {"const": False}, fields["dry_run"]]}
    job = loaded["components"]["schemas"]["ResumeAllBody"]["properties"]
    job["job_id"] = {"anyOf": [{"type": "string", "format": "job_id"}, {"type": "null"}]}  # any other is a 404
    for name in ("CreateWebhookBody", "UpdateWebhookBody"):  # the URLs of the whole world are no DNS names
        loaded["components"]["schemas"][name]["properties"]["url"] = {"type": "string", "format": "webhook-url"}
    for methods in loaded["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                _parameter(parameter["name"], parameter["schema"])
            if "requestBody" in operation and not operation["requestBody"].get("required"):
                for content in operation["requestBody"]["content"].values():  # as its description says
                    content["schema"] = {"anyOf": [content["schema"], {"type": "null"}]}
            for response in operation["responses"].values():
                if stream := response.get("content", {}).get("text/event-stream"):
                    # The document describes the stream as a text, schemathesis reads it as events.
                    stream["schema"] = EVENT
    return loaded


def _answer(schema: dict[str, Any]) -> None:
    """Clients must ignore fields that they do not know, so the document lets answers grow. Here none may be new."""
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)


def _field(field: dict[str, Any]) -> None:
    """The registered formats know better than these patterns, from which values would be drawn else; and no time zone
    has a name as long as the longest that may be asked for."""
    for inner in field.get("anyOf", ()):
        _field(inner)
    if isinstance(field.get("items"), dict):
        _field(field["items"])
    if field.get("format") in {"cron", "dates", "date-time-local", "iana-time-zone"} and "pattern" in field:
        del field["pattern"]
    if field.get("format") == "iana-time-zone":
        del field["minLength"], field["maxLength"]


def _parameter(name: str, schema: dict[str, Any]) -> None:
    """The names of what exists, version numbers and ETags near those that exist: any others are a 404, or a 412, and
    no more."""
    if name in NAMES:
        del schema["pattern"]
        schema["format"] = name
    if name == "version":
        schema["maximum"] = LATEST_VERSION
    if name == "If-Match":
        schema["format"] = "entity-tags"
