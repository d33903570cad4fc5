"""Tools, tool choices and text formats have the members that the `openai` package requires of their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import GenericAlias
from typing import Any, Literal, Required, get_args, get_origin, get_type_hints

import pytest
from agent_schedules.schemas.known_types import CHOICES, FORMATS, MAY_BE_NULL, TOOLS, Kind, Members
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from openai.types.responses.response_format_text_config_param import ResponseFormatTextConfigParam
from openai.types.responses.tool_param import ToolParam
from pydantic import TypeAdapter, ValidationError

from tests.support.api import Api

AGENT = {"name": "a", "model": "m"}
VALUES: list[Any] = [None, True, 1, 1.5, "x", [], ["x"], [1], [{}], {}, {"type": "auto"}]
GOOD: dict[str, Any] = {
    "container": "cntr_1",
    "description": "d",
    "display_height": 1,
    "display_width": 1,
    "environment": "linux",
    "mode": "auto",
    "name": "f",
    "schema": {},
    "server_label": "s",
    "tools": [],
    "vector_store_ids": ["vs_1"],
}


def required(union: Any) -> dict[str, dict[str, Any]]:
    """The type of each required member, by the object's `type`, of all objects in a union of the package."""
    found: dict[str, dict[str, Any]] = {}
    for member in get_args(union):
        if not hasattr(member, "__required_keys__"):
            continue  # a string, such as "auto"
        hints = get_type_hints(member, include_extras=True)
        needed = {name: get_args(hint)[0] for name, hint in hints.items() if get_origin(hint) is Required}
        types = needed.pop("type")
        assert get_origin(types) is Literal
        found |= dict.fromkeys(get_args(types), needed)
    return {name: members for name, members in found.items() if members}


UNIONS: list[tuple[Members, Any]] = [
    (TOOLS, ToolParam),
    (CHOICES, get_type_hints(ResponseCreateParamsBase)["tool_choice"]),
    (FORMATS, ResponseFormatTextConfigParam),
]
CASES = [
    pytest.param(kind, union[of][name], id=f"{of}.{name}")
    for members, types in UNIONS
    for union in [required(types)]
    for of, kinds in members.items()
    for name, kind in kinds.items()
    if name in union.get(of, {})
]


def _takes(of: Any, value: Any) -> bool:
    try:
        TypeAdapter(of).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("members", "union"), UNIONS, ids=["tools", "tool_choice", "text.format"])
def test_the_tables_have_what_openai_requires(members: Members, union: Any) -> None:
    expected = required(union)
    assert {name: set(kinds) for name, kinds in members.items()} == {
        name: set(needed) for name, needed in expected.items()
    }
    nullable = {(of, name) for of, needed in expected.items() for name, hint in needed.items() if _takes(hint, None)}
    found = {(of, name) for of, kinds in members.items() for name, kind in kinds.items() if kind in MAY_BE_NULL}
    assert found == nullable


@pytest.mark.parametrize(("kind", "hint"), CASES)
def test_no_value_that_openai_types_is_refused(kind: Kind, hint: Any) -> None:
    if get_origin(hint) is Iterable:  # of which pydantic checks nothing until somebody iterates
        hint = GenericAlias(list, get_args(hint))
    for value in VALUES:
        if _takes(hint, value):
            assert kind(value) is None, value


WRONG: dict[str, Any] = {"name": 1, "parameters": [], "strict": "true", "container": 1, "vector_store_ids": [1]}


def _members() -> list[tuple[str, str, Kind]]:
    return [(of, name, kind) for of, kinds in TOOLS.items() for name, kind in kinds.items()]


def _tool(of: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    return {"type": of, **{name: GOOD[name] for name in kinds if name in GOOD}}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.mark.parametrize(("of", "name", "kind"), _members(), ids=lambda part: part if isinstance(part, str) else "")
def test_an_incomplete_tool_is_refused_by_name(api: Api, of: str, name: str, kind: Kind) -> None:
    whole = _tool(of, TOOLS[of])
    without = {member: value for member, value in whole.items() if member != name}
    for path in ("/api/v1/agents", api.at):
        if kind not in MAY_BE_NULL:
            message = api.refused("POST", path, AGENT | {"tools": [{"type": "x"}, without]}, status=400)
            assert message == f"tools.1.{name}: is required"
        message = api.refused("POST", path, AGENT | {"tools": [whole | {name: WRONG.get(name, False)}]}, status=400)
        assert message.startswith(f"tools.0.{name}: must be ")


@pytest.mark.parametrize("of", TOOLS)
def test_a_complete_tool_comes_back_as_it_was_sent(api: Api, of: str) -> None:
    tool = _tool(of, TOOLS[of]) | {"other": [1]}
    assert api.post("/api/v1/agents", AGENT | {"tools": [tool]}, status=201)["tools"] == [tool]


@pytest.mark.parametrize("tool", [{"type": "mcp_2"}, {"type": "web_search", "filters": 1}, {"type": "x", "name": 1}])
def test_a_tool_of_a_gateway_is_passed_on(api: Api, tool: dict[str, Any]) -> None:
    assert api.post("/api/v1/agents", AGENT | {"tools": [tool]}, status=201)["tools"] == [tool]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("tool_choice", {"type": "function"}, "tool_choice.name: is required"),
        ("tool_choice", {"type": "mcp", "server_label": 1}, "tool_choice.server_label: must be a string"),
        ("tool_choice", {"type": "allowed_tools", "mode": "auto"}, "tool_choice.tools: is required"),
        ("text", {"format": {"type": "json_schema", "schema": {}}}, "text.format.name: is required"),
        ("text", {"format": {"type": "json_schema", "name": "n"}}, "text.format.schema: is required"),
        ("text", {"format": {"type": "json_schema", "name": "", "schema": {}}}, "text.format.name: must not be empty"),
        ("tools", [{"type": ""}], "tools.0: needs a `type`, for example `function`"),
        ("tools", [{"type": "custom", "name": ""}], "tools.0.name: must not be empty"),
        ("tool_choice", {"type": "function", "name": ""}, "tool_choice.name: must not be empty"),
        ("tools", [{"type": 1}], "tools.0: needs a `type`, for example `function`"),
    ],
    ids=str,
)  # fmt: skip
def test_an_incomplete_choice_or_format_is_refused(api: Api, field: str, value: Any, message: str) -> None:
    for path in ("/api/v1/agents", api.at):
        assert api.refused("POST", path, AGENT | {field: value}, status=400) == message
