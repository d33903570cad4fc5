"""The field types of request bodies. Each type carries its JSON schema, so `docs/openapi.json` states exactly the
values that are accepted here."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StringConstraints, WithJsonSchema

from agent_schedules.schemas.known_types import CHOICES, FORMATS, TOOLS, complete, has_type

MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
"""Of metadata: its pairs, and the characters of a key and of a value."""

# pydantic alone would also accept Unix times, dates without a time, and separators that are not in RFC 3339.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)

_LOCAL_DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?$"


def _date_time(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise ValueError(
            "must be an RFC 3339 date-time with seconds: 2026-05-01T09:00:00Z, 2026-05-01T09:00:00+02:00, or "
            "2026-05-01T09:00:00, which is local to `timezone`"
        )
    return value


Moment = Annotated[
    datetime,
    BeforeValidator(_date_time),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date-time-local", "pattern": _LOCAL_DATE_TIME},
            ]
        }
    ),
]
"""A time with an offset, or without one."""


def _with_offset(value: Any) -> Any:
    if (
        not isinstance(value, str)
        or not _DATE_TIME.fullmatch(value)
        or (value[-6] not in "+-" and value[-1] not in "Zz")
    ):
        raise ValueError(
            "must be an RFC 3339 date-time with an offset: 2026-05-01T09:00:00Z, or 2026-05-01T09:00:00%2B02:00 in a "
            "query, where a `+` would be a space"
        )
    return value


OffsetMoment = Annotated[
    datetime, BeforeValidator(_with_offset), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time with an offset."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)
"""For integers. JSON has one number type, so 60.0 is accepted as 60."""


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("cannot be null; omit it to keep the current value")
    return value


NotNull = BeforeValidator(_not_null)
"""For the fields of an update that cannot be cleared."""
KEPT: Any = None
"""The default of such a field. `model_fields_set` distinguishes a field that is left out from null."""


def _conversation(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"]:
        return value
    raise ValueError('must be a conversation id, or an object with one: "conv_1" or {"id": "conv_1"}')


Conversation = Annotated[
    Any,
    BeforeValidator(_conversation),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}}, "required": ["id"]},
            ]
        }
    ),
]
"""A conversation as the Responses API accepts it. The Responses API refuses an empty string and an object without an
id."""


def _tool_choice(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and has_type(value):
        return complete(CHOICES, value)
    raise ValueError("must be `auto`, `none`, `required`, or an object with a `type`, for example `function`")


_CHOICE = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "object", "properties": {"type": {"type": "string", "minLength": 1}}, "required": ["type"]},
    ]
}
ToolChoice = Annotated[Any, BeforeValidator(_tool_choice), WithJsonSchema(_CHOICE)]


def _texts(*names: str) -> AfterValidator:
    """Return a check that the named members of an options object are strings or null, as in the Responses API."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        for name in names:
            if not isinstance(value.get(name), str | None) or value.get(name) == "":
                raise ValueError(f"`{name}` must be a string that is not empty")
        return value

    return AfterValidator(check)


def _formatted(value: dict[str, Any]) -> dict[str, Any]:
    form = value.get("format")
    if form is not None and not (isinstance(form, dict) and has_type(form)):
        raise ValueError("`format` must be an object with a `type`, for example `json_object`")
    if form is not None:
        complete(FORMATS, form, "format")
    return value


_TEXT = {"type": ["string", "null"], "minLength": 1}
_FORMAT = {
    "anyOf": [
        {"type": "object", "properties": {"type": {"type": "string", "minLength": 1}}, "required": ["type"]},
        {"type": "null"},
    ]
}
TextOptions = Annotated[
    dict[str, Any],
    _texts("verbosity"),
    AfterValidator(_formatted),
    WithJsonSchema({"type": "object", "properties": {"format": _FORMAT, "verbosity": _TEXT}}),
]
ReasoningOptions = Annotated[
    dict[str, Any],
    _texts("effort", "summary"),
    WithJsonSchema({"type": "object", "properties": {"effort": _TEXT, "summary": _TEXT}}),
]


def _tool(value: dict[str, Any]) -> dict[str, Any]:
    if not has_type(value):
        raise ValueError("needs a `type`, for example `function`")
    if value["type"] == "function_reference":
        raise ValueError("stored function tools are not supported; send it as a `function` tool")
    return complete(TOOLS, value)


_TOOL = {
    "type": "object",
    "properties": {"type": {"type": "string", "minLength": 1, "not": {"const": "function_reference"}}},
    "required": ["type"],
}
Tools = Annotated[
    list[Annotated[dict[str, Any], AfterValidator(_tool), WithJsonSchema(_TOOL)]],
    Field(
        max_length=128, description="A tool of a type that the Responses API knows needs the members that it requires"
    ),
]

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Model = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FallbackModels = Annotated[list[Model], Field(max_length=5)]
MaxToolCalls = Annotated[StrictInt, Field(ge=1, le=300), Whole]
Description = Annotated[str, StringConstraints(max_length=2000)]
Instructions = Annotated[str, StringConstraints(max_length=20_000)]
ResponseId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=LONGEST_KEY)],
        Annotated[str, StringConstraints(max_length=LONGEST_VALUE)],
    ],
    Field(max_length=MOST_PAIRS),
]
ZoneName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=50),
    Field(
        description="The exact name of a zone or link in the IANA time zone database, for example `Europe/Lisbon`. "
        "UTC offsets are not accepted",
        json_schema_extra={"format": "iana-time-zone", "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"},
    ),
]
# The form of one field. A pattern cannot check that its values are within bounds, nor that the expression ever occurs.
_ITEM = r"((\*|[0-9A-Za-z]+-[0-9A-Za-z]+)(/[0-9]+)?|[0-9A-Za-z]+(#[0-9]+)?)"
_FIELD = rf"{_ITEM}(,{_ITEM})*"
_FIVE_FIELDS = rf"^[ \t]*(@[A-Za-z]+|{_FIELD}([ \t]+{_FIELD}){{4,5}})[ \t]*$"
CronExpression = Annotated[
    str,
    StringConstraints(max_length=256),
    Field(
        description="Five fields separated by spaces or tabs: minute 0-59, hour 0-23, day of month 1-31, month 1-12 or "
        "JAN-DEC, day of week 0-7 or SUN-SAT, where 0 and 7 are Sunday. With `precision` `second`, a sixth field for "
        "seconds 0-59 may come first. Each field is a comma-separated list of `*`, `a`, `a-b`, `*/step` and "
        "`a-b/step`. A step is at most the number of the field's values. Names may be in any case. The list of the day "
        "of month also takes `L` (the last day), `L-3` (three days before it), `LW` (the last weekday) and `15W` (the "
        "weekday nearest to the 15th, in the same month). That of the day of week also takes `5L` or `FRIL` (the last "
        "Friday of the month) and `MON#2` (the second Monday). If neither day field begins with `*`, a day must match "
        "one of them, otherwise both. The macros @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually "
        "are accepted. `?`, years and dates that never occur are refused",
        json_schema_extra={"format": "cron", "pattern": _FIVE_FIELDS},
    ),
]
