"""What no gateway takes is refused at the door, in the name of its field; the Responses API as `openai` types it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from openai.types.responses import response_create_params as responses
from openai.types.responses.tool_choice_options import ToolChoiceOptions
from pydantic import TypeAdapter

from tests.support.api import HOURLY, Api
from tests.support.bulk import BULK, bulk, counts

AGENT = {"name": "a", "model": "m"}
REQUEST = TypeAdapter(responses.ResponseCreateParamsNonStreaming)
UPDATE: dict[str, Any] = {"filter": {}, "action": "update"}
BOTH: dict[str, Any] = {"conversation": "conv_1", "previous_response_id": "resp_1"}


@pytest.fixture(scope="module")
def api() -> Api:
    """An API with an agent and a schedule that have keys."""
    made = Api()
    made.ok("PUT", "/api/v1/agents/by-key/taken", AGENT, status=201)
    made.create(key="taken")
    return made


CONVERSATIONS: list[Any] = ["", 0, 1, False, True, [], {}, ["conv_1"], {"id": ""}, {"id": None}, {"id": 1}, {"x": "y"}]
CHOICES: list[Any] = ["", 0, False, True, [], {}, 1.5, ["auto"], {"name": "f"}, {"type": None}, {"type": ""}]


@pytest.mark.parametrize("value", CONVERSATIONS, ids=str)
def test_a_conversation_that_names_none_is_refused(api: Api, value: Any) -> None:
    for method, path, body in takers(api):
        message = api.refused(method, path, body | {"conversation": value}, status=400)
        assert message.startswith("conversation: must be a conversation id")
    message = api.refused("POST", BULK, UPDATE | {"update": {"conversation": value}}, status=400)
    assert message.startswith("update.conversation: must be a conversation id")


def takers(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The calls that take a conversation, each with what else it needs; a PUT creates, and changes what there is."""
    whole = {"schedule": HOURLY, "input": "x"}
    made = api.get(f"{api.schedules}/by-key/taken")["id"]
    yield "POST", api.schedules, whole
    yield "POST", api.runs, {"input": "x"}
    yield "POST", f"{api.schedules}/{made}", {}
    yield "PUT", f"{api.schedules}/by-key/free", whole
    yield "PUT", f"{api.schedules}/by-key/taken", whole


def definers(api: Api) -> Iterator[tuple[str, str]]:
    """The calls that take an agent's configuration."""
    yield "POST", "/api/v1/agents"
    yield "POST", api.at
    yield "PUT", "/api/v1/agents/by-key/free"
    yield "PUT", "/api/v1/agents/by-key/taken"


@pytest.mark.parametrize("value", CHOICES, ids=str)
def test_a_tool_choice_that_is_none_is_refused(api: Api, value: Any) -> None:
    for method, path in definers(api):
        message = api.refused(method, path, AGENT | {"tool_choice": value}, status=400)
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
    for method, path in definers(api):
        assert api.refused(method, path, AGENT | {field: value}, status=400).startswith(f"{field}: `")


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
    for method, path, body in takers(api):
        assert api.refused(method, path, body | BOTH, status=400).startswith(says)
    assert api.refused("POST", BULK, UPDATE | {"update": BOTH}, status=400).startswith(f"update.{says}")


@pytest.mark.parametrize("stored", BOTH)
def test_an_update_that_would_combine_the_two_is_refused(api: Api, stored: str) -> None:
    (other,) = BOTH.keys() - {stored}
    path = f"{api.schedules}/{api.create(**{stored: BOTH[stored]})['id']}"
    assert "cannot be combined" in api.refused("POST", path, {other: BOTH[other]}, status=400)
    changed = api.post(path, {stored: None, other: BOTH[other]})
    assert (changed[stored], changed[other]) == (None, BOTH[other])


@pytest.mark.parametrize("stored", BOTH)
def test_a_put_says_all_so_it_may_exchange_the_two(api: Api, stored: str) -> None:
    (other,) = BOTH.keys() - {stored}
    path, whole = f"{api.schedules}/by-key/{stored}", {"schedule": HOURLY, "input": "x"}
    assert api.ok("PUT", path, whole | {stored: BOTH[stored]}, status=201)[other] is None
    changed = api.ok("PUT", path, whole | {other: BOTH[other]})
    assert (changed[stored], changed[other]) == (None, BOTH[other])


@pytest.mark.parametrize("stored", BOTH)
def test_a_bulk_that_would_combine_the_two_fails_for_these(stored: str) -> None:
    api = Api()
    (other,) = BOTH.keys() - {stored}
    has = api.create(**{stored: BOTH[stored]})["id"]
    without = api.create()["id"]
    job = bulk(api, action="update", update={other: BOTH[other]})
    assert (counts(job), [error["schedule_id"] for error in job["errors"]]) == ((2, 1, 0, 1), [has])
    assert "cannot be combined" in job["errors"][0]["message"]
    assert api.get(f"{api.schedules}/{has}")[other] is None
    assert api.get(f"{api.schedules}/{without}")[other] == BOTH[other]


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
