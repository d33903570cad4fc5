"""The HTTP API over the real use cases: what it answers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.domain.sweeps import SweepNote
from agent_schedules.errors import Unavailable
from hypothesis import given
from hypothesis import strategies as st

from tests.support.api import HOURLY, Api
from tests.support.examples import examples

HTTP = Path(__file__).parent.parent.parent / "docs" / "reference" / "http.md"
FIELDS = {
    "object", "id", "agent_id", "name", "status", "schedule", "input", "conversation", "previous_response_id",
    "context_management", "metadata", "temporal_schedule_id", "last_run_at", "last_run_id", "run_count", "created_at",
    "updated_at", "deleted_at",
}  # fmt: skip


def documented(kind: str) -> set[str]:
    """The fields that docs/reference/http.md adds to something."""
    row = HTTP.read_text("utf-8").partition(f"\n| {kind} | ")[2].partition("\n")[0]
    return set(re.findall(r"`(\w+)`", row))


def test_an_agent_comes_back_with_every_field(api: Api) -> None:
    body = {
        "name": "n", "model": "m", "description": "d", "instructions": "i", "tools": [{"type": "sleep", "own": 1}],
        "tool_choice": {"type": "auto"}, "parallel_tool_calls": False, "max_tool_calls": 3, "fallback_models": ["f"],
        "text": {"verbosity": "low"}, "reasoning": {"effort": "high"}, "metadata": {"k": "v"},
    }  # fmt: skip
    created = api.client.post("/api/v1/agents", json=body)
    assert created.status_code == 201
    agent = created.json()
    assert agent | body == agent
    assert (agent["object"], agent["version"], agent["deleted_at"]) == ("agent", 1, None)
    assert api.client.get(f"/api/v1/agents/{agent['id']}").json() == agent
    assert api.client.get("/api/v1/agents").json()["data"][0] == agent
    assert api.client.get("/api/v1/agents?deleted=true").json()["data"] == []


def test_a_schedule_has_the_vendors_fields_and_ours(api: Api) -> None:
    created = api.create({"type": "interval", "interval_seconds": 581_769, "timezone": "UTC"}, input=[])
    assert set(created) == FIELDS | documented("schedule")
    assert created["next_run_at"] == "2026-03-09T03:36:09.000Z"  # 581,769 s after 2026-03-02T10:00:00Z
    assert (created["status"], created["run_count"], created["input"], created["metadata"]) == ("active", 0, [], {})
    assert created["temporal_schedule_id"] == created["id"]
    path = f"{api.schedules}/{created['id']}"
    assert api.client.get(path).json() == created
    assert api.client.get(api.schedules).json() == {
        "object": "list", "data": [created], "first_id": created["id"], "last_id": created["id"], "has_more": False,
        "next_cursor": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "echo", "following"),
    [
        (
            {"type": "once", "run_at": "2026-05-01T09:00:00", "timezone": "Europe/Lisbon"},
            {"type": "once", "run_at": "2026-05-01T08:00:00.000Z", "timezone": "Europe/Lisbon"},
            "2026-05-01T08:00:00.000Z",
        ),
        (
            {"type": "once", "run_at": "2026-05-01T09:00:00.250+02:00"},
            {"type": "once", "run_at": "2026-05-01T07:00:00.250Z", "timezone": "UTC"},
            "2026-05-01T07:00:01.000Z",
        ),
        (
            {"type": "interval", "interval_seconds": 90, "start_at": "2020-01-01T00:00:00Z"},
            {"type": "interval", "interval_seconds": 90, "start_at": "2020-01-01T00:00:00.000Z", "timezone": "UTC"},
            "2026-03-02T10:01:30.000Z",
        ),
        (
            {"type": "cron", "cron_expression": "30 9 * * mon-fri", "timezone": "Europe/Lisbon"},
            {"type": "cron", "cron_expression": "30 9 * * mon-fri", "timezone": "Europe/Lisbon"},
            "2026-03-03T09:30:00.000Z",
        ),
    ],
)
def test_times_are_normalised_and_expressions_kept(
    api: Api, spec: dict[str, Any], echo: dict[str, Any], following: str
) -> None:
    created = api.create(spec)
    assert (created["schedule"], created["next_run_at"]) == (echo, following)


def test_a_run_at_a_minute_ago_runs_at_once(api: Api) -> None:
    created = api.create({"type": "once", "run_at": "2026-03-02T09:59:01Z"})
    api.world.pass_time(5)
    done = api.client.get(f"{api.schedules}/{created['id']}").json()
    assert (done["status"], done["run_count"], done["next_run_at"]) == ("completed", 1, None)


def test_runs_show_input_outcome_and_where_they_come_from(api: Api) -> None:
    created = api.create({"type": "interval", "interval_seconds": 60}, input="say it", metadata={"k": "v"})
    api.world.pass_time(65)
    (run,) = api.client.get(api.runs).json()["data"]
    assert (run["status"], run["input"], run["metadata"]) == ("completed", "say it", {"k": "v"})
    assert (run["schedule_id"], run["trigger"]) == (created["id"], "schedule")
    assert run["scheduled_for"] == created["next_run_at"]
    assert run["gateway_response"]["output_text"] == "say it"
    assert run["gateway_response_id"] == run["gateway_response"]["id"]
    assert run["agent_version"] == 1
    assert api.client.get(f"{api.runs}/{run['id']}").json() == run
    after = api.client.get(f"{api.schedules}/{created['id']}").json()
    assert (after["last_run_id"], after["run_count"]) == (run["id"], 1)


def test_a_deleted_schedule_is_a_tombstone_whose_runs_stay(api: Api) -> None:
    created = api.create({"type": "interval", "interval_seconds": 60}, input="say it")
    api.world.pass_time(65)
    path = f"{api.schedules}/{created['id']}"
    for _ in range(2):
        answer = api.client.delete(path)
        assert (answer.status_code, answer.json()) == (
            200,
            {"object": "agent.schedule.deleted", "id": created["id"], "deleted": True},
        )
    tombstone = api.client.get(path).json()
    assert (tombstone["status"], tombstone["next_run_at"]) == ("deleted", None)
    assert tombstone["deleted_at"]
    assert api.client.get(api.schedules).json()["data"] == []
    assert api.world.scheduler.entries == {}
    api.world.pass_time(120)
    (run,) = api.client.get(api.runs).json()["data"]
    assert run["input"] == "say it"


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_are_newest_first_and_tell_the_truth_about_more(api: Api, order: str) -> None:
    ids = [api.create()["id"] for _ in range(5)]
    expected = ids if order == "asc" else ids[::-1]
    page = api.client.get(api.schedules, params={"limit": 3, "order": order}).json()
    assert [schedule["id"] for schedule in page["data"]] == expected[:3]
    assert (page["first_id"], page["last_id"], page["has_more"]) == (expected[0], expected[2], True)
    assert not api.client.get(api.schedules, params={"limit": 5, "order": order}).json()["has_more"]
    agents = [api.client.post("/api/v1/agents", json={"name": "b", "model": "m"}).json()["id"] for _ in range(3)]
    page = api.client.get("/api/v1/agents", params={"limit": 2, "offset": 1}).json()
    assert [agent["id"] for agent in page["data"]] == [agents[1], agents[0]]
    assert page["has_more"]


def test_another_tenant_or_user_sees_nothing(api: Api) -> None:
    created = api.create()
    for headers in (
        {"Authorization": "Bearer local-2"},
        {"X-On-Behalf-Of": "ada"},
        {"Authorization": "Bearer local-2", "X-On-Behalf-Of": "ada"},
    ):
        before = api.traces()
        assert api.client.get("/api/v1/agents", headers=headers).json()["data"] == []
        for method, path in (
            ("GET", f"/api/v1/agents/{api.agent}"),
            ("GET", api.schedules),
            ("POST", api.schedules),
            ("GET", f"{api.schedules}/{created['id']}"),
            ("DELETE", f"{api.schedules}/{created['id']}"),
            ("GET", api.runs),
        ):
            body = {"schedule": HOURLY, "input": "x"} if method == "POST" else None
            assert api.client.request(method, path, headers=headers, json=body).status_code == 404
        assert api.traces() == before


def test_an_unanswered_create_is_armed_by_the_reconciler(api: Api) -> None:
    def down(*_: object) -> None:
        raise Unavailable("EventBridge did not answer")

    api.world.scheduler.before = down
    api.world.ports.store.sweeps.save(SweepNote(api.world.now))  # the sweep before was complete
    created = api.create()
    assert api.world.scheduler.entries == {}
    api.world.scheduler.before = lambda *_: None
    assert api.world.sweep() == 0  # not at once: it was tried a moment ago
    api.world.clock.advance(300)
    assert api.world.sweep() == 1
    api.world.work()
    assert created["id"] in api.world.scheduler.entries
    assert api.world.sweep() == 0


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
members = st.dictionaries(texts.filter(lambda name: name != "type"), json_values, max_size=4)
input_items = members.map(lambda item: {"type": "x", **item})


@pytest.mark.slow
@examples(40)
@given(st.lists(input_items, max_size=4), json_values)
def test_json_comes_back_as_it_was_sent(items: list[dict[str, Any]], other: Any) -> None:
    api = Api()
    conversation = {"id": "conv_1", "other": other}
    tools = [{**item, "type": "x"} for item in items]
    sent: dict[str, Any] = {"input": items, "conversation": conversation}
    created, run = api.create(**sent), api.start(**sent)
    agent = api.post("/api/v1/agents", {"name": "b", "model": "m", "tools": tools}, status=201)
    at = f"/api/v1/agents/{agent['id']}"
    for shown in (
        created,
        api.get(f"{api.schedules}/{created['id']}"),
        api.get(api.schedules)["data"][0],
        run,
        api.get(f"{api.runs}/{run['id']}"),
        api.get(api.runs)["data"][0],
    ):
        assert exactly({name: shown[name] for name in sent}) == exactly(sent)
    for shown in (agent, api.get(at), api.get("/api/v1/agents")["data"][0], api.get(f"{at}/versions")["data"][0]):
        assert exactly(shown["tools"]) == exactly(tools)
    api.world.work()
    assert exactly(api.world.gateway.posts[0].request["input"]) == exactly(items)


def exactly(value: Any) -> str:
    """A text that tells 1 from 1.0, and every order of members from another."""
    return json.dumps(value)


def test_the_api_describes_itself(api: Api) -> None:
    document = api.client.get("/openapi.json").json()
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    assert set(operations) == {
        "healthz", "list_agents", "create_agent", "get_agent", "update_agent", "delete_agent", "restore_agent",
        "list_agent_versions", "get_agent_version", "rollback_agent_version", "list_agent_schedules",
        "create_agent_schedule", "get_agent_schedule", "update_agent_schedule", "delete_agent_schedule",
        "pause_agent_schedule", "resume_agent_schedule", "list_agent_schedule_runs", "list_agent_runs",
        "create_agent_run", "get_agent_run", "cancel_agent_run", "stream_agent_run_events",
        "preview_schedule", "preview_agent_schedule", "list_occurrences", "get_occurrence",
        "skip_occurrence", "unskip_occurrence", "backfill_agent_schedule", "stop_backfill",
        "get_limits", "whoami", "list_api_keys", "trigger_agent_schedule", "retry_agent_run", "find_schedules",
        "change_schedules", "pause_all_schedules", "resume_all_schedules", "list_jobs", "get_job", "cancel_job",
        "find_runs", "list_problems",
        "list_upcoming", "get_summary",
        "put_agent_by_key", "get_agent_by_key", "delete_agent_by_key",
        "put_agent_schedule_by_key", "get_agent_schedule_by_key", "delete_agent_schedule_by_key",
        "list_webhooks", "create_webhook", "get_webhook", "update_webhook", "delete_webhook", "rotate_webhook_secret",
        "test_webhook", "list_webhook_deliveries", "get_webhook_delivery", "replay_webhook_delivery",
    }  # fmt: skip
    always = {"400", "401", "403", "500", "503"}
    assert set(operations["create_agent_schedule"]["responses"]) == {"201", *always, "404", "409"}
    assert "422" not in json.dumps({name: list(operation["responses"]) for name, operation in operations.items()})
    led = api.client.get("/docs")
    assert (led.status_code, led.headers["location"]) == (303, "/openapi.json")
    assert api.client.get("/healthz", headers={"Authorization": ""}).json() == {"status": "ok"}
