"""Turn pydantic's problems into messages that name the field and say what to send instead. Pure."""

from __future__ import annotations

from typing import Any

_ACTIONS = {"pause", "resume", "delete", "update"}
_CHOICE = "send pause, resume, delete or update"
_TAGS = {"once", "interval", "cron"}
_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request; remove it",
    "json_invalid": "is not valid JSON ({error})",
    "value_error": "{error}",
    "datetime_from_date_parsing": "is not a date and time that exists",
    "datetime_parsing": "is not a date and time that exists",
    "datetime_object_invalid": "is not a date and time that exists",
    "datetime_type": "must be a date and time",
    "timezone_aware": "must have an offset, such as Z",
    "timezone_naive": "must not have an offset",
    "union_tag_not_found": "must be an object with a `type`: `once`, `interval` or `cron`",
    "union_tag_invalid": "must be one of {expected_tags}",
    "recursion_loop": "is nested too deeply",
    "recursion_depth_exceeded": "is nested too deeply",
    "none_required": "must be null",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be an array",
    "invalid_key": "must be a string",
    "string_type": "must be a string",
    "string_unicode": "must be Unicode text",
    "string_not_ascii": "must contain only ASCII characters",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "has too many digits; send a smaller number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "less_than": "must be less than {lt}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
}
"""This API's message for each of pydantic's kinds of problems, filled in from the problem's context."""
LONGEST_NAME = 60  # characters of a caller's own name in a message


def field_of(location: tuple[int | str, ...], kind: str = "") -> str:
    """Return the field's path as the caller wrote it, without FastAPI's source and pydantic's markers.

    `kind` is pydantic's kind of the problem. Pydantic reports a wrong `type` at the object that has it.
    """
    source, *path = location
    if source == "body" and path and path[0] in _ACTIONS:
        del path[0]
    if source == "body" and "schedule" in path[:2]:
        tag = path.index("schedule") + 1
        if len(path) > tag + 1 and path[tag] in _TAGS:
            del path[tag]
    if source == "body" and path and isinstance(path[0], int):
        return "body"  # a position in malformed JSON
    if path and path[-1] == "[key]":
        del path[-2:]
    if kind == "union_tag_invalid" or (kind == "union_tag_not_found" and not path):
        path.append("type" if path else "action")
    return ".".join(str(part)[:LONGEST_NAME] for part in path) or str(source)


def problem_of(problem: dict[str, Any]) -> str:
    """Return the message for one of pydantic's problems. Kinds that `_WORDS` lacks keep pydantic's message."""
    message = str(problem["msg"])
    words = _WORDS.get(problem["type"])
    if problem.get("ctx", {}).get("discriminator") == "'action'":
        words = f"{'is required' if problem['type'] == 'union_tag_not_found' else 'is unknown'}; {_CHOICE}"
    said = words.format(**problem.get("ctx", {})) if words else message[:1].lower() + message[1:]
    return f"a key {said}" if problem["loc"][-1:] == ("[key]",) else said
