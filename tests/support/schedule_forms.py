"""The form of a schedule in the console, and the schedule that it stores."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.browser import Console
from tests.support.process import Stack

WEEKDAYS = {"type": "cron", "cron_expression": "30 9 * * 1-5", "timezone": "Europe/Berlin"}


def new(console: Console, agent: str) -> Page:
    """The form of a new schedule of an agent."""
    page = console.open(f"/console/schedules/new?agent={agent}")
    console.heading("New schedule")
    return page


def preview(page: Page) -> Locator:
    """The service's answer about the timing."""
    return page.locator(".preview")


def only(stack: Stack, agent: str) -> dict[str, Any]:
    """The one schedule of an agent."""
    (found,) = stack.get(f"/api/v1/agents/{agent}/schedules")["data"]
    return dict(found)
