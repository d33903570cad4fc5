"""Create and change a schedule: from nothing, with the service's own answers while one types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from tests.support.browser import INJECTION, PHONE, Console
from tests.support.process import Stack
from tests.support.schedule_forms import WEEKDAYS, new, only, preview


def posts(console: Console, kind: str) -> list[str]:
    """The calls so far that create something."""
    return [call for call in console.requests if call.startswith("POST") and call.endswith(kind)]


def test_the_first_schedule_takes_three_clicks(
    stack: Stack, console: Console, accessible: Callable[[Console], None]
) -> None:
    page = console.open(key="local-2")
    page.get_by_role("link", name="Create the first schedule").click()
    console.heading("New schedule")
    expect(page.get_by_label("Name of the agent")).to_have_value("hello")
    expect(preview(page)).to_contain_text("At 09:00 every day, Europe/Lisbon")
    accessible(console)
    page.get_by_label("What the agent is told").fill("Say hello")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("status").get_by_text("Created the schedule.")).to_be_visible()
    expect(page.get_by_text("At 09:00 every day, Europe/Lisbon")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("dialog").get_by_role("button", name="Run now").click()
    expect(page.get_by_role("link", name="Look at it")).to_be_visible()
    assert (len(posts(console, "/agents")), len(posts(console, "/schedules"))) == (1, 1)


def test_the_keyboard_alone_makes_a_schedule(stack: Stack, agent: str, console: Console) -> None:
    stack.client.post(f"/api/v1/agents/{agent}", json={"name": "Keyboard reporter"})
    page = console.open("/console/schedules/new")
    page.get_by_role("combobox", name="Agent").focus()
    page.keyboard.type("keyboard rep")
    expect(page.locator(".combo-option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Agent")).to_have_value("Keyboard reporter")
    page.get_by_role("radio", name="Daily").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Weekly")).to_be_checked()
    page.get_by_label("Time zone", exact=True).focus()
    page.keyboard.type("asia tok")
    page.keyboard.press("Enter")
    expect(preview(page)).to_contain_text("At 09:00 on weekdays, Asia/Tokyo")
    page.get_by_label("What the agent is told").focus()
    page.keyboard.type("Write")
    page.get_by_role("button", name="Create the schedule").press("Enter")
    expect(page.get_by_text("At 09:00 on weekdays, Asia/Tokyo")).to_be_visible()
    assert only(stack, agent)["schedule"]["cron_expression"] == "0 9 * * 1-5"


def test_an_agent_beyond_the_list_is_found_by_its_id(agent: str, console: Console) -> None:
    page = console.open("/console/schedules/new")
    page.get_by_role("combobox", name="Agent").fill("agt_unknown")
    expect(page.locator(".combo-option")).to_have_text("agt_unknownby its id")
    page.get_by_role("combobox", name="Agent").fill(agent)
    expect(page.locator(".combo-option")).to_have_count(1)


def test_what_is_typed_whole_is_taken_when_the_field_is_left(stack: Stack, agent: str, console: Console) -> None:
    page = console.open("/console/schedules/new")
    field = page.get_by_label("Time zone", exact=True)
    typed = {"asia/tokyo": "Asia/Tokyo", "Asia/Kolkata": "Asia/Kolkata", "europe/kyiv": "Europe/Kyiv"}
    for text, zone in (typed | {"apia": "Pacific/Apia"}).items():
        field.focus()
        page.keyboard.type(text)
        expect(page.locator(".combo-option")).to_have_count(1)
        page.keyboard.press("Tab")
        expect(field).to_have_value(zone)
    for text in ("europe", "nowhere", "+05:30", ""):  # many, none, none that the service takes, nothing
        field.click()
        page.keyboard.type(text)
        page.keyboard.press("Tab")
        expect(field).to_have_value("Pacific/Apia")
    chosen = page.get_by_role("combobox", name="Agent")
    chosen.focus()
    page.keyboard.type(agent)
    expect(page.locator(".combo-option")).to_have_count(1)
    page.keyboard.press("Tab")
    page.get_by_label("What the agent is told").fill("x")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", name="Next run")).to_be_visible()
    assert only(stack, agent)["schedule"]["timezone"] == "Pacific/Apia"


def test_the_builder_and_the_cron_text_are_one(agent: str, console: Console) -> None:
    page = new(console, agent)
    cron = page.get_by_label("Cron expression")
    expect(cron).to_have_value("0 9 * * *")
    page.get_by_label("Time of day").fill("07:45")
    expect(cron).to_have_value("45 7 * * *")
    page.get_by_role("radio", name="Monthly").check()
    page.get_by_label("Day of the month").select_option("L")
    expect(cron).to_have_value("45 7 L * *")
    expect(preview(page)).to_contain_text("the last day")
    cron.fill("15 6 * * 0,6")
    expect(page.get_by_role("radio", name="Weekly")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Sun")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Mon")).not_to_be_checked()
    cron.fill("0 18 LW * *")
    expect(page.get_by_role("radio", name="Cron")).to_be_checked()
    expect(cron).to_be_focused()
    expect(preview(page)).to_contain_text("the last weekday")


def test_each_kind_of_timing_is_stored_as_shown(stack: Stack, console: Console) -> None:
    def once(page: Page) -> None:
        page.get_by_role("radio", name="Once").check()
        page.get_by_label("At", exact=True).fill("2098-07-01T09:00")

    def every(page: Page) -> None:
        page.get_by_role("radio", name="Every…").check()
        page.get_by_label("Every", exact=True).fill("90")
        page.get_by_label("Unit").select_option("60")

    def monthly(page: Page) -> None:
        page.get_by_role("radio", name="Monthly").check()
        page.get_by_label("Day of the month").select_option("15")
        page.get_by_label("Start within about a second").check()

    expected: dict[Callable[[Page], None], dict[str, Any]] = {
        once: {"type": "once", "run_at": "2098-07-01T08:00:00.000Z", "timezone": "Europe/Lisbon"},
        every: {"type": "interval", "interval_seconds": 5400, "timezone": "Europe/Lisbon"},
        monthly: {
            "type": "cron",
            "cron_expression": "0 9 15 * *",
            "timezone": "Europe/Lisbon",
            "precision": "second",
        },
    }
    for choose, timing in expected.items():
        agent = stack.agent()
        page = console.open(f"/console/schedules/new?agent={agent}")
        choose(page)
        page.get_by_label("What the agent is told").fill("x")
        page.get_by_role("button", name="Create the schedule").click()
        expect(page.get_by_role("heading", name="Next run")).to_be_visible()
        stored = only(stack, agent)["schedule"]
        assert {name: stored.get(name) for name in timing} == timing


def test_the_last_answer_of_the_preview_wins(agent: str, console: Console) -> None:
    page = new(console, agent)
    expect(preview(page)).to_contain_text("At 09:00 every day")
    held: list[Route] = []

    def hold(route: Route, request: Request) -> None:
        if "0 5 * * *" in (request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/schedules/preview", hold)
    cron = page.get_by_label("Cron expression")
    with page.expect_request(lambda request: "0 5 * * *" in (request.post_data or "")):
        cron.fill("0 5 * * *")
    cron.fill("0 6 * * *")
    expect(preview(page)).to_contain_text("At 06:00 every day")
    for route in held:
        route.abort()
    expect(preview(page)).to_contain_text("At 06:00 every day")
    console.aborts = True


def test_typing_asks_once_when_it_rests(agent: str, console: Console) -> None:
    page = new(console, agent)
    expect(preview(page)).to_contain_text("At 09:00 every day")
    before = len(posts(console, "/preview"))
    page.get_by_label("Cron expression").press_sequentially(" ")  # a text is typed within the patience
    page.get_by_label("Cron expression").fill("1 1 1 1 *")
    expect(preview(page)).to_contain_text("1 January")
    assert len(posts(console, "/preview")) - before <= 2


def test_a_refusal_is_at_its_field_and_loses_nothing(
    stack: Stack, agent: str, console: Console, accessible: Callable[[Console], None]
) -> None:
    console.allowed |= {400, 409}
    stack.schedule(agent, WEEKDAYS, key="taken")
    page = new(console, agent)
    page.get_by_label("Cron expression").fill("61 9 * * *")
    expect(page.get_by_label("Cron expression")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_text("Not saved: see the message at the field.")).to_be_visible()
    page.get_by_label("Cron expression").fill("1 9 * * *")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_label("What the agent is told")).to_be_focused()
    expect(page.locator(".field-error").filter(has_text="characters")).to_be_visible()
    page.get_by_label("What the agent is told").fill("Kept")
    page.get_by_label("Stable key").fill("taken")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_label("Stable key")).to_be_focused()
    accessible(console)
    expect(page.get_by_label("What the agent is told")).to_have_value("Kept")
    page.get_by_text("All as usual").click()
    page.get_by_label("Excluded dates").fill("2026-02-31")
    expect(page.locator(".field-error").filter(has_text="not in the calendar")).to_be_visible()
    page.get_by_label("Excluded dates").fill("")
    page.get_by_label("Stable key").fill("free")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", level=1, name="free")).to_be_visible()


def test_items_policies_and_labels_are_sent(stack: Stack, agent: str, console: Console) -> None:
    console.allowed.add(400)
    page = new(console, agent)
    page.get_by_label("What the agent is told").fill("Write")
    page.get_by_role("radio", name="JSON items").check()
    page.get_by_label("Input items").fill("[{")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.locator(".field-error").filter(has_text="is not JSON")).to_be_visible()
    page.get_by_label("Input items").fill('[{"role": "usr", "content": "x"}]')
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.locator(".field-error").filter(has_text="must be `user`")).to_be_visible()
    page.get_by_label("Input items").fill('[{"role": "user", "content": "x"}]')
    page.get_by_label("Name", exact=True).fill(INJECTION)
    page.get_by_role("button", name="Add a pair").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill(INJECTION)
    page.get_by_text("All as usual").click()
    page.get_by_label("While a run is open").select_option("queue_one")
    page.get_by_label("Number of runs").fill("7")
    page.get_by_label("Silent after").fill("3600")
    page.get_by_label("Not after").fill("2098-01-01T10:00")
    page.get_by_label("Excluded dates").fill("2097-12-24/2098-01-02\n2097-05-01")
    page.get_by_label("Create it paused").check()
    page.get_by_text("The same for a program").click()
    page.get_by_role("tab", name="Command line").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("--overlap queue_one")
    page.get_by_role("button", name="Create the schedule").click()
    expect(page.get_by_role("heading", level=1, name=INJECTION)).to_be_visible()
    found = only(stack, agent)
    assert found["input"] == [{"role": "user", "content": "x"}]
    assert (found["name"], found["metadata"], found["status"]) == (INJECTION, {"team": INJECTION}, "paused")
    policies = {
        name: found["policies"][name] for name in ("overlap", "max_runs", "end_at", "exclude", "alert_after_seconds")
    }
    assert policies == {
        "overlap": "queue_one",
        "max_runs": 7,
        "end_at": "2098-01-01T10:00:00.000Z",
        "exclude": ["2097-12-24/2098-01-02", "2097-05-01"],
        "alert_after_seconds": 3600,
    }


def test_the_form_fits_a_phone(
    stack: Stack, agent: str, console_at: Callable[..., Console], accessible: Callable[[Console], None]
) -> None:
    console = console_at(stack.url, size=PHONE)
    page = new(console, agent)
    expect(preview(page)).to_contain_text("At 09:00 every day")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_label("Time zone", exact=True).click()
    expect(page.locator(".combo-option").first).to_be_visible()
    accessible(console)
