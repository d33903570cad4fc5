"""The types that request bodies are made of, each with its JSON schema: what is accepted here and what
`docs/openapi.json` says are one thing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, StringConstraints, WithJsonSchema

LONGEST_INPUT = 20_000
MOST_ITEMS = 1_000

# pydantic alone would also take Unix times, dates without a time, and separators that RFC 3339 does not have.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE)

_LOCAL_DATE_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?$"


def _date_time(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise ValueError(
            "must be an RFC 3339 date-time with its seconds: 2026-05-01T09:00:00Z, 2026-05-01T09:00:00+02:00, or "
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


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)
"""For integers: JSON has one kind of number, 60.0 is 60."""


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("cannot be null; leave it out to keep it as it is")
    return value


NotNull = BeforeValidator(_not_null)
"""For the fields of an update that cannot be cleared."""


def _input_check(longest: int | None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        """Contract 2.2 and D44: a text, or up to 1,000 objects."""
        if isinstance(value, str):
            if not value or (longest is not None and len(value) > longest):
                limit = f"1 to {longest} characters" if longest is not None else "at least 1 character"
                raise ValueError(f"must have {limit}, this has {len(value)}")
            return value
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ValueError("must be a text or an array of objects")
        if len(value) > MOST_ITEMS:
            raise ValueError(f"must have at most {MOST_ITEMS} items, this has {len(value)}")
        if any("type" in item and not isinstance(item["type"], str) for item in value):
            raise ValueError("an item's `type` must be a text")
        return value

    return check


def _input_schema(**text: int) -> WithJsonSchema:
    items = {"type": "object", "properties": {"type": {"type": "string"}}}
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, **text},
                {"type": "array", "maxItems": MOST_ITEMS, "items": items},
            ]
        }
    )


ScheduleInput = Annotated[Any, BeforeValidator(_input_check(LONGEST_INPUT)), _input_schema(maxLength=LONGEST_INPUT)]
RunInput = Annotated[Any, BeforeValidator(_input_check(None)), _input_schema()]


def _conversation(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"]:
        return value
    raise ValueError('must be the id of a conversation, or an object with it: "conv_1" or {"id": "conv_1"}')


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
"""What the Responses API takes for a conversation; a text or an object that names none is refused there."""


def _tool_choice(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        return value
    raise ValueError("must be `auto`, `none`, `required`, or an object with a `type`, for example `function`")


_CHOICE = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
    ]
}
ToolChoice = Annotated[Any, BeforeValidator(_tool_choice), WithJsonSchema(_CHOICE)]


def _texts(*names: str) -> AfterValidator:
    """A check of an object of options: those that the Responses API has as texts are texts, or null."""

    def check(value: dict[str, Any]) -> dict[str, Any]:
        for name in names:
            if not isinstance(value.get(name), str | None):
                raise ValueError(f"`{name}` must be a text")
        return value

    return AfterValidator(check)


def _formatted(value: dict[str, Any]) -> dict[str, Any]:
    form = value.get("format")
    if form is not None and not (isinstance(form, dict) and isinstance(form.get("type"), str)):
        raise ValueError("`format` must be an object with a `type`, for example `json_object`")
    return value


_TEXT = {"type": ["string", "null"]}
_FORMAT = {
    "anyOf": [
        {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
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


def _tools(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for number, tool in enumerate(value):
        if not isinstance(tool.get("type"), str):
            raise ValueError(f"tool {number} needs a `type`, for example `function`")
        if tool["type"] == "function_reference":
            raise ValueError(f"tool {number}: function tools are not stored here; inline it as a `function` tool")
    return value


_TOOL = {
    "type": "object",
    "properties": {"type": {"type": "string", "not": {"const": "function_reference"}}},
    "required": ["type"],
}
Tools = Annotated[
    list[Annotated[dict[str, Any], WithJsonSchema(_TOOL)]],
    Field(max_length=128),
    AfterValidator(_tools),
]

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Model = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FallbackModels = Annotated[list[Model], Field(max_length=5)]
MaxToolCalls = Annotated[StrictInt, Field(ge=1, le=300), Whole]
Description = Annotated[str, StringConstraints(max_length=2000)]
Instructions = Annotated[str, StringConstraints(max_length=20_000)]
ResponseId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Metadata = Annotated[
    dict[Annotated[str, StringConstraints(max_length=64)], Annotated[str, StringConstraints(max_length=512)]],
    Field(max_length=16),
]
ZoneName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=50),
    Field(
        description="A name of the IANA time zone database in its exact spelling, links included, for example "
        "`Europe/Lisbon`. UTC offsets are not zones",
        json_schema_extra={"format": "iana-time-zone", "pattern": "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"},
    ),
]
# What a field may be in itself; that its values are in bounds and meet somewhere is beyond a pattern.
_ITEM = r"((\*|[0-9A-Za-z]+-[0-9A-Za-z]+)(/[0-9]+)?|[0-9A-Za-z]+)"
_FIELD = rf"{_ITEM}(,{_ITEM})*"
_FIVE_FIELDS = rf"^[ \t]*(@[A-Za-z]+|{_FIELD}([ \t]+{_FIELD}){{4,5}})[ \t]*$"
CronExpression = Annotated[
    str,
    StringConstraints(max_length=256),
    Field(
        description="Five fields separated by blanks or tabs: minute 0-59, hour 0-23, day of month 1-31, month 1-12 or "
        "JAN-DEC, day of week 0-7 or SUN-SAT, where 0 and 7 are Sunday. With `precision` `second` there may be six, "
        "the seconds 0-59 first. Each is a list, separated by commas, of `*`, `a`, `a-b`, `*/step` and `a-b/step`, "
        "where a step is at most the number of the field's values; names may be in any case. If neither day field "
        "begins with `*` a day matches either, else both. Or one of @hourly, @daily, @midnight, @weekly, @monthly, "
        "@yearly and @annually. `L`, `W`, `#`, `?`, years and dates that never occur are refused",
        json_schema_extra={"format": "cron", "pattern": _FIVE_FIELDS},
    ),
]
