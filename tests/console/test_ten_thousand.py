"""Ten thousand schedules: the same calls as for ten, one page of the list at a time, and little memory."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser import AtOnce, Console
from tests.support.large_tables import of_schedules
from tests.support.served import Served

FEW, MANY = 10, 10_000
TURNS = 30
"""Pages of the list that are turned, of 50 schedules each."""
HEAP = 150_000_000


def heap(console: Console) -> int:
    """Bytes of the page's JavaScript heap, without garbage."""
    session = console.context.new_cdp_session(console.page)
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Runtime.getHeapUsage")["usedSize"])


def calls_of_the_overview(count: int, console_at: Callable[..., Console]) -> list[str]:
    """The calls of the API that the overview makes among that many schedules, without the times in them."""
    with Served(world=of_schedules(count).world) as served:
        console = console_at(served.url)
        page = console.open("/console")
        expect(page.get_by_text("Due soon")).to_be_visible()
        page.wait_for_load_state("networkidle")
        return sorted(call.partition("?")[0] for call in console.calls("/api/"))


def test_the_overview_of_many_makes_the_calls_of_few(console_at: Callable[..., Console]) -> None:
    few = calls_of_the_overview(FEW, console_at)
    assert calls_of_the_overview(MANY, console_at) == few
    assert len(few) <= 6  # who it is, and the names of the agents, among them


def test_a_list_of_many_is_turned_in_little_memory(console_at: Callable[..., Console]) -> None:
    with Served(world=of_schedules(MANY).world) as served:
        console = console_at(served.url)
        calls = AtOnce(console.page, "/api/v1/schedules")
        page = console.open("/console/schedules")
        for turn in range(1, TURNS + 1):
            expect(page.get_by_text(f"Page {turn}, 50 schedules")).to_be_visible()
            assert page.get_by_role("row").count() == 51
            page.get_by_role("button", name="Next").click()
        expect(page.get_by_text(f"Page {TURNS + 1}, 50 schedules")).to_be_visible()
        assert calls.most == 1
        assert heap(console) < HEAP
