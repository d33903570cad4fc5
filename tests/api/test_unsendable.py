"""What no gateway takes is refused at the door, in the name of its field; the Responses API as `openai` types it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from openai.types.responses import response_create_params as responses
from openai.types.responses.tool_choice_options import ToolChoiceOptions
from pydantic import TypeAdapter

from tests.support.api import HOURLY, Api

AGENT = {"name": "a", "model": "m"}
REQUEST = TypeAdapter(responses.ResponseCreateParamsNonStreaming)
BOTH: dict[str, Any] = {"conversation": "conv_1", "previous_response_id": "resp_1"}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


CONVERSATIONS: list[Any] = ["", 0, 1, False, True, [], {}, ["conv_1"], {"id": ""}, {"id": None}, {"id": 1}, {"x": "y"}]
CHOICES: list[Any] = ["", 0, False, True, [], {}, 1.5, ["auto"], {"name": "f"}, {"type": None}, {"type": ""}]


@pytest.mark.parametrize("value", CONVERSATIONS, ids=str)
def test_a_conversation_that_names_none_is_refused(api: Api, value: Any) -> None:
    made = api.create()["id"]
    for path, body in (
        (api.schedules, {"schedule": HOURLY, "input": "x"}),
        (api.runs, {"input": "x"}),
        (f"{api.schedules}/{made}", {}),
    ):
        message = api.refused("POST", path, body | {"conversation": value}, status=400)
        assert message.startswith("conversation: must be a conversation id")


@pytest.mark.parametrize("value", CHOICES, ids=str)
def test_a_tool_choice_that_is_none_is_refused(api: Api, value: Any) -> None:
    for path in ("/api/v1/agents", api.at):
        message = api.refused("POST", path, AGENT | {"tool_choice": value}, status=400)
        assert message.startswith("tool_choice: must be")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", {"format": "json"}),
        ("text", {"format": {}}),
        ("text", {"format": []}),
        ("text", {"verbosity": 1}),
        ("reasoning", {"effort": 1}),
        ("reasoning", {"effort": {}}),
        ("reasoning", {"summary": False}),
        ("text", {"format": {"type": ""}}),
        ("text", {"verbosity": ""}),
        ("reasoning", {"effort": ""}),
        ("reasoning", {"summary": ""}),
    ],
)
def test_options_that_no_gateway_takes_are_refused(api: Api, field: str, value: Any) -> None:
    for path in ("/api/v1/agents", api.at):
        assert api.refused("POST", path, AGENT | {field: value}, status=400).startswith(f"{field}: `")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", {}),
        ("text", {"format": None, "verbosity": None}),
        ("text", {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "high"}),
        ("text", {"format": {"type": "not known yet"}, "other": 1}),
        ("reasoning", {"effort": None, "other": 1}),
        ("reasoning", {"effort": "xhigh", "summary": "auto"}),
        *[("tool_choice", choice) for choice in get_args(ToolChoiceOptions)],
        ("tool_choice", {"type": "function", "name": "f"}),
        ("tool_choice", {"type": "not known yet"}),
        ("tool_choice", "not known yet"),
        ("tool_choice", None),
    ],
)
def test_what_a_gateway_may_take_is_accepted(api: Api, field: str, value: Any) -> None:
    assert api.post("/api/v1/agents", AGENT | {field: value}, status=201)[field] == value


@pytest.mark.parametrize("value", ["conv_1", {"id": "conv_1"}, {"id": "conv_1", "other": [1]}, None], ids=str)
def test_a_conversation_comes_back_as_it_was_sent(api: Api, value: Any) -> None:
    assert api.create(conversation=value)["conversation"] == value
    assert api.start(conversation=value)["conversation"] == value


def test_a_conversation_excludes_a_previous_response(api: Api) -> None:
    says = "previous_response_id: cannot be combined with `conversation`"
    assert api.refused("POST", api.schedules, {"schedule": HOURLY, "input": "x", **BOTH}, status=400).startswith(says)
    assert api.refused("POST", api.runs, {"input": "x", **BOTH}, status=400).startswith(says)
    assert api.refused("POST", f"{api.schedules}/{api.create()['id']}", BOTH, status=400).startswith(says)


@pytest.mark.parametrize("stored", BOTH)
def test_an_update_that_would_combine_the_two_is_refused(api: Api, stored: str) -> None:
    (other,) = BOTH.keys() - {stored}
    path = f"{api.schedules}/{api.create(**{stored: BOTH[stored]})['id']}"
    assert "cannot be combined" in api.refused("POST", path, {other: BOTH[other]}, status=400)
    changed = api.post(path, {stored: None, other: BOTH[other]})
    assert (changed[stored], changed[other]) == (None, BOTH[other])


FORWARDED = {
    "model", "instructions", "tools", "tool_choice", "parallel_tool_calls", "max_tool_calls", "text", "reasoning",
    "input", "conversation", "previous_response_id", "context_management", "metadata",
}  # fmt: skip


def test_every_field_that_is_forwarded_is_one_of_the_api() -> None:
    assert set(responses.ResponseCreateParamsBase.__annotations__) >= FORWARDED


@pytest.mark.parametrize("value", CONVERSATIONS, ids=str)
def test_what_is_refused_is_no_conversation_for_openai_either(value: Any) -> None:
    if value not in ("", {"id": ""}):  # which only the API itself refuses
        with pytest.raises(ValueError, match="conversation"):
            REQUEST.validate_python({"conversation": value})
