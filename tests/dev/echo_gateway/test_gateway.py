"""The local echo gateway: its models, its states, and what it remembers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette

from dev.echo_gateway.app import create_gateway
from dev.file_errors import Unusable
from tests.dev.echo_gateway.echo import START, FakeClock, checked, get, ledger_of, post, refused
from tests.support.client import Client


def test_the_check_itself_is_strict(client: Client) -> None:
    data = post(client, "echo")
    for broken in ({"tools": None}, {"status": "done"}, {"created_at": "1"}, {"output": [{"type": "message"}]}):
        with pytest.raises(ValidationError):
            checked({**data, **broken})
    del data["parallel_tool_calls"]
    with pytest.raises(ValidationError):
        checked(data)


@pytest.mark.parametrize(
    ("model", "status", "text"),
    [
        ("echo", "completed", "one two three"),
        ("slow-0", "completed", "one two three"),
        ("flaky-0", "completed", "one two three"),
        ("fail", "failed", ""),
        ("incomplete", "incomplete", "one two"),
    ],
)
@pytest.mark.parametrize("background", [True, False])
def test_models_that_end_at_once(client: Client, model: str, status: str, text: str, background: bool) -> None:
    posted = post(client, model, background=background)
    assert posted["status"] == ("queued" if background else status)
    ended = checked(get(client, posted["id"]))
    assert ended.id == posted["id"]
    assert (ended.status, ended.output_text, ended.background) == (status, text, background)
    assert (ended.error is not None) == (status == "failed")
    assert (ended.usage is not None) == (status != "failed")
    assert (ended.completed_at is not None) == (status == "completed")
    if ended.error is not None:
        assert ended.error.code == "server_error"
    reason = ended.incomplete_details and ended.incomplete_details.reason
    assert reason == ("max_output_tokens" if status == "incomplete" else None)


def test_a_slow_background_response_follows_the_stack_clock(client: Client, clock: FakeClock) -> None:
    posted = post(client, "slow-90.5", background=True)
    assert posted["status"] == "queued"
    assert posted["id"].startswith("resp_")
    assert len(bytes.fromhex(posted["id"].removeprefix("resp_"))) == 16
    clock.pass_(90.4)
    pending = get(client, posted["id"])
    assert (pending["status"], pending["output"], pending["usage"]) == ("in_progress", [], None)
    clock.pass_(0.1)
    done = get(client, posted["id"])
    assert done["status"] == "completed"
    assert done["created_at"] == START.timestamp()
    assert done["completed_at"] == int((START + timedelta(seconds=90.5)).timestamp())
    assert done["usage"]["total_tokens"] == 6
    clock.pass_(1000)
    assert get(client, posted["id"]) == done


def test_a_synchronous_request_is_held_for_its_stack_seconds() -> None:
    clock = FakeClock(step=20)
    done = post(Client(create_gateway(clock)), "slow-60")
    assert done["status"] == "completed"
    assert clock.now >= START + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("", ""),
        ("ü 🙂", "ü 🙂"),
        ([], ""),
        ([{"role": "user", "content": "plain"}], "plain"),
        (
            [
                {"role": "system", "content": "not this"},
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a "}]},
                {"role": "assistant", "content": "nor this"},
                {"role": "user", "content": [{"type": "input_image"}, {"type": "input_text", "text": "b"}, 7]},
                {"role": "user"},
                {"type": "function_call_output", "call_id": "c", "output": "x"},
            ],
            "a b",
        ),
    ],
)
def test_input_text(client: Client, sent: Any, text: str) -> None:
    assert checked(post(client, "echo", input=sent)).output_text == text


def test_the_request_is_echoed_and_the_unknown_ignored(client: Client) -> None:
    function = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    response = post(
        client,
        "echo",
        conversation="conv_1",
        instructions="be brief",
        max_output_tokens=50,
        metadata={"schedule": "s1"},
        previous_response_id="resp_before",
        reasoning={"effort": "low"},
        temperature=0,
        text={"format": {"type": "json_object"}},
        tool_choice={"type": "function", "name": "look"},
        tools=[function, {"type": "web_search"}],
        top_p=None,
        truncation="auto",
        something_new={"x": [1]},
    )
    assert response["conversation"] == {"id": "conv_1"}
    assert response["instructions"] == "be brief"
    assert response["metadata"] == {"schedule": "s1"}
    assert response["previous_response_id"] == "resp_before"
    assert response["reasoning"] == {"effort": "low", "summary": None}
    assert response["text"] == {"format": {"type": "json_object"}, "verbosity": "medium"}
    assert response["tools"] == [{**function, "description": None, "strict": True}, {"type": "web_search"}]
    assert (response["temperature"], response["top_p"]) == (0, 1)
    assert "something_new" not in response
    assert post(client, "echo", conversation={"id": "conv_2"})["conversation"] == {"id": "conv_2"}
    assert post(client, "echo")["conversation"] is None


def test_one_key_makes_one_response(app: Starlette, client: Client, clock: FakeClock) -> None:
    first = post(client, "slow-10", key="k", background=True)
    again = post(client, "slow-10", key="k", background=True)
    assert (again["id"], again["status"]) == (first["id"], "in_progress")
    clock.pass_(10)
    assert post(client, "slow-10", key="k", background=True) == get(client, first["id"])
    assert post(client, "slow-10", key="other", background=True)["id"] != first["id"]
    assert post(client, "echo")["id"] != post(client, "echo")["id"]
    assert ledger_of(app).posts == {"k": 3, "other": 1}
    assert len(ledger_of(app).accepted) == 4


def test_the_ledger_holds_what_was_sent_but_no_secret(clock: FakeClock) -> None:
    app = create_gateway(clock, api_key="sk-local")
    body = {"model": "echo", "input": "x", "unknown": 1}
    headers = {"Authorization": "Bearer sk-local", "X-On-Behalf-Of": "user-1", "Idempotency-Key": "k"}
    reply = Client(app).post("/responses", json=body, headers=headers)
    [accepted] = ledger_of(app).accepted
    assert (accepted.id, accepted.key, accepted.at, accepted.body) == (reply.json()["id"], "k", START, body)
    assert accepted.headers["x-on-behalf-of"] == "user-1"
    assert "sk-local" not in str(accepted)


def test_flaky_counts_per_key(app: Starlette, client: Client) -> None:
    body = {"model": "flaky-2", "input": "x", "background": True}
    for key in ("a", "b"):
        for _ in range(2):
            reply = client.post("/responses", json=body, headers={"Idempotency-Key": key})
            refused(reply, 503, code="server_error")
            assert reply.headers["retry-after"] == "0"
        first = post(client, "flaky-2", key=key, background=True)
        assert post(client, "flaky-2", key=key, background=True)["id"] == first["id"]
    assert ledger_of(app).posts == {"a": 4, "b": 4}
    assert len(ledger_of(app).accepted) == 2
    for _ in range(4):
        refused(client.post("/responses", json=body), 503, code="server_error")


def test_cancel(client: Client, clock: FakeClock) -> None:
    posted = post(client, "slow-10", background=True)
    cancelled = client.post(f"/responses/{posted['id']}/cancel").json()
    assert checked(cancelled).status == "cancelled"
    clock.pass_(60)
    assert get(client, posted["id"]) == cancelled
    assert client.post(f"/responses/{posted['id']}/cancel").json() == cancelled


@pytest.mark.parametrize("model", ["echo", "fail", "incomplete"])
def test_cancel_leaves_an_ended_response_as_it_is(client: Client, model: str) -> None:
    posted = post(client, model, background=True)
    ended = get(client, posted["id"])
    assert client.post(f"/responses/{posted['id']}/cancel").json() == ended


def test_cancel_is_for_background_responses(client: Client) -> None:
    posted = post(client, "echo")
    assert "synchronous" in refused(client.post(f"/responses/{posted['id']}/cancel"), 400)


def test_the_longest_duration_is_still_a_date(client: Client) -> None:
    posted = post(client, "slow-999999999.999999", background=True)
    assert get(client, posted["id"])["status"] == "in_progress"


def test_the_journal_outlives_the_process(clock: FakeClock, tmp_path: Path) -> None:
    journal = tmp_path / "new" / "journal.jsonl"
    app = create_gateway(clock, journal, api_key="sk-local")
    before = Client(app, headers={"Authorization": "Bearer sk-local"})
    slow = post(before, "slow-10", key="k", background=True)
    dropped = post(before, "slow-10", background=True)
    before.post(f"/responses/{dropped['id']}/cancel")
    body = {"model": "flaky-2", "input": "x"}
    before.post("/responses", json=body, headers={"Idempotency-Key": "f"})

    with journal.open("ab") as file:
        file.write(b'{"accepted": {"id": "resp_to')  # the process stopped in mid-write
    clock.pass_(10)
    restarted = create_gateway(clock, journal)
    after = Client(restarted)
    assert get(after, slow["id"])["status"] == "completed"
    assert get(after, dropped["id"])["status"] == "cancelled"
    assert post(after, "slow-10", key="k", background=True)["id"] == slow["id"]
    refused(after.post("/responses", json=body, headers={"Idempotency-Key": "f"}), 503, code="server_error")
    flaky = post(after, "flaky-2", key="f")

    ledger = ledger_of(create_gateway(clock, journal))
    assert ledger.posts == {"k": 2, "f": 3}
    assert ledger.accepted == ledger_of(restarted).accepted
    assert [entry.id for entry in ledger.accepted] == [slow["id"], dropped["id"], flaky["id"]]
    assert "sk-local" not in journal.read_text()


def test_a_journal_that_is_one_torn_line(clock: FakeClock, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(b'{"posted"')
    posted = post(Client(create_gateway(clock, journal)), "echo")
    assert get(Client(create_gateway(clock, journal)), posted["id"])["status"] == "completed"


ACCEPTED = '{"accepted": {"id": "resp_1", "at": "%s", "key": null, "headers": {}, "body": %s}}'


@pytest.mark.parametrize(
    "line",
    [
        "[]", "5", "{", "{}", '{"posted": []}', '{"cancelled": "resp_0"}', '{"accepted": []}', '{"accepted": {}}',
        ACCEPTED % ("2026-01-01T00:00:00", '{"model": "echo", "input": "x"}'),
        ACCEPTED % ("2026-01-01T00:00:00Z", "{}"),
        pytest.param("[" * 5_000, id="nested"),
    ],
)  # fmt: skip
def test_a_line_that_no_gateway_writes_is_refused(clock: FakeClock, tmp_path: Path, line: str) -> None:
    journal = tmp_path / "gateway.jsonl"
    journal.write_text(f'{{"posted": "k"}}\n{line}\n')
    with pytest.raises(Unusable, match=r"gateway\.jsonl: line 2 is .*; restore or delete the file"):
        create_gateway(clock, journal)
