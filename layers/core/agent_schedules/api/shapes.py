"""Parts of answers: the base of every view, errors, lists, times and timings, each with its JSON schema."""

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
"""A local time in a zone. It may not exist, so it has no offset."""


class View(BaseModel):
    """Part of an answer. All its fields are always sent."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Problem(View):
    """A problem with one field of the request."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """The cause of an error and what to do about it."""

    message: str
    details: Annotated[list[Problem], Field(description="The fields of the request that are wrong, if any")] = []


class ErrorEnvelope(View):
    """The body of every error."""

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
"""The timing in force. It has `start_at` if the caller sent it, and `precision` if that is `second`."""


class CompactionView(View):
    """Settings for the compaction of a long context."""

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
        Field(description="Extension: send it as `after` to get the next page; null on the last page"),
    ]
