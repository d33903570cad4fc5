"""Nights on which the clocks change: the calendar shows what the service's own preview says."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Console
from tests.support.process import Stack

NIGHTS = [
    ("Europe/Berlin", "2012-03-25", "Clocks go forward 02:00 → 03:00"),
    ("Europe/Berlin", "2012-10-28", "Clocks go back 03:00 → 02:00"),
    ("America/New_York", "2012-03-11", "Clocks go forward 02:00 → 03:00"),
    ("America/New_York", "2012-11-04", "Clocks go back 02:00 → 01:00"),
    ("Australia/Lord_Howe", "2012-04-01", "Clocks go back 02:00 → 01:30"),
    ("Australia/Lord_Howe", "2012-10-07", "Clocks go forward 02:00 → 02:30"),
    ("America/Sao_Paulo", "2012-10-21", "Clocks go forward 00:00 → 01:00"),
    ("Pacific/Apia", "2011-12-31", "Clocks skip the day before"),
]
CRONS = {"in every hour": "*/30 * * * *", "at times of day": "0,30 0-5 * * *"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A local stack whose clock begins before all of these nights."""
    started = Stack(tmp_path_factory.mktemp("clocks"), START="2011-12-27T00:00:00Z").start()
    yield started
    started.stop(signal.SIGKILL)


def scheduled(stack: Stack, cron: str, zone: str, day: str) -> tuple[str, list[dict[str, Any]]]:
    """The address of a schedule with times on one day, and what its preview says of them."""
    agent = stack.agent()
    timing = {"type": "cron", "cron_expression": cron, "timezone": zone}
    policies = {"start_at": f"{day}T00:00:00" if zone != "America/Sao_Paulo" else f"{day}T03:00:00Z"}
    policies["end_at"] = f"{day}T23:59:59"
    body = {"schedule": timing, "input": "x", "policies": policies}
    schedule = stack.post(f"/api/v1/agents/{agent}/schedules", body)
    preview = stack.get(f"/api/v1/agents/{agent}/schedules/{schedule['id']}/preview?count=100")
    return f"/console/agents/{agent}/schedules/{schedule['id']}", preview["occurrences"]


def of_calendar(page: Page) -> list[tuple[str, str]]:
    """The instants and the local times that the day shows."""
    times = page.locator(".cal-line time")
    instants = times.evaluate_all("(all) => all.map((one) => one.dateTime)")
    return list(zip(instants, times.all_inner_texts(), strict=True))


def of_preview(occurrences: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The same of a preview."""
    return [(f"{one['at'][:19]}.000Z", one["local"][11:16]) for one in occurrences]


@pytest.mark.parametrize("cron", CRONS.values(), ids=CRONS.keys())
@pytest.mark.parametrize("night", NIGHTS, ids=lambda night: "-".join(night[:2]))
def test_a_day_shows_what_the_preview_says(
    stack: Stack, console: Console, night: tuple[str, str, str], cron: str
) -> None:
    zone, day, words = night
    address, occurrences = scheduled(stack, cron, zone, day)
    page = console.open(f"{address}?view=day&day={day}&zone={zone}")
    expect(page.locator(".cal-change-line")).to_contain_text(words)
    expect(page.locator(".cal-line")).to_have_count(len(occurrences))
    assert of_calendar(page) == of_preview(occurrences)


@pytest.mark.parametrize(("zone", "day", "words"), NIGHTS)
def test_a_month_marks_the_day_and_counts_its_times(
    stack: Stack, console: Console, zone: str, day: str, words: str
) -> None:
    address, occurrences = scheduled(stack, CRONS["in every hour"], zone, day)
    page = console.open(f"{address}?view=month&day={day}&zone={zone}")
    mark = page.locator(f'.cal-change[title="{words}"]')
    expect(mark).to_have_count(1)
    cell = page.get_by_role("cell").filter(has=mark)
    expect(cell).to_contain_text(f"{len(occurrences)} to come")
    expect(page.locator(".cal-count")).to_have_count(1)


def test_the_upcoming_of_all_agree_on_the_night(stack: Stack, console: Console) -> None:
    zone, day = "Australia/Lord_Howe", "2012-04-01"
    address, occurrences = scheduled(stack, CRONS["in every hour"], zone, day)
    agent = address.split("/")[3]
    page = console.open(f"/console/calendar?view=day&day={day}&zone={zone}&agent_id={agent}")
    expect(page.locator(".cal-line")).to_have_count(len(occurrences))
    assert of_calendar(page) == of_preview(occurrences)


def test_a_day_that_the_clocks_skip_is_empty_and_says_so(
    stack: Stack, console: Console, accessible: Callable[[Console], None]
) -> None:
    agent = stack.agent()
    timing = {"type": "cron", "cron_expression": "0 */6 * * *", "timezone": "Pacific/Apia"}
    schedule = stack.schedule(agent, timing)
    path = f"agents/{agent}/schedules/{schedule['id']}"
    occurrences = stack.get(f"/api/v1/{path}/preview?count=20")["occurrences"]
    assert "2011-12-30" not in {one["local"][:10] for one in occurrences}
    page = console.open(f"/console/{path}?view=day&day=2011-12-30&zone=Pacific/Apia")
    expect(page.get_by_text("The clocks skip this day")).to_be_visible()
    expect(page.locator(".cal-line")).to_have_count(0)
    for day in ("2011-12-29", "2011-12-31"):
        page.goto(f"{console.url}/console/{path}?view=day&day={day}&zone=Pacific/Apia")
        expected = [one for one in occurrences if one["local"].startswith(day)]
        expect(page.locator(".cal-line")).to_have_count(len(expected))
        assert of_calendar(page) == of_preview(expected)
    page.goto(f"{console.url}/console/{path}?view=month&day=2011-12-30&zone=Pacific/Apia")
    expect(page.get_by_text("Skipped by the clocks")).to_be_visible()
    accessible(console)


def test_the_times_tab_tells_of_the_clock_change(stack: Stack, console: Console) -> None:
    address, occurrences = scheduled(stack, "30 2 * * *", "Europe/Berlin", "2012-10-28")
    assert occurrences[0]["dst_repeated"]
    page = console.open(f"{address}?show=times")
    expect(page.get_by_text("The clocks show this time twice that day.")).to_be_visible()
    agent = stack.agent()
    body = {"type": "cron", "cron_expression": "30 2 * * *", "timezone": "Europe/Berlin"}
    policies = {"start_at": "2012-03-24T12:00:00"}
    made = stack.post(f"/api/v1/agents/{agent}/schedules", {"schedule": body, "input": "x", "policies": policies})
    page.goto(f"{console.url}/console/agents/{agent}/schedules/{made['id']}?show=times")
    expect(page.get_by_text("Before it the clocks skip 2012-03-25 02:30, which does not run.")).to_be_visible()
