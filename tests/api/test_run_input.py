"""An `input` that no gateway takes is refused in the name of the member; a gateway's own items are passed on."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.schemas.run_input import ROLES
from openai.types.responses.easy_input_message_param import EasyInputMessageParam
from openai.types.responses.response_input_param import ResponseInputParam
from pydantic import TypeAdapter, ValidationError

from tests.support.api import HOURLY, Api

HELLO = {"role": "user", "content": "hello"}
TEXT = {"type": "input_text", "text": "hello"}
OPENAI = TypeAdapter(ResponseInputParam)


def said(*content: Any) -> list[Any]:
    """One message with that content."""
    return [{"role": "user", "content": list(content)}]


REFUSED: list[tuple[list[Any], str]] = [
    ([{}], "input.0: must have a `type`, or the `role` and `content` of a message"),
    ([HELLO, {"a": 1}], "input.1: must have a `type`, or the `role` and `content` of a message"),
    ([{"id": ""}], "input.0: must have a `type`, or the `role` and `content` of a message"),
    ([{"type": "message", "id": "msg_1"}], "input.0.role: is required"),
    ([{"role": "user"}], "input.0.content: is required"),
    ([{"content": "hello"}], "input.0.role: is required"),
    ([{"type": "message", "role": "user"}], "input.0.content: is required"),
    ([HELLO, HELLO | {"role": "bogus"}], "input.1.role: must be `user`, `assistant`, `system` or `developer`"),
    ([HELLO | {"role": ["user"]}], "input.0.role: must be `user`"),
    ([HELLO | {"content": 5}], "input.0.content: must be a string, or an array of objects with a `type`"),
    ([HELLO | {"content": None}], "input.0.content: must be a string, or an array"),
    ([HELLO | {"content": TEXT}], "input.0.content: must be a string, or an array"),
    (said({}), "input.0.content.0.type: is required"),
    (said(TEXT, {"type": ""}), "input.0.content.1.type: must be a string that is not empty"),
    (said("hello"), "input.0.content.0: must be an object"),
    (said({"type": "input_text"}), "input.0.content.0.text: is required"),
    (said({"type": "input_text", "text": 5}), "input.0.content.0.text: must be a string"),
    ([{"type": 1}], "input.0.type: must be a string that is not empty"),
    ([HELLO | {"type": ""}], "input.0.type: must be a string that is not empty"),
    ([HELLO | {"type": None}], "input.0.type: must be a string that is not empty"),
]
ACCEPTED: list[list[Any]] = [
    [],
    [HELLO],
    [HELLO | {"role": role} for role in ROLES],
    [HELLO | {"content": ""}],
    said(),
    said(TEXT, {"type": "input_image", "image_url": "https://example.com/a.png"}, {"type": "not known yet"}),
    [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}],
    [{"type": "function_call_output", "call_id": "c", "output": "1"}, {"type": "not known yet", "role": 5}],
    [{"id": "msg_1"}],
    [{"type": "item_reference", "id": "msg_1"}],
]


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=str)
def test_an_input_that_cannot_be_sent_is_refused(api: Api, value: Any, message: str) -> None:
    made = f"{api.schedules}/{api.create()['id']}"
    for path, body in ((api.schedules, {"schedule": HOURLY}), (api.runs, {}), (made, {}), (f"{made}/trigger", {})):
        assert api.refused("POST", path, body | {"input": value}, status=400).startswith(message)
    assert api.get(made)["input"] != value


@pytest.mark.parametrize("value", [value for value, _ in REFUSED], ids=str)
def test_openai_types_no_input_that_is_refused(value: Any) -> None:
    if value != [{"id": ""}]:  # which only the API itself refuses
        with pytest.raises(ValidationError):
            OPENAI.validate_python(value)


@pytest.mark.parametrize("value", ACCEPTED, ids=str)
def test_an_input_that_a_gateway_may_take_is_accepted(api: Api, value: Any) -> None:
    assert api.create(input=value)["input"] == value
    assert api.start(input=value)["input"] == value


def test_the_roles_are_those_of_openai() -> None:
    roles = TypeAdapter(EasyInputMessageParam).json_schema()["properties"]["role"]["enum"]
    assert set(ROLES) == set(roles)
