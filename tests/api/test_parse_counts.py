"""How often a cron expression is parsed: once where it comes in or is first needed, and never to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from agent_schedules.domain.messages import Hint
from agent_schedules.domain.schedules import Key
from agent_schedules.execution.settle import on_hint
from agent_schedules.timing.cron import CronFields
from moto import mock_aws

from tests.support.api import HOURLY, Api
from tests.support.wired_world import WiredWorld
from tests.support.world import LEASE, World

HALF_PAST = {"type": "cron", "cron_expression": "30 * * * *", "timezone": "Europe/Riga"}
NIGHTLY = {"type": "cron", "cron_expression": "0 2 * * *", "timezone": "Europe/Riga"}
EXACT = {"type": "cron", "cron_expression": "0 30 * * * *", "timezone": "Europe/Riga", "precision": "second"}
HALF_AN_HOUR = 1800  # seconds from the world's start to the first occurrence


@contextmanager
def parsing() -> Iterator[list[str]]:
    """The expressions that are parsed from here on."""
    seen: list[str] = []
    parse = CronFields.parse

    def counted(expression: str, *, seconds: bool = False) -> CronFields:
        seen.append(expression)
        return parse(expression, seconds=seconds)

    with patch.object(CronFields, "parse", counted):
        yield seen


@pytest.fixture(params=[World, WiredWorld], ids=["fakes", "adapters"])
def api(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API over the strict fakes, and over the real adapters."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        make: Callable[[], World] = request.param
        yield Api(make())


def created(api: Api, timing: dict[str, Any]) -> str:
    return str(api.ok("POST", api.schedules, {"schedule": timing, "input": "x"}, status=201)["id"])


def test_a_create_parses_its_cron_once(api: Api) -> None:
    with parsing() as seen:
        created(api, HALF_PAST)
    assert seen == [HALF_PAST["cron_expression"]]


def test_a_create_under_a_shortest_interval_too(api: Api) -> None:
    api.world.with_limits(minimum_interval=60)
    with parsing() as seen:
        created(api, HALF_PAST)
    assert seen == [HALF_PAST["cron_expression"]]


def test_an_update_parses_the_new_cron_and_the_one_in_force(api: Api) -> None:
    at = f"{api.schedules}/{created(api, HALF_PAST)}"
    with parsing() as seen:
        api.ok("POST", at, {"schedule": NIGHTLY})
    assert sorted(seen) == [NIGHTLY["cron_expression"], HALF_PAST["cron_expression"]]


def test_an_update_of_other_fields_parses_its_cron_once(api: Api) -> None:
    at = f"{api.schedules}/{created(api, HALF_PAST)}"
    with parsing() as seen:
        api.ok("POST", at, {"name": "n"})
    assert seen == [HALF_PAST["cron_expression"]]


def test_policies_parse_nothing_more(api: Api) -> None:
    # moto refuses an entry that starts in the past of the machine's own clock.
    policies = {"start_at": "2090-03-03T09:00:00", "exclude": ["2090-03-04"], "spread_seconds": 60, "max_runs": 3}
    with parsing() as seen:
        api.ok("POST", "/api/v1/schedules/preview", {"schedule": HALF_PAST, "policies": policies})
    assert seen == [HALF_PAST["cron_expression"]]
    body = {"schedule": HALF_PAST, "input": "x", "policies": policies}
    with parsing() as seen:
        at = f"{api.schedules}/{api.ok('POST', api.schedules, body, status=201)['id']}"
    assert seen == [HALF_PAST["cron_expression"]]
    with parsing() as seen:
        api.ok("POST", at, {"policies": {"overlap": "skip"}})
    assert seen == [HALF_PAST["cron_expression"]]
    with parsing() as seen:
        assert api.get(at)["policies"]["overlap"] == "skip"
    assert seen == []


def test_showing_schedules_parses_nothing(api: Api) -> None:
    at = f"{api.schedules}/{created(api, HALF_PAST)}"
    created(api, NIGHTLY)
    with parsing() as seen:
        assert api.get(at)["schedule"] == HALF_PAST
        assert len(api.get(api.schedules)["data"]) == 2
    assert seen == []


@pytest.mark.parametrize("timing", [HALF_PAST, EXACT], ids=["entry", "look-ahead"])
def test_a_fire_parses_its_cron_once(api: Api, timing: dict[str, Any]) -> None:
    key = Key(api.world.caller.owner, api.agent, created(api, timing))
    api.world.clock.advance(HALF_AN_HOUR)
    with parsing() as seen:
        assert on_hint(api.world.ports, Hint(key, api.world.now), lease=LEASE) == "settled"
    assert seen == [timing["cron_expression"]]


def test_a_hint_that_comes_again_parses_its_cron_once(api: Api) -> None:
    key = Key(api.world.caller.owner, api.agent, created(api, HALF_PAST))
    api.world.clock.advance(HALF_AN_HOUR)
    on_hint(api.world.ports, Hint(key, api.world.now), lease=LEASE)
    with parsing() as seen:
        on_hint(api.world.ports, Hint(key, api.world.now), lease=LEASE)
    assert seen == [HALF_PAST["cron_expression"]]


def test_a_preview_parses_its_cron_once(api: Api) -> None:
    with parsing() as seen:
        api.ok("POST", "/api/v1/schedules/preview", {"schedule": HALF_PAST})
    assert seen == [HALF_PAST["cron_expression"]]


def test_timings_without_cron_parse_nothing(api: Api) -> None:
    with parsing() as seen:
        created(api, HOURLY)
    assert seen == []
