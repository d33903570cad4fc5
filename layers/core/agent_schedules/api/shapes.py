"""What answers are made of: the base of every view, errors, lists, times and timings, each with its JSON schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

_STAMP = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    "examples": ["2026-05-01T09:00:00.000Z"],
}
Stamp = Annotated[str, WithJsonSchema(_STAMP)]
"""RFC 3339 in UTC with milliseconds (contract D11)."""
LocalTime = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time-local"})]
"""A time on a zone's clocks that may not exist, and so has no offset."""


class View(BaseModel):
    """Something in an answer: all its fields are there."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Problem(View):
    """What is wrong with one field."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """What went wrong and what to do."""

    message: str
    details: Annotated[list[Problem], Field(description="Where fields of the request are wrong: which, and how")] = []


class ErrorEnvelope(View):
    """The body of every answer that is not a success."""

    error: ErrorBody


_SPEC_VIEWS = [
    {
        "type": "object",
        "properties": {
            "type": {"const": "once"},
            "run_at": _STAMP,
            "timezone": {"type": "string", "format": "iana-time-zone"},
            "precision": {"const": "second"},
        },
        "required": ["type", "run_at", "timezone"],
    },
    {
        "type": "object",
        "properties": {
            "type": {"const": "interval"},
            "interval_seconds": {"type": "integer"},
            "start_at": _STAMP,
            "timezone": {"type": "string", "format": "iana-time-zone"},
            "precision": {"const": "second"},
        },
        "required": ["type", "interval_seconds", "timezone"],
    },
    {
        "type": "object",
        "properties": {
            "type": {"const": "cron"},
            "cron_expression": {"type": "string", "format": "cron"},
            "timezone": {"type": "string", "format": "iana-time-zone"},
            "precision": {"const": "second"},
        },
        "required": ["type", "cron_expression", "timezone"],
    },
]
SpecView = Annotated[dict[str, Any], WithJsonSchema({"oneOf": _SPEC_VIEWS})]
"""A timing as it is in force. `start_at` is there if the caller gave it, `precision` if it is not the usual one."""


class CompactionView(View):
    """Compaction of a long context."""

    type: Literal["compaction"]
    compact_threshold: int


class Listing(View):
    """A page of a list."""

    object: Literal["list"] = "list"
    first_id: str | None
    last_id: str | None
    has_more: bool
    next_cursor: Annotated[
        str | None,
        Field(description="Extension: send it as `after` for the page behind this one; null on the last page"),
    ]
