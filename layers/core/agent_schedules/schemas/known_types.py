"""The members that the Responses API requires of an object, by its `type`: tools, tool choices, text formats
and the content of messages.

A gateway may have types and members of its own, so those that are not in these tables are passed on unchanged. A test
compares the tables with the types of the `openai` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Problem = str | PydanticCustomError
Kind = Callable[[Any], Problem | None]
"""Returns the problem of a value, if it has one: the name of a kind of pydantic's, or an error of its own."""


def _text(value: Any) -> Problem | None:
    return None if isinstance(value, str) else "string_type"


def _filled(value: Any) -> Problem | None:
    return PydanticCustomError("empty", "must not be empty") if value == "" else _text(value)


def _texts(value: Any) -> Problem | None:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return None
    return PydanticCustomError("strings", "must be an array of strings")


def _objects(value: Any) -> Problem | None:
    if isinstance(value, list) and all(isinstance(part, dict) for part in value):
        return None
    return PydanticCustomError("objects", "must be an array of objects")


def _whole(value: Any) -> Problem | None:
    whole = (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value % 1 == 0)
    return None if whole else "int_type"


def _object(value: Any) -> Problem | None:
    return None if isinstance(value, dict) else "dict_type"


def _text_or_object(value: Any) -> Problem | None:
    if isinstance(value, str | dict):
        return None
    return PydanticCustomError("string_or_object", "must be a string or an object")


def _object_or_null(value: Any) -> Problem | None:
    return None if value is None else _object(value)


def _bool_or_null(value: Any) -> Problem | None:
    return None if isinstance(value, bool | None) else "bool_type"


MAY_BE_NULL = frozenset({_object_or_null, _bool_or_null})
"""A member that may be null may be left out too, as gateways allow."""
Members = Mapping[str, Mapping[str, Kind]]

TOOLS: Members = {
    "code_interpreter": {"container": _text_or_object},
    "computer_use_preview": {"display_height": _whole, "display_width": _whole, "environment": _text},
    "custom": {"name": _filled},
    "file_search": {"vector_store_ids": _texts},
    "function": {"name": _filled, "parameters": _object_or_null, "strict": _bool_or_null},
    "mcp": {"server_label": _filled},
    "namespace": {"description": _text, "name": _filled, "tools": _objects},
}
CHOICES: Members = {
    "allowed_tools": {"mode": _text, "tools": _objects},
    "custom": {"name": _filled},
    "function": {"name": _filled},
    "mcp": {"server_label": _filled},
}
FORMATS: Members = {"json_schema": {"name": _filled, "schema": _object}}
CONTENTS: Members = {
    "input_text": {"text": _text},
    "output_text": {"text": _text},
    "refusal": {"refusal": _text},
}
"""What gateways themselves fill in is left out: the `detail` of an image, the `annotations` of a text."""


def has_type(value: dict[str, Any]) -> bool:
    """Return whether an object says its type. An empty one is none."""
    return isinstance(value.get("type"), str) and value["type"] != ""


def complete(members: Members, value: dict[str, Any], *path: str | int) -> dict[str, Any]:
    """Return an object whose type has all that it needs. Raises ValidationError, which names the member."""
    problems: list[InitErrorDetails] = []
    for name, kind in members.get(str(value.get("type")), {}).items():
        problem = kind(value.get(name)) if name in value or kind in MAY_BE_NULL else "missing"
        if problem is not None:
            problems.append(InitErrorDetails(type=problem, loc=(*path, name), input=value.get(name)))
    if problems:
        raise ValidationError.from_exception_data("object", problems)
    return value
