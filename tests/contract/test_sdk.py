"""The vendor's own SDK, as published, against the app over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from agent_schedules.api.app import create_app
from meetkai_mka1 import SDK, errors
from meetkai_mka1.models import AgentScheduleSpecOnce

from dev.server import serve
from tests.support.world import World

UNKNOWN_AGENT = "agt_01JD0000000000000000000000"


class Server:
    """The app on a port, over a world."""

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self.world = world

    def sdk(self, key: str | None = "local") -> SDK:
        """A client that only knows where the server is."""
        return SDK(server_url=self.url, bearer_auth=key)


@pytest.fixture
def server() -> Iterator[Server]:
    world = World()
    with serve(create_app(world.ports, world.authenticator)) as serving:
        yield Server(serving.url, world)


def test_the_seeds_own_example(server: Server) -> None:
    from mka1 import SDK as SeedSDK

    with SeedSDK(bearer_auth="local", server_url=server.url) as sdk:
        agent = sdk.agents.create_agent(name="a", model="echo")
        res = sdk.agent_schedules.create_agent_schedule(
            agent_id=agent.id,
            schedule={"type": "interval", "interval_seconds": 581769, "timezone": "UTC"},
            input=[],
        )
    assert res.object == "agent.schedule"
    assert res.status == "active"
    assert (res.run_count, res.input, res.metadata) == (0, [], {})
    assert (res.last_run_at, res.last_run_id, res.deleted_at, res.context_management) == (None, None, None, None)
    assert res.temporal_schedule_id == res.id
    assert res.created_at == server.world.clock.moment
    (state,) = (item for (_, sk), item in server.world.table.items.items() if sk == f"S#{res.id}#s")
    assert state["next_run_at"] == int(res.created_at.timestamp()) + 581_769


@pytest.mark.parametrize(
    ("run_at", "zone", "expected"),
    [
        (datetime(2026, 5, 1, 9, 0), "Europe/Lisbon", datetime(2026, 5, 1, 8, 0, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 5, 1, 9, 0, tzinfo=timezone(timedelta(hours=2))), "UTC", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        (datetime(2026, 5, 1, 9, 0, 0, 123456, tzinfo=UTC), "UTC", datetime(2026, 5, 1, 9, 0, 0, 123000, tzinfo=UTC)),
    ],
    ids=["naive", "offset", "microseconds"],
)
def test_datetimes_as_the_sdk_sends_them(server: Server, run_at: datetime, zone: str, expected: datetime) -> None:
    with server.sdk() as sdk:
        agent = sdk.agents.create_agent(name="a", model="echo")
        created = sdk.agent_schedules.create_agent_schedule(
            agent_id=agent.id, schedule={"type": "once", "run_at": run_at, "timezone": zone}, input="x"
        )
        assert isinstance(created.schedule, AgentScheduleSpecOnce)
        assert created.schedule.run_at == expected


def test_every_operation_of_the_path_parses(server: Server) -> None:
    with server.sdk() as sdk:
        agent = sdk.agents.create_agent(
            name="a", model="echo", instructions="i", tools=[{"type": "web_search"}], metadata={"k": "v"}
        )
        assert sdk.agents.get_agent(agent_id=agent.id) == agent
        assert sdk.agents.list_agents().data == [agent]
        schedule = sdk.agent_schedules.create_agent_schedule(
            agent_id=agent.id,
            schedule={"type": "cron", "cron_expression": "* * * * *", "timezone": "Europe/Lisbon"},
            input="hello",
            name="n",
            conversation={"id": "conv_1"},
            context_management=[{"type": "compaction", "compact_threshold": 1000}],
            metadata={"k": "v"},
        )
        assert schedule.conversation == {"id": "conv_1"}
        assert sdk.agent_schedules.get_agent_schedule(agent_id=agent.id, schedule_id=schedule.id) == schedule
        listed = sdk.agent_schedules.list_agent_schedules(agent_id=agent.id)
        assert (listed.data, listed.has_more, listed.first_id) == ([schedule], False, schedule.id)
        server.world.pass_time(65)
        (run,) = sdk.agent_runs.list_agent_runs(agent_id=agent.id).data
        assert (run.status, run.input, run.conversation) == ("completed", "hello", {"id": "conv_1"})
        assert sdk.agent_runs.get_agent_run(agent_id=agent.id, run_id=run.id) == run
        deleted = sdk.agent_schedules.delete_agent_schedule(agent_id=agent.id, schedule_id=schedule.id)
        assert (deleted.id, deleted.deleted) == (schedule.id, True)
        gone = sdk.agent_schedules.get_agent_schedule(agent_id=agent.id, schedule_id=schedule.id)
        assert gone.status == "deleted"
        assert gone.deleted_at is not None


def test_the_async_client_too(server: Server) -> None:
    async def use() -> Any:
        async with server.sdk() as sdk:
            agent = await sdk.agents.create_agent_async(name="a", model="echo")
            created = await sdk.agent_schedules.create_agent_schedule_async(
                agent_id=agent.id, schedule={"type": "interval", "interval_seconds": 60}, input="x"
            )
            return await sdk.agent_schedules.get_agent_schedule_async(agent_id=agent.id, schedule_id=created.id)

    assert asyncio.run(use()).status == "active"


def test_documented_errors_are_the_sdks_own_envelope(server: Server) -> None:
    interval: Any = {"type": "interval", "interval_seconds": 60, "timezone": "UTC"}
    with server.sdk() as sdk:
        agent = sdk.agents.create_agent(name="a", model="echo")
        schedules, runs = sdk.agent_schedules, sdk.agent_runs
        calls: list[tuple[int, Any]] = [
            (400, lambda: schedules.create_agent_schedule(agent_id=agent.id, schedule=interval, input="")),
            (400, lambda: sdk.agents.create_agent(name="", model="m")),
            (404, lambda: schedules.create_agent_schedule(agent_id=UNKNOWN_AGENT, schedule=interval, input="x")),
            (404, lambda: schedules.get_agent_schedule(agent_id=agent.id, schedule_id="nope")),
            (404, lambda: schedules.delete_agent_schedule(agent_id=agent.id, schedule_id="nope")),
            (404, lambda: schedules.list_agent_schedules(agent_id=UNKNOWN_AGENT)),
            (404, lambda: sdk.agents.get_agent(agent_id="a b")),
            (404, lambda: runs.get_agent_run(agent_id=agent.id, run_id="nope")),
            (404, lambda: runs.list_agent_runs(agent_id=UNKNOWN_AGENT)),
        ]
        for status, call in calls:
            with pytest.raises(errors.ErrorEnvelope) as raised:
                call()
            assert raised.value.status_code == status
            assert raised.value.data.error.message
        with pytest.raises(errors.SDKDefaultError) as undocumented:
            schedules.list_agent_schedules(agent_id=agent.id, limit=1000)
        assert undocumented.value.status_code == 400
    for key in (None, "wrong"):
        with server.sdk(key) as sdk, pytest.raises(errors.ErrorEnvelope) as refused:
            sdk.agents.list_agents()
        assert refused.value.status_code == 401
