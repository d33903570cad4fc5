"""The `input` of a run: a string, or an array of items as the Responses API types them.

A gateway may have item and content types of its own, so any non-empty `type` is passed on unchanged. Messages, and the
content that every gateway knows, must be as the `openai` package types them. The first problem alone is reported, so
the work grows with the length of the input only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NoReturn

from pydantic import BeforeValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from agent_schedules.schemas.known_types import CONTENTS, Problem, complete

LONGEST_INPUT = 20_000
MOST_ITEMS = 1_000
ROLES = ("user", "assistant", "system", "developer")

_ROLE = PydanticCustomError("role", "must be `user`, `assistant`, `system` or `developer`")
_CONTENT = PydanticCustomError("content", "must be a string, or an array of objects with a `type`")
_TYPE = PydanticCustomError("item_type", "must be a string that is not empty, for example `message`")
_PART = PydanticCustomError("part_type", "must be a string that is not empty, for example `input_text`")
_ITEM = PydanticCustomError("item", "must have a `type`, or the `role` and `content` of a message")


def _refuse(problem: Problem, *path: str | int) -> NoReturn:
    raise ValidationError.from_exception_data("input", [InitErrorDetails(type=problem, loc=path, input=None)])


def _filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _check_item(item: dict[str, Any], at: int) -> None:
    if "type" in item and not _filled(item["type"]):
        _refuse(_TYPE, at, "type")
    if item.get("type", "message") != "message":
        return
    if "type" in item or "role" in item or "content" in item:
        _check_message(item, at)
    elif not _filled(item.get("id")):  # an id alone refers to an earlier item
        _refuse(_ITEM, at)


def _check_message(item: dict[str, Any], at: int) -> None:
    for name in ("role", "content"):
        if name not in item:
            _refuse("missing", at, name)
    if item["role"] not in ROLES:
        _refuse(_ROLE, at, "role")
    content = item["content"]
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        _refuse(_CONTENT, at, "content")
    for number, part in enumerate(content):
        if not isinstance(part, dict):
            _refuse("dict_type", at, "content", number)
        if not _filled(part.get("type")):
            _refuse(_PART if "type" in part else "missing", at, "content", number, "type")
        complete(CONTENTS, part, at, "content", number)


def _check(longest: int | None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        """Accept a string, or up to 1,000 items (contract 2.2, D44)."""
        if isinstance(value, str):
            if not value or (longest is not None and len(value) > longest):
                limit = f"1 to {longest} characters" if longest is not None else "at least 1 character"
                raise ValueError(f"must have {limit}, but has {len(value)}")
            return value
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ValueError("must be a string or an array of objects")
        if len(value) > MOST_ITEMS:
            raise ValueError(f"must have at most {MOST_ITEMS} items, but has {len(value)}")
        for at, item in enumerate(value):
            _check_item(item, at)
        return value

    return check


def _schema(**text: int) -> WithJsonSchema:
    filled = {"type": "string", "minLength": 1}
    part = {"type": "object", "properties": {"type": filled}, "required": ["type"]}
    message = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "const": "message"},
            "role": {"type": "string", "enum": list(ROLES)},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": part}]},
        },
        "required": ["role", "content"],
    }
    other = {
        "type": "object",
        "properties": {"type": {**filled, "not": {"const": "message"}}},
        "required": ["type"],
    }
    reference = {
        "type": "object",
        "properties": {"id": filled} | {name: {"not": {}} for name in ("type", "role", "content")},  # none of these
        "required": ["id"],
    }
    items = {"anyOf": [message, other, reference]}
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, **text},
                {"type": "array", "maxItems": MOST_ITEMS, "items": items},
            ]
        }
    )


ScheduleInput = Annotated[Any, BeforeValidator(_check(LONGEST_INPUT)), _schema(maxLength=LONGEST_INPUT)]
RunInput = Annotated[Any, BeforeValidator(_check(None)), _schema()]
