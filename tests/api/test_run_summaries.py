"""Lists of runs in short: without the gateway's response, with the beginning of its text."""

from __future__ import annotations

from typing import Any

import pytest
from agent_schedules.storage.output_text import output_text

from tests.support.api import Api


@pytest.fixture
def api() -> Api:
    """An API whose gateway says what it is asked, as a message."""
    api = Api()
    gateway = api.world.gateway

    def speak(_: str) -> None:
        for response in gateway.responses.values():
            response["output"] = [message(response["output_text"])]

    gateway.after = speak
    return api


def message(*texts: Any) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


def test_a_summary_is_the_run_with_an_answer_for_its_response(api: Api) -> None:
    made = api.create(input="x" * 300)
    api.world.clock.advance(3600)
    api.fire(made)
    api.world.gateway.polls = 10**6
    api.world.pass_time(5)
    api.start()
    for path in (api.runs, f"{api.schedules}/{made['id']}/runs"):
        full = api.get(path)
        assert api.get(f"{path}?view=full") == full
        short = api.get(f"{path}?view=summary")
        for run in full["data"]:
            text = output_text(run.pop("gateway_response"))
            run["answer"] = None if text is None else text[:200]
        assert short == full


@pytest.mark.parametrize("size", [1, 199, 200, 201, 5000])
def test_an_answer_has_200_characters_at_most(api: Api, size: int) -> None:
    api.start(input="ä" * size)
    api.world.pass_time(5)
    (run,) = api.get(f"{api.runs}?view=summary")["data"]
    assert run["answer"] == "ä" * min(size, 200)


def test_a_cursor_goes_on_in_either_view(api: Api) -> None:
    for _ in range(3):
        api.start()
    page = api.get(f"{api.runs}?limit=1&view=summary")
    assert len(api.get(f"{api.runs}?after={page['next_cursor']}")["data"]) == 2


def test_another_view_is_refused(api: Api) -> None:
    assert api.refused("GET", f"{api.runs}?view=short", status=400) == "view: must be 'full' or 'summary'"


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ([message("a", "b"), {"type": "reasoning", "content": [{"text": "no"}]}, message("c")], "abc"),
        ([message("")], ""),
        ([], None),
        (None, None),
        ("text", None),
        ([None, 1, "x", {"type": "message"}, {"type": "message", "content": "x"}, message(None, 3)], None),
        ([{"type": "message", "content": [{"type": "refusal", "refusal": "no", "text": "no"}]}], None),
        ([{"content": [{"text": "a"}]}], "a"),
    ],
)
def test_the_text_of_any_response_is_found(output: Any, text: str | None) -> None:
    assert output_text({"output": output}) == text
    assert output_text(None) is None
